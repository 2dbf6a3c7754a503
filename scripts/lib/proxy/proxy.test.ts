/** The proxy: what it does to bytes and connections, and what it must leave as it is. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { Client } from "../../../test/harness/client.ts";
import { Program } from "../../../test/harness/program.ts";
import { eventually, Server } from "../../../test/harness/server.ts";
import { chapter, freePort } from "../../../test/harness/target.ts";

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
  cleanUps.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  let handed = 0;
  const next = async () => {
    while (sockets.length === handed) await once(server, "connection");
    return sockets[handed++] as Socket;
  };
  return { port, next };
}

/** The chat of v08: gives its port. */
async function chat(): Promise<number> {
  const v08 = chapters.find(({ id }) => id === "v08");
  if (!v08) throw new Error("no chapter v08");
  const clause = "a chat is the same through the proxy";
  const test = { id: "proxy", since: "v08", clause, run: async () => {} };
  const server = new Server("v08", chapter(v08), test);
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

/** What it reads, once so many bytes have come; without a number, to the end of the other side. */
async function reads(socket: Socket, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  let enough = () => {};
  const hear = (chunk: Buffer) => {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytes) enough();
  };
  await new Promise<void>((resolve) => {
    enough = resolve;
    socket.on("data", hear).once("end", resolve).resume();
  });
  socket.off("data", hear).off("end", enough).pause();
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
  /** Two users do a bit of everything: what each hears, addresses replaced by whose they are. */
  async function session(port: number): Promise<string[][]> {
    const alice = await Client.connect("alice", port);
    const heard: [string[], string[]] = [await alice.sync(), []];
    const bob = await Client.connect("bob", port);
    const settle = async () => {
      for (let round = 0; round < 2; round++) {
        const [ofAlice, ofBob] = await Promise.all([alice.sync(), bob.sync()]);
        heard[0].push(...ofAlice);
        heard[1].push(...ofBob);
      }
    };
    await settle();
    for (const line of ["hello 你好👋", "rename|张三", "who", "to|张三|psst\r", "x".repeat(4097)]) {
      alice.send(line);
      await settle();
    }
    bob.write("half a li");
    bob.end();
    heard[1].push(...(await bob.over()));
    heard[0].push(...(await alice.sync()));
    bob.close();
    alice.close();
    const whose = new Map<string, string>();
    const named = (addr: string) => {
      if (!whose.has(addr)) whose.set(addr, `address ${whose.size + 1}`);
      return whose.get(addr) as string;
    };
    return heard.map((lines) => lines.map((line) => line.replace(/127\.0\.0\.1:\d+/g, named)));
  }

  test("a chat is the same through it, whatever it does to the bytes", async () => {
    const port = await chat();
    const plain = await session(port);
    expect(plain[0]).toContain("[address 1]张三:online...");
    expect(plain[1]?.at(-1)).toBe("[address 2]address 2:half a li");
    for (const abuse of [
      ["--slice", "1"],
      ["--slice", "9", "--delay", "3"],
      ["--join", "20"],
    ]) {
      expect(await session((await proxy(port, ...abuse)).port)).toEqual(plain);
    }
  });

  test("a half-close, from the client's side and from the server's", async () => {
    const { port, next } = await backend();
    const through = await proxy(port, "--slice", "2", "--delay", "2");
    const client = await dial(through.port);
    const server = await next();
    client.end("all that I have to say");
    expect(await reads(server)).toBe("all that I have to say");
    server.end("and the answer");
    expect(await reads(client)).toBe("and the answer");
    expect([await over(client), await over(server)]).toEqual(["in good order", "in good order"]);

    const second = await dial(through.port);
    const other = await next();
    other.end("bye");
    expect(await reads(second)).toBe("bye");
    second.end("one more thing");
    expect(await reads(other)).toBe("one more thing");
  });

  test("a reset, from the client and from the server", async () => {
    const { port, next } = await backend();
    const through = await proxy(port, "--log");
    const client = await dial(through.port);
    const server = await next();
    client.resetAndDestroy();
    expect(await over(server)).toBe("ECONNRESET");

    const second = await dial(through.port);
    const other = await next();
    second.write("so the proxy is connected");
    await reads(other, 25);
    other.resetAndDestroy();
    expect(await over(second)).toBe("ECONNRESET");
    const { program } = through;
    await program.says(/(2 \* .*)/, 10_000);
    expect(program.stdout).toContain("1 * the client has reset the connection\n");
    expect(program.stdout).toContain("2 * the server has reset the connection\n");
  });

  const visible = chapter({ folder: "" }).can.includes("descriptors");
  const unseen = visible ? "" : " (this system does not give us a look at its descriptors)";
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
    expect(program.stderr).toMatch(/^client 1 is turned away: connect ECONNREFUSED .*\n$/);
    const { next } = await backend(port);
    const client = await dial(at);
    (await next()).end("here I am");
    expect(await reads(client)).toBe("here I am");
  });
});

