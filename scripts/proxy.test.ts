/** The proxy: what it does to bytes and connections, and what it must leave as it is. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { cases } from "../test/cases/index.ts";
import { Program } from "../test/harness/program.ts";
import { runCases } from "../test/harness/run.ts";
import { eventually, Server } from "../test/harness/server.ts";
import { chapter, freePort, running } from "../test/harness/target.ts";
import { chapterOf } from "./lib/find.ts";
import { refuses } from "./lib/testing.ts";

const MIB = 1024 * 1024;
const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

function run(...args: string[]): Program {
  const program = new Program([process.execPath, "scripts/run.mjs", "scripts/proxy.ts", ...args]);
  cleanUps.push(async () => {
    program.kill();
    await program.closed;
  });
  return program;
}

/** A proxy in front of that port, with these options; gives its own port too. */
async function proxy(to: number, ...args: string[]): Promise<{ port: number; program: Program }> {
  const program = run("--to", `127.0.0.1:${to}`, "--port", "0", ...args);
  const port = await program.says(/listening on \S+:(\d+), to/, 20_000);
  return { port: Number(port), program };
}

/** A server of the test's own; each connection is handed out once. */
async function backend(at = 0) {
  const server = createServer({ allowHalfOpen: true, noDelay: true }).listen(at, "127.0.0.1");
  const sockets: Socket[] = [];
  server.on("connection", (socket) => sockets.push(socket.on("error", () => {})));
  await once(server, "listening");
  cleanUps.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const next = async () => {
    while (sockets.length === 0) await once(server, "connection");
    const socket = sockets.shift() as Socket;
    cleanUps.push(() => socket.destroy());
    return socket;
  };
  return { port, next };
}

/** The chat of v08: gives its port. */
async function chat(): Promise<number> {
  const server = new Server("v08", chapter(chapterOf("v08")), { clause: "behind the proxy" });
  cleanUps.push(() => server.stop());
  return server.start();
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  cleanUps.push(() => socket.destroy());
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** A proxy; and clients, each with the server's end of its connection. */
async function through(...args: string[]) {
  const { port, next } = await backend();
  const { port: at, program } = await proxy(port, ...args);
  const pair = async () => [await dial(at), await next()] as const;
  return { program, pair };
}

/** What it reads, once so many bytes have come; without a number, to the end of the other side. */
async function reads(socket: Socket, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let missing = bytes;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    missing -= chunk.length;
    if (missing <= 0) break;
  }
  return Buffer.concat(chunks).toString();
}

/** How the connection is over: in good order, or by a reset. */
async function over(socket: Socket): Promise<string> {
  socket.resume();
  await eventually(() => socket.closed, "the connection is closed");
  return (socket.errored as NodeJS.ErrnoException | null)?.code ?? "in good order";
}

/** What the log shows of one direction, piece by piece. */
function pieces({ stdout }: Program, direction: ">" | "<"): string[] {
  const mark = `1 ${direction} `;
  const lines = stdout.split("\n").filter((line) => line.startsWith(mark));
  return lines.map((line) => line.slice(mark.length));
}

describe("what it must leave as it is", () => {
  const ids = [
    "v01/split-utf8",
    "v01/half-close",
    "v02/offline-announced",
    "v05/rename",
    "v06/private",
  ];
  const talk = cases.filter(({ id }) => ids.includes(id));

  test("a chat is the same through it, whatever it does to the bytes", async () => {
    const server = await chat();
    for (const abuse of ["--slice 1", "--slice 9 --delay 3", "--join 20"]) {
      const { port } = await proxy(server, ...abuse.split(" "));
      const target = running("127.0.0.1", port);
      const verdicts = await runCases({ chapter: "v08", target, cases: talk, jobs: 1, all: true });
      const told = verdicts.map(({ test, outcome, report }) => [abuse, test.id, report || outcome]);
      expect(told).toEqual(ids.map((id) => [abuse, id, "pass"]));
    }
  });

  test("a half-close, from the client's side and from the server's", async () => {
    const { pair } = await through("--slice", "2", "--delay", "2");
    const [client, server] = await pair();
    const [second, other] = await pair();
    for (const [first, last] of [[client, server] as const, [other, second] as const]) {
      first.end("all that I have to say");
      expect(await reads(last)).toBe("all that I have to say");
      last.end("and the answer");
      expect(await reads(first)).toBe("and the answer");
    }
    expect([await over(client), await over(server)]).toEqual(["in good order", "in good order"]);
  });

  test.each(["client", "server"])("a reset, from the %s", async (who) => {
    const { program, pair } = await through("--log");
    const [client, server] = await pair();
    server.write("hi"); // once that is there, the proxy knows of both connections
    expect(await reads(client, 2)).toBe("hi");
    const [breaks, other] = who === "client" ? [client, server] : [server, client];
    breaks.resetAndDestroy();
    expect(await over(other)).toBe("ECONNRESET");
    const line = new RegExp(`^1 \\* the (${who}) has reset the connection\\n`, "m");
    expect(await program.says(line, 10_000)).toBe(who);
  });

  const visible = chapter({ folder: "" }).can.includes("descriptors");
  const unseen = visible ? "" : " (this system gives us no way to see the proxy's descriptors)";
  test.skipIf(!visible)(`nothing stays of those who have gone${unseen}`, async () => {
    const { port: at, program } = await proxy(await chat());
    const before = program.descriptors();
    for (let round = 0; round < 20; round++) {
      const clients = await Promise.all(Array.from({ length: 20 }, () => dial(at)));
      for (const [i, client] of clients.entries()) {
        if (i % 3 === 0) client.write("half a line");
        if (i % 3 === 1) client.end("a line\n");
        else client.resetAndDestroy();
      }
      await Promise.all(clients.map(over));
    }
    await eventually(() => program.descriptors() <= before, "all descriptors are closed");
  });

  test("it lives on when the server is away, and says so in a line", async () => {
    const port = await freePort();
    const { port: at, program } = await proxy(port);
    expect(await over(await dial(at))).toBe("ECONNRESET");
    expect(program.stderr).toMatch(
      /^client 1 is disconnected, since the server cannot be reached: connect ECONNREFUSED .*\n$/,
    );
    const { next } = await backend(port);
    const client = await dial(at);
    (await next()).end("here I am");
    expect(await reads(client)).toBe("here I am");
  });
});

