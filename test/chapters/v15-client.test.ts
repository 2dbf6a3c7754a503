/** The terminal client over packets: what has arrived, what was missed, and who is not let in. Over lines it is v09's. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { Chat } from "../../chapters/v15-packets/client/chat.ts";
import { Link } from "../../chapters/v15-packets/client/link.ts";
import { PacketForm } from "../../chapters/v15-packets/client/packets.ts";
import { Screen } from "../../chapters/v15-packets/client/screen.ts";
import {
  CONNACK,
  CONNECT,
  DISCONNECT,
  PACKETS,
  Packets,
  packet,
  RECV,
  SEND,
  SENDACK,
} from "../../chapters/v15-packets/packets.ts";
import { Server } from "../../chapters/v15-packets/server.ts";
import { sign } from "../../chapters/v15-packets/token.ts";
import { LINES } from "../../chapters/v15-packets/wire.ts";
import { Client } from "../harness/client.ts";
import { Program } from "../harness/program.ts";
import { eventually } from "../harness/server.ts";
import { command, freePort } from "../harness/target.ts";
import { FakeTerminal } from "../harness/terminal.ts";

const SECRET = Buffer.from("a secret for tests, and for nothing else");
const main = (path: string) =>
  command(fileURLToPath(new URL(`../../chapters/v15-packets/${path}`, import.meta.url)));

/** The chapter's server, in this process. */
async function serve(secret?: Buffer) {
  const server = new Server({ idleSeconds: 300, secret });
  const lines = await server.listen("127.0.0.1", 0, LINES);
  const packets = await server.listen("127.0.0.1", 0, PACKETS);
  const close = () => server.close(1);
  onTestFinished(() => void close());
  return { lines: lines.port, packets: packets.port, close };
}