describe("what it does", () => {
  /** Answers each line with the line in capitals. */
  async function capitals(): Promise<number> {
    const { port, next } = await backend();
    void next().then((socket) => {
      let line = "";
      socket.setEncoding("utf8").on("data", (chunk) => {
        line += chunk;
        if (line.endsWith("\n")) socket.write(line.toUpperCase());
        if (line.endsWith("\n")) line = "";
      });
    });
    return port;
  }

  /** Three lines go there, and come back: the pieces of both directions. */
  async function conversation(...args: string[]): Promise<[string[], string[]]> {
    const { port, program } = await proxy(await capitals(), "--log", ...args);
    const client = await dial(port);
    for (const line of ["hello\n", "a longer line, 你好\n", "\x1b[2J\\\n"]) {
      client.write(line);
      expect(await reads(client, Buffer.byteLength(line))).toBe(line.toUpperCase());
    }
    client.end();
    await program.says(/(1 \* the client has ended its side)/, 10_000);
    return [pieces(program, ">"), pieces(program, "<")];
  }

  test("the log shows all, control characters and halves of characters too", async () => {
    const [sent, heard] = await conversation();
    expect(sent).toEqual(["hello\\n", "a longer line, 你好\\n", "\\x1b[2J\\\\\\n"]);
    expect(heard).toEqual(["HELLO\\n", "A LONGER LINE, 你好\\n", "\\x1b[2J\\\\\\n"]);
    const [bytes] = await conversation("--slice", "1");
    expect(bytes).toHaveLength(6 + 22 + 6);
    expect(bytes.slice(21, 28)).toEqual([
      "\\xe4",
      "\\xbd",
      "\\xa0",
      "\\xe5",
      "\\xa5",
      "\\xbd",
      "\\n",
    ]);
  });

  test("the same seed cuts at the same places, another one elsewhere", async () => {
    const [first, again, other] = [
      await conversation("--slice", "5", "--seed", "7"),
      await conversation("--slice", "5", "--seed", "7", "--delay", "5"),
      await conversation("--slice", "5", "--seed", "8"),
    ];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(other[0].join("")).toBe(first[0].join(""));
    const bytes = (piece: string) => Buffer.byteLength(piece.replace(/\\(x..|.)/g, "1"));
    const sizes = first.flat().map(bytes);
    expect(new Set(sizes)).toEqual(new Set([1, 2, 3, 4, 5]));
  });

  test("--delay: each piece is held up", async () => {
    const { port } = await proxy(await capitals(), "--slice", "1", "--delay", "20", "--seed", "1");
    const client = await dial(port);
    const began = performance.now();
    client.write(`${"x".repeat(49)}\n`);
    await reads(client, 50);
    expect(performance.now() - began).toBeGreaterThan(500); // 100 pieces, 10 ms each on an average
  });

  test("--join: what comes shortly after goes on with it", async () => {
    const { port, next } = await backend();
    const { port: at, program } = await proxy(port, "--log", "--join", "1000");
    const client = await dial(at);
    const server = await next();
    for (const part of ["al", "together ", "now"]) {
      client.write(part);
      await after(50); // so that they come one by one
    }
    expect(await reads(server, 14)).toBe("altogether now");
    expect(pieces(program, ">")).toEqual(["altogether now"]);
  });

  test("--reset-after: so many bytes of the client arrive, then both sides are reset", async () => {
    const { port, next } = await backend();
    const through = await proxy(port, "--reset-after", "12", "--slice", "5");
    const client = await dial(through.port);
    const server = await next();
    let arrived = "";
    server.on("data", (chunk) => {
      arrived += chunk;
    });
    client.write("one line\nand half a line\n");
    expect([await over(client), await over(server)]).toEqual(["ECONNRESET", "ECONNRESET"]);
    expect(arrived).toBe("one line\nand");
  });

  const memory = chapter({ folder: "" }).can.includes("memory");
  const why = memory ? "" : " (this system does not give us a look at its memory)";
  test.skipIf(!memory)(
    `--stall-after: the server waits, the proxy holds little, nothing is lost${why}`,
    async () => {
      const { port, next } = await backend();
      const { port: at, program } = await proxy(port, "--stall-after", "1000");
      const client = await dial(at);
      const server = await next();
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
  test.each([
    [
      ["--to", "localhost"],
      '--to is not a server\'s address: "localhost"; one is 127.0.0.1:8888\n',
    ],
    [["--port", "0"], "--to is missing; one is 127.0.0.1:8888\n"],
    [
      ["--to", "a:1", "--slice", "0"],
      '--slice must be a whole number from 1 to 2147483647, not "0"\n',
    ],
    [
      ["--to", "a:1", "--delay", "soon"],
      '--delay must be a whole number from 0 to 60000, not "soon"\n',
    ],
  ])("%j: one line, exit code 1", async (args, message) => {
    const program = run(...args);
    await program.closed;
    expect([program.code, program.stderr, program.stdout]).toEqual([1, message, ""]);
  });

  test("a port in use: one line that names it", async () => {
    const { port } = await backend();
    const program = run("--to", "127.0.0.1:1", "--port", `${port}`);
    await program.closed;
    expect(program.code).toBe(1);
    expect(program.stderr).toBe(
      `cannot listen on 127.0.0.1:${port}: somebody else listens there already; take another port\n`,
    );
  });

  test("the first line says all that is needed to do it again", async () => {
    const { program } = await proxy(8888, "--seed", "42");
    expect(program.stdout).toMatch(
      /^listening on 127\.0\.0\.1:\d+, to 127\.0\.0\.1:8888, seed 42\n$/,
    );
  });
});