describe("what it does", () => {
  /** Three lines go there, and come back in capitals: the pieces of both directions. */
  async function conversation(...args: string[]): Promise<[string[], string[]]> {
    const { program, pair } = await through("--log", ...args);
    const [client, server] = await pair();
    for (const line of ["hello\n", "a longer line, 你好\n", "\x1b[2J\n"]) {
      client.write(line);
      expect(await reads(server, Buffer.byteLength(line))).toBe(line);
      server.write(line.toUpperCase());
      expect(await reads(client, Buffer.byteLength(line))).toBe(line.toUpperCase());
    }
    client.end();
    await program.says(/(1 \* the client has ended its side)/, 10_000);
    return [pieces(program, ">"), pieces(program, "<")];
  }

  test("the log shows all, control characters and halves of characters too", async () => {
    const [sent, heard] = await conversation();
    expect(sent).toEqual(["hello\\n", "a longer line, 你好\\n", "\\x1b[2J\\n"]);
    expect(heard).toEqual(["HELLO\\n", "A LONGER LINE, 你好\\n", "\\x1b[2J\\n"]);
    const [bytes] = await conversation("--slice", "1");
    expect(bytes).toHaveLength(6 + 22 + 5);
    expect(bytes.slice(21, 28).join(" ")).toBe("\\xe4 \\xbd \\xa0 \\xe5 \\xa5 \\xbd \\n");
  });

  test("the same seed cuts at the same places, another one elsewhere", async () => {
    const first = await conversation("--slice", "5", "--seed", "7");
    const other = await conversation("--slice", "5", "--seed", "8");
    expect(await conversation("--slice", "5", "--seed", "7", "--delay", "5")).toEqual(first);
    expect(other).not.toEqual(first);
    const bytes = (piece: string) => Buffer.byteLength(piece.replace(/\\(x..|.)/g, "1"));
    expect(new Set(first.flat().map(bytes))).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  test("--delay: each piece is held up", async () => {
    const { pair } = await through("--slice", "1", "--delay", "20", "--seed", "1");
    const [client, server] = await pair();
    const began = performance.now();
    client.end("x".repeat(50));
    await reads(server);
    expect(performance.now() - began).toBeGreaterThan(250); // 50 pieces, 10 ms each on an average
  });

  test("--join: what comes shortly after goes on with it", async () => {
    const { program, pair } = await through("--log", "--join", "1000");
    const [client, server] = await pair();
    for (const part of ["al", "together ", "now"]) {
      client.write(part);
      await after(50); // so that they come one by one
    }
    expect(await reads(server, 14)).toBe("altogether now");
    expect(pieces(program, ">")).toEqual(["altogether now"]);
  });

  test("--reset-after: so many bytes of the client arrive, then both sides are reset", async () => {
    const { pair } = await through("--reset-after", "12", "--slice", "5");
    const [client, server] = await pair();
    client.write("one line\nand half a line\n");
    expect(await reads(server, 12)).toBe("one line\nand");
    expect([await over(client), await over(server)]).toEqual(["ECONNRESET", "ECONNRESET"]);
    expect(server.bytesRead).toBe(12);
  });

  const memory = chapter({ folder: "" }).can.includes("memory");
  const why = memory ? "" : " (this system gives us no way to see the proxy's memory)";
  test.skipIf(!memory)(
    `--stall-after: the server waits, the proxy holds little, nothing is lost${why}`,
    async () => {
      const { program, pair } = await through("--stall-after", "1000");
      const [client, server] = await pair();
      const before = program.memory();
      expect(server.write(Buffer.alloc(64 * MIB, "x"))).toBe(false);
      expect(await reads(client, 1000)).toHaveLength(1000);
      client.write("still heard");
      expect(await reads(server, 11)).toBe("still heard");
      expect(server.writableNeedDrain).toBe(true);
      expect(program.memory() - before).toBeLessThan(32);
      client.end();
      server.end();
      expect(await reads(client)).toHaveLength(64 * MIB - 1000);
    },
  );
});

describe("the command line", () => {
  refuses(
    "proxy",
    [["--port", "0"], '--to must be HOST:PORT, as in 127.0.0.1:8888, not ""'],
    [
      ["--to", "a:1", "--slice", "0"],
      '--slice must be a whole number from 1 to 2147483647, not "0"',
    ],
    [
      ["--to", "a:1", "--delay", "soon"],
      '--delay must be a whole number from 0 to 60000, not "soon"',
    ],
  );

  test("a port in use: one line that names it", async () => {
    const { port } = await backend();
    const program = run("--to", "127.0.0.1:1", "--port", `${port}`);
    await program.closed;
    expect(program.code).toBe(1);
    expect(program.stderr).toBe(
      `cannot listen on 127.0.0.1:${port}: another program is using this port already; use another port\n`,
    );
  });

  test("the first line says all that is needed to do it again", async () => {
    const { program } = await proxy(8888, "--seed", "42");
    expect(program.stdout).toMatch(
      /^listening on 127\.0\.0\.1:\d+, to 127\.0\.0\.1:8888, seed 42\n$/,
    );
  });
});