/** What speaks packets, and is no server of ours: all that it hears, CONNECTs and SENDs, is in `heard`. */
async function foreign(answer: (socket: Socket, type: number, body: Buffer, nth: number) => void) {
  const heard: { type: number; body: Buffer }[] = [];
  let connections = 0;
  const listener = createServer((socket) => {
    const nth = ++connections;
    const packets = new Packets();
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      for (const { type, body } of packets.feed(chunk)) {
        heard.push({ type, body });
        answer(socket, type, body, nth);
      }
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void listener.close());
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  return {
    port,
    of: (type: number) => heard.flatMap((each) => (each.type === type ? each.body : [])),
  };
}

const reasoned = (type: number, reason: number, text: string) =>
  packet(type, Buffer.from([reason, ...Buffer.from(text)]));
const welcome = reasoned(CONNACK, 0, "alice");

/** A line, and its number if it is kept. */
function recv(line: string, number = 0): Buffer {
  const head = Buffer.alloc(8);
  head.writeBigUInt64BE(BigInt(number));
  return packet(RECV, Buffer.concat([head, Buffer.from(line)]));
}

/** The client at a terminal of its own. */
async function sit(port: number, name = "alice", shows: string | RegExp = "0-4> ") {
  const terminal = new FakeTerminal();
  const link = new Link("127.0.0.1", port, new PacketForm(name, "0a1b2c3d", ""));
  await link.connect();
  let over = false;
  const running = new Chat(link, new Screen(terminal.input, terminal.output), name).run();
  const done = running.then(() => {
    over = true;
  });
  onTestFinished(async () => {
    if (!over) terminal.type("\u0003");
    await done;
  });
  await terminal.shows(shows);
  return { terminal, link, done };
}

/** Somebody else, over lines. */
async function other(port: number) {
  const client = await Client.connect("other", port);
  onTestFinished(() => client.close());
  await client.next();
  return client;
}

/** The client between two pipes. */
async function pipe(input: string, ...args: string[]) {
  const [node = "", ...rest] = await main("client/main.ts");
  const child = spawn(node, [...rest, ...args]);
  child.stdin.on("error", () => {}); // it may have ended before it read everything
  child.stdin.end(input);
  const ended = once(child, "close");
  const [stdout, stderr] = await Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  const [code] = await ended;
  return { code, stderr, lines: stdout.split("\n").slice(0, -1) };
}

const packets = (port: number, ...more: string[]) => ["--packets", "--port", `${port}`, ...more];
const token = (name: string, seconds = 60) =>
  sign(name, Math.floor(Date.now() / 1000) + seconds, SECRET);

describe("at a terminal", () => {
  test("v15/client-marks: what has arrived, to all and to one; an answer needs no mark", async () => {
    const server = await serve();
    const bob = await other(server.lines);
    const { terminal } = await sit(server.packets, "张三");
    await terminal.shows("you are now 张三");
    await terminal.answers("1\rhello\r", /^✓ hello$/m);
    await terminal.shows("]张三:hello");
    bob.send("rename|bob");
    await bob.until("you are now bob");
    await terminal.answers("exit\r2\rbob\rpsst\r", /^✓ psst$/m);
    await bob.until("张三 says to you:psst");
    await terminal.answers("exit\r3\ral\r", "you are now al");
    await terminal.answers("4\r", "]bob:online...");
    const lines = await terminal.answers("1\rlast\r", /^✓ last$/m);
    expect(lines.filter((line) => line.startsWith("✓"))).toEqual(["✓ hello", "✓ psst", "✓ last"]);
  });

  test("v15/client-not-acknowledged: what was sent and perhaps lost is said to be so", async () => {
    const { port } = await foreign((socket, type, body, nth) => {
      if (type === CONNECT) socket.write(welcome);
      const number = body.subarray(0, 4);
      if (type !== SEND) return;
      if (nth > 1 || number[3] === 1) socket.write(packet(SENDACK, Buffer.from([...number, 0])));
      else socket.destroy();
    });
    const { terminal } = await sit(port);
    await terminal.answers("1\rone\r", "✓ one");
    await terminal.answers("two\r", /not acknowledged: two\nthe server is gone; next try in 1 s/);
    await terminal.shows("the server is back");
    const lines = await terminal.answers("three\r", "✓ three");
    expect(lines.filter((line) => line.startsWith("not"))).toEqual(["not acknowledged: two"]);
  });

  test("v15/client-as-it-was: it comes back with its name, its device and the last number", async () => {
    const { port, of } = await foreign((socket, type, _, nth) => {
      if (type !== CONNECT) return;
      socket.write(welcome);
      if (nth === 1)
        socket.end(Buffer.concat([recv("one", 7), recv("two", 258), recv("you are now 张三")]));
    });
    const { terminal } = await sit(port);
    await terminal.shows(
      /you are now alice\n(.*\n)*one\ntwo\nyou are now 张三\nthe server is gone/,
    );
    await terminal.shows("the server is back");
    await eventually(() => of(CONNECT).length === 2, "a second CONNECT");
    const string = (text: string) => `${String.fromCharCode(0, Buffer.byteLength(text))}${text}`;
    const last = (number: number) =>
      `${"\0".repeat(6)}${String.fromCharCode(number >> 8, number & 255)}`;
    expect(of(CONNECT).map(String)).toEqual([
      `${string("alice")}${string("0a1b2c3d")}${string("")}${last(0)}`,
      `${string("张三")}${string("0a1b2c3d")}${string("")}${last(258)}`,
    ]);
    expect(of(SEND)).toEqual([]); // no rename|
  });

  test("v15/client-resumes: after a server that was killed, it hears what it missed, once and in order", async () => {
    const folder = mkdtempSync(join(tmpdir(), "v15-client-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const history = join(folder, "history.jsonl");
    const start = async (packetPort: number) => {
      const ports = ["--port", "0", "--web-port", "0", "--packet-port", `${packetPort}`];
      const server = new Program([...(await main("main.ts")), ...ports, "--history", history]);
      onTestFinished(() => server.kill());
      await server.says(/packets on (\S+)/, 20_000);
      const bob = await other(Number(await server.says(/listening on \S+:(\d+)/, 20_000)));
      const safe = (text: string) =>
        eventually(() => readFileSync(history, "utf8").includes(text), "it is safe");
      const end = async () => {
        server.kill();
        await server.closed;
      };
      return { bob, safe, end };
    };
    const port = await freePort();
    const first = await start(port);
    const { terminal } = await sit(port);
    first.bob.send("said one");
    await terminal.shows(":said one");
    await first.safe("said one");
    await first.end();
    const elsewhere = await start(0); // where the client does not find it
    for (const line of ["said two", "said three"]) elsewhere.bob.send(line);
    await elsewhere.safe("said three");
    await elsewhere.end();
    const again = await start(port);
    await terminal.shows("the server is back");
    await terminal.shows(":said three");
    again.bob.send("said four");
    const lines = await terminal.shows(":said four");
    const said = lines.flatMap((line) => /:said (\w+)$/.exec(line)?.[1] ?? []);
    expect(said).toEqual(["one", "two", "three", "four"]);
  });

  test.each([
    ["quit", 0, "you are here again", true],
    ["idle", 6, "you were kicked: idle for 3 s", true],
    ["shutting down", 7, "server is shutting down", false],
  ])("v15/client-goodbye: reason %s", async (_, reason, text, ends) => {
    const { port, of } = await foreign((socket, type, _, nth) => {
      if (type !== CONNECT) return;
      socket.write(welcome);
      if (nth === 1) socket.end(reasoned(DISCONNECT, reason, text));
    });
    const { terminal, done } = await sit(port);
    await terminal.shows(text);
    if (ends) await done;
    else await eventually(() => of(CONNECT).length === 2, "a second CONNECT");
    expect(of(CONNECT).length).toBe(ends ? 1 : 2);
  });

  test("v15/client-refused: no menu for who is not let in", async () => {
    const server = await serve(SECRET);
    const { terminal, link, done } = await sit(server.packets, "alice", /^$/);
    await done;
    expect(link.refusal).toBe("login refused: bad token");
    expect(terminal.lines()).toEqual([]);
  });
});

describe("between pipes", () => {
  test("v15/client-pipe: lines in, plain lines out, and the end when all answers are in", async () => {
    const server = await serve();
    const input = "hi\nhello world\n你好";
    const { code, lines, stderr } = await pipe(input, ...packets(server.packets, "--name", "张三"));
    expect([code, stderr]).toEqual([0, ""]);
    expect(lines.map((line) => line.replace(/^\[.*\]/, ""))).toEqual([
      ...["you are now 张三", "张三:online"],
      ...["张三:hi", "张三:hello world", "张三:你好"],
    ]);
  });

  test("v15/client-pipe-long: 5,000 lines, every answer in order", async () => {
    const server = await serve();
    const input = Array.from({ length: 5000 }, (_, i) => `line ${i}`);
    const { code, lines } = await pipe(input.join("\n"), ...packets(server.packets));
    expect(code).toBe(0);
    expect(lines.slice(2).map((line) => line.replace(/^.*:/, ""))).toEqual(input);
  });

  test("v15/client-too-long: such a line is not sent, and it is said when it is its turn", async () => {
    const server = await serve();
    const input = `one\n${"x".repeat(4097)}\n\xff${"é".repeat(2048)}\ntwo\n`;
    const { code, lines } = await pipe(input, ...packets(server.packets));
    expect(code).toBe(0);
    expect(lines.filter((line) => line === "line too long: at most 4096 bytes").length).toBe(2);
    expect(lines.at(-1)).toMatch(/:two$/);
  });

  test("v15/client-pipe-not-acknowledged: exit code 1, and which", async () => {
    const { port } = await foreign((socket, type, body) => {
      if (type === CONNECT) socket.write(welcome);
      const number = body.subarray(0, 4);
      if (type !== SEND) return;
      if (number[3] === 1) socket.write(packet(SENDACK, Buffer.from([...number, 0])));
      else socket.end();
    });
    const { code, stderr } = await pipe("one\ntwo\n", ...packets(port));
    expect(code).toBe(1);
    expect(stderr).toBe("not acknowledged: two\nthe server was gone before the answers were in\n");
  });

  test("v15/client-token: over packets and over lines", async () => {
    const server = await serve(SECRET);
    const who = ["--name", "张三", "--token", token("张三")];
    for (const args of [packets(server.packets, ...who), ["--port", `${server.lines}`, ...who]]) {
      const { code, lines, stderr } = await pipe("hi\n", ...args);
      expect([code, stderr, lines[0]]).toEqual([0, "", "you are now 张三"]);
      expect(lines.at(-1)).toMatch(/\]张三:hi$/);
    }
  });

  test("v15/client-bad-token: one plain line and exit code 1", async () => {
    const server = await serve(SECRET);
    const who = ["--name", "alice", "--token", token("alice", -1)];
    for (const args of [packets(server.packets, ...who), ["--port", `${server.lines}`, ...who]]) {
      const { code, lines, stderr } = await pipe("hi\n", ...args);
      expect([code, stderr, lines]).toEqual([1, "login refused: bad token\n", []]);
    }
    const { code, stderr } = await pipe("hi\n", "--port", `${server.lines}`);
    expect([code, stderr]).toEqual([1, "log in first: login|name|token\n"]);
  });

  test("v15/client-no-packets: where lines are spoken, one plain line and exit code 1", async () => {
    const server = await serve();
    const { code, lines, stderr } = await pipe("hi\n", ...packets(server.lines));
    expect([code, stderr, lines]).toEqual([1, "login refused: nobody speaks packets there\n", []]);
  });

  test("v15/client-not-connected: the command that would help is named", async () => {
    const port = await freePort();
    const { code, stderr } = await pipe("", ...packets(port));
    expect(code).toBe(1);
    expect(stderr).toBe(
      `cannot connect to 127.0.0.1:${port}: nobody serves there (npm run chapter v15 -- --packet-port ${port} does)\n`,
    );
  });
});
