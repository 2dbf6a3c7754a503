/** From v12 on: browsers come in, by WebSocket (RFC 6455), on the port that HTTP has. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { Case } from "../harness/case.ts";
import { Peer } from "../harness/peer.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, Failure, same } from "../harness/transcript.ts";
import { frame, type Handshake, shake } from "../harness/websocket.ts";
import {
  bye,
  kicked,
  listed,
  offline,
  online,
  renamed,
  said,
  shutdown,
  told,
} from "../harness/wire.ts";
import { come, deafClient, figures } from "./v10.ts";

const web = ["web"] as const;
const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10] as const;

const close = (code: number, reason = "") =>
  frame(CLOSE, Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason)]));

/** A handshake for the chat; `headers` go beside what it takes, and undefined leaves one out. */
async function shaken(
  server: Server,
  headers: Readonly<Record<string, string | undefined>> = {},
  path = "/chat",
): Promise<Handshake> {
  return shake((await server.web()) + path, headers).catch((error: Error) => {
    throw new Failure("mismatch", `the handshake got no answer: ${error.message}`);
  });
}

/** A WebSocket that has heard its own `online`, and so has everybody in the room. */
export async function peer(server: Server, ...others: { expect(line: string): Promise<void> }[]) {
  const { socket, status, text } = await shaken(server);
  if (!socket)
    throw new Failure("mismatch", `the server answered the handshake with ${status}: ${text}`);
  const peer = new Peer(socket);
  same([await peer.next()], [`text ${online(peer)}`], "a WebSocket");
  for (const other of others) await other.expect(online(peer));
  return peer;
}

/** Each has a handshake of its own; who is answered with a socket hangs up at once. */
async function statuses(server: Server, ...all: Parameters<typeof shake>[1][]): Promise<number[]> {
  const answers = await Promise.all(all.map((headers) => shaken(server, headers)));
  for (const { socket } of answers) socket?.destroy();
  return answers.map(({ status }) => status);
}

/** The server ends a WebSocket that has sent this, and says why; the room hears that it is gone. */
async function refused(server: Server, code: number, all: Readonly<Record<string, Buffer[]>>) {
  const [alice] = await server.join();
  for (const [what, frames] of Object.entries(all)) {
    const bob = await peer(server, alice);
    await bob.write(...frames);
    const last = await bob.over();
    check(last === `close ${code}`, `${what}: expected close ${code}, heard ${last || "nothing"}`);
    await alice.expect(offline(bob));
  }
  await alice.hears();
}

export const v12: Case[] = [
  {
    id: "v12/handshake",
    since: "v12",
    clause:
      "GET /chat with an upgrade to WebSocket: 101, and the accept value that RFC 6455 asks for",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const key = "dGhlIHNhbXBsZSBub25jZQ=="; // the RFC's own example
      const { status, headers, socket } = await shaken(server, {
        connection: "keep-alive, Upgrade",
        upgrade: "WebSocket",
        "sec-websocket-key": key,
        "sec-websocket-extensions": "x-unheard-of; mode=1",
      });
      socket?.destroy();
      same(
        [
          `${status}`,
          `${headers["sec-websocket-accept"]}`,
          `${headers["sec-websocket-extensions"]}`,
        ],
        ["101", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "undefined"],
        "status, accept, extensions",
      );
      same([`${headers.upgrade}`.toLowerCase()], ["websocket"], "upgrade");
      same([`${headers.connection}`.toLowerCase()], ["upgrade"], "connection");
      await alice.until(online(await peer(server)));
    },
  },
  {
    id: "v12/subprotocol",
    since: "v12",
    clause: "the subprotocol chat.v1 is chosen if a client offers it; no other one is chosen",
    needs: web,
    async run(server) {
      await server.join();
      const chosen: (string | undefined)[] = [];
      for (const offered of ["chat.v1", "mqtt, chat.v1 ,x", "mqtt", undefined]) {
        const { socket, headers } = await shaken(server, { "sec-websocket-protocol": offered });
        chosen.push(`${headers["sec-websocket-protocol"]}`);
        check(socket !== undefined, `offered ${offered}, the handshake is refused`);
        socket?.destroy();
      }
      same(chosen as string[], ["chat.v1", "chat.v1", "undefined", "undefined"], "the chosen one");
    },
  },
  {
    id: "v12/handshake-refused",
    since: "v12",
    clause:
      "a handshake with something missing gets 400, one with a version other than 13 gets 426, one at another path gets 404",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const lacking: Parameters<typeof shake>[1][] = [
        { "sec-websocket-key": undefined },
        { "sec-websocket-key": "" },
        { "sec-websocket-key": "c2hvcnQ=" },
        { "sec-websocket-key": "not base64 at all!!!!==" },
        { "sec-websocket-version": undefined },
        { upgrade: "h2c" },
        { upgrade: undefined },
        { connection: "keep-alive" },
        { connection: "\xa0Upgrade" }, // a space for Unicode, and none for HTTP
        { "content-length": "0" },
      ];
      const answered = await statuses(server, ...lacking);
      same(
        answered.map((status, i) => `${JSON.stringify(lacking[i])} ${status}`),
        lacking.map((headers) => `${JSON.stringify(headers)} 400`),
        "handshakes",
      );
      for (const version of ["8", "14", "x"]) {
        const { status, headers } = await shaken(server, { "sec-websocket-version": version });
        same(
          [`${status} ${headers["sec-websocket-version"]}`],
          ["426 13"],
          `version ${version}: status, and the version that is spoken`,
        );
      }
      for (const path of ["/", "/chat/", "/Chat", "/metrics"])
        same([`${(await shaken(server, {}, path)).status}`], ["404"], `a handshake at ${path}`);
      same([`${(await server.get("/chat")).status}`], ["400"], "GET /chat without an upgrade");
      const h2c = "Host: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"; // some clients always offer it
      const health = await answerTo(server, `GET /healthz HTTP/1.1\r\n${h2c}`);
      check(/^HTTP\/1\.1 200 .*\bok\n$/s.test(health), `another upgrade is answered: ${health}`);
      await alice.hears();
    },
  },
  {
    id: "v12/handshake-broken-anywhere",
    since: "v12",
    clause: "a handshake that is wrong in any of its lines lets nobody in, and affects nobody else",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const lines = [
        "GET /chat HTTP/1.1",
        "connection: Upgrade",
        "upgrade: websocket",
        "sec-websocket-version: 13",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      ];
      for (const [i, line] of lines.entries()) {
        const half = line.length >> 1;
        for (const broken of [
          "",
          line.slice(0, half),
          line.slice(half),
          `${line}\0`,
          `\xff${line}`,
        ]) {
          const text = [...lines.with(i, broken), "host: 127.0.0.1"].join("\r\n");
          const answer = await answerTo(server, `${text}\r\n\r\n`);
          check(!answer.startsWith("HTTP/1.1 101"), `let in by ${JSON.stringify(text)}`);
        }
      }
      await alice.hears();
      const bob = await peer(server, alice);
      bob.socket.destroy();
      await alice.expect(offline(bob));
    },
  },
  {
    id: "v12/origin",
    since: "v12",
    clause:
      "a page of another origin gets 403, also one whose origin is `null`; the server's own page and clients that are not pages may come in",
    needs: web,
    async run(server) {
      await server.join();
      const own = await server.web();
      const { host } = new URL(own);
      const strange = [
        { origin: "null" },
        { origin: "http://evil.example" },
        { origin: own.replace(host, `${host}0`) },
        { origin: own.replace("http", "https") },
        { origin: `${own}.evil.example` },
        { origin: "" },
        { origin: "http://evil.example", host: "evil.example" }, // a name that was made to lead here
        { origin: "http://evil.example", host: undefined },
      ];
      same(
        (await statuses(server, ...strange)).map((status, i) => `${strange[i]?.origin} ${status}`),
        strange.map(({ origin }) => `${origin} 403`),
        "origins",
      );
      same(
        (await statuses(server, { origin: own }, { origin: undefined })).map(String),
        ["101", "101"],
        "the own page, and who is no page",
      );
    },
  },
  {
    id: "v12/origin-allowed",
    since: "v12",
    clause:
      "`--origin URL` lets the pages of that origin in, and no others; it may be given several times",
    needs: web,
    args: ["--origin", "https://chat.example.org", "--origin", "http://lan.example:8080/"],
    async run(server) {
      await server.join();
      const all = [
        "https://chat.example.org",
        "http://lan.example:8080",
        "http://chat.example.org",
      ];
      const answered = await statuses(server, ...all.map((origin) => ({ origin })));
      same(
        answered.map(String),
        ["101", "101", "403"],
        "two that are allowed, and one that is not",
      );
    },
  },
  {
    id: "v12/page",
    since: "v12",
    clause:
      "GET /: the chat page, with `nosniff`; its content security policy allows no inline code but the page's own",
    needs: web,
    async run(server) {
      await server.join();
      const response = await fetch(await server.web());
      const text = await response.text();
      const policy = response.headers.get("content-security-policy") ?? "";
      same([`${response.status}`], ["200"], "GET /");
      check(/^text\/html/.test(response.headers.get("content-type") ?? ""), "it is no HTML");
      same(
        [`${response.headers.get("x-content-type-options")}`],
        ["nosniff"],
        "its type may be guessed",
      );
      check(
        /default-src 'none'/.test(policy),
        `its policy allows what it does not name: ${policy}`,
      );
      check(!/unsafe|\*|data:[^;]*script/.test(policy), `its policy has a hole: ${policy}`);
      for (const [, tag, code] of text.matchAll(/<(script|style)>(.*?)<\/\1>/gs)) {
        const hash = createHash("sha256")
          .update(code ?? "")
          .digest("base64");
        check(policy.includes(`'sha256-${hash}'`), `its policy forbids its own ${tag}`);
      }
    },
  },
  {
    id: "v12/line-is-a-message",
    since: "v12",
    clause:
      "a text message is a line, and each line of an answer is a text message; what a line may contain is the same here",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      await bob.say("hello 世界");
      await alice.expect(said(bob, "hello 世界"));
      await bob.say(`one\n${said(alice, "I resign")}\r\n\x1b[2Jtwo\tthree`);
      await alice.expect(said(bob, `one${said(alice, "I resign")}[2Jtwo three`));
      await bob.say("who");
      for (const line of [
        said(bob, "hello 世界"),
        said(bob, `one${said(alice, "I resign")}[2Jtwo three`),
      ])
        same([await bob.next()], [`text ${line}`], "bob");
      same(
        [await bob.next(), await bob.next()],
        [`text ${listed(alice)}`, `text ${listed(bob)}`],
        "the answer to who",
      );
    },
  },
  {
    id: "v12/both-wires-one-room",
    since: "v12",
    clause:
      "clients that speak lines and clients that speak WebSocket are in one room: they share names, private messages and order",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      await bob.say("rename|Bob");
      same([await bob.next()], [`text ${renamed("Bob")}`], "bob");
      alice.send("rename|bob");
      await alice.expect("name bob is taken");
      alice.send("to|Bob|between us");
      same([await bob.next()], [`text ${told(alice, "between us")}`], "bob");
      await bob.say(`to|${alice.addr}|yes`);
      await alice.expect(told({ addr: bob.addr, name: "Bob" }, "yes"));
      for (let i = 0; i < 500; i++) {
        bob.say(`line ${i}`);
        alice.send(`line ${i}`);
      }
      const lines = { alice: 0, bob: 0 };
      while (lines.alice < 500 || lines.bob < 500) {
        const line = await alice.next();
        const who = line.startsWith(`[${bob.addr}]Bob:`) ? "bob" : "alice";
        check(line.endsWith(`:line ${lines[who]}`), `${who}'s line ${lines[who]} came as ${line}`);
        lines[who]++;
      }
    },
  },
  {
    id: "v12/fragments",
    since: "v12",
    clause:
      "a message in fragments is one line; a ping between the fragments is answered at once; half a message is not a line",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      const [first, second] = [
        Buffer.from("half a 世").subarray(0, 8),
        Buffer.from("half a 世").subarray(8),
      ];
      await bob.write(frame(TEXT, first, { fin: false }), frame(PING, "still there?"));
      same([await bob.next()], ["pong still there?"], "bob, in the midst of his message");
      await alice.hears();
      await bob.write(
        frame(CONTINUATION, "", { fin: false }),
        frame(CONTINUATION, second, { fin: false }),
        frame(CONTINUATION, ""),
      );
      await alice.expect(said(bob, "half a 世"));
      await bob.write(frame(TEXT, "never finished", { fin: false }));
      bob.socket.end();
      await alice.expect(offline(bob));
      await alice.hears();
    },
  },
  {
    id: "v12/split-anywhere",
    since: "v12",
    clause: "a frame may come byte by byte, and several frames may come in one packet",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      const slowly = async (bytes: Buffer, ...heard: string[]) => {
        for (const byte of bytes.subarray(0, -1)) {
          await bob.write(Uint8Array.of(byte));
          await alice.hears();
        }
        await bob.write(bytes.subarray(-1));
        await alice.expect(...heard);
      };
      await slowly(frame(TEXT, "byte by byte: 世界"), said(bob, "byte by byte: 世界"));
      const longer = "x".repeat(126); // from here on, the length has bytes of its own
      await slowly(frame(TEXT, longer), said(bob, longer));
      await bob.write(...["one", "two", "three"].map((text) => frame(TEXT, text)));
      await alice.expect(said(bob, "one"), said(bob, "two"), said(bob, "three"));
      const long = "x".repeat(4096);
      await bob.write(frame(TEXT, long));
      await alice.expect(said(bob, long));
    },
  },
  {
    id: "v12/right-behind-the-handshake",
    since: "v12",
    clause: "a client may send its first message before it has got the answer to its handshake",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const socket = await deafClient(server);
      const lines = [
        ...["GET /chat HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"],
        ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "", ""],
      ];
      socket.write(Buffer.concat([Buffer.from(lines.join("\r\n")), frame(TEXT, "in one packet")]));
      const addr = `${socket.localAddress}:${socket.localPort}`;
      await alice.expect(online({ addr, name: addr }), said({ addr, name: addr }, "in one packet"));
      socket.destroy();
    },
  },
  {
    id: "v12/ping-pong",
    since: "v12",
    clause:
      "a ping is answered with its own bytes, in its turn; a pong that nobody asked for gets no answer",
    needs: web,
    async run(server) {
      const bob = await peer(server);
      const most = "x".repeat(125);
      await bob.write(
        frame(PING, ""),
        frame(TEXT, "rename|Bob"),
        frame(PONG, "unasked"),
        frame(PING, most),
      );
      same(
        [await bob.next(), await bob.next(), await bob.next()].toSorted(),
        ["pong", `pong ${most}`, `text ${renamed("Bob")}`],
        "bob",
      );
      await (await server.connect()).sync();
    },
  },
  {
    id: "v12/ping-flood-unread",
    since: "v12",
    alone: true,
    clause:
      "when a client sends pings and never reads the pongs, the server stops reading from it; the others do not notice",
    needs: ["web", "memory"],
    async run(server) {
      const [alice] = await server.join();
      const floods = [
        { payload: "x".repeat(125), count: 10_000 },
        { payload: "", count: 200_000 }, // the smallest pongs: a system holds millions of them
      ];
      for (const { payload, count } of floods) {
        const bob = await peer(server, alice);
        bob.socket.pause();
        const before = server.memory();
        const pings = Buffer.alloc(count * (6 + payload.length), frame(PING, payload));
        let sent = 0;
        for (; sent < 50 && bob.socket.writableLength === 0; sent++) {
          bob.socket.write(pings);
          for (let i = 0; i < 20; i++) await alice.sync();
        }
        check(sent < 50, "it still reads after millions of pings whose pongs nobody takes");
        const grown = server.memory() - before;
        check(grown < 100, `pongs that nobody takes cost ${grown.toFixed()} MiB of memory`);
        bob.socket.destroy();
        await alice.expect(offline(bob));
      }
    },
  },
  {
    id: "v12/close-is-answered",
    since: "v12",
    clause:
      "a close frame is answered with its own code, after all that was said before; then the connection ends",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      for (const code of [1000, 1001, 1003, 1007, 1014, 3000, 4999]) {
        const bob = await peer(server, alice);
        await bob.write(frame(TEXT, `closing with ${code}`), close(code, "so long, 世界"));
        await alice.expect(said(bob, `closing with ${code}`), offline(bob));
        same(
          [await bob.next(), await bob.over()],
          [`text ${said(bob, `closing with ${code}`)}`, `close ${code}`],
          "bob",
        );
      }
      const carol = await peer(server, alice);
      await carol.write(frame(CLOSE, ""), frame(TEXT, "and another thing"));
      check(/^close (1000|1005)$/.test(await carol.over()), "a close frame without a code");
      await alice.expect(offline(carol));
      await alice.hears();
    },
  },
  {
    id: "v12/protocol-errors",
    since: "v12",
    clause: "what RFC 6455 forbids ends the connection with 1002",
    needs: web,
    async run(server) {
      const text = frame(TEXT, "x");
      const length = (...bytes: number[]) => Buffer.from([0x81, ...bytes]);
      await refused(server, 1002, {
        "a frame that is not masked": [frame(TEXT, "x", { masked: false })],
        ...Object.fromEntries(
          [1, 2, 4].map((reserved) => [
            `reserved bit ${reserved}`,
            [frame(TEXT, "x", { reserved })],
          ]),
        ),
        ...Object.fromEntries(
          [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => [
            `opcode ${opcode}`,
            [frame(opcode, "x")],
          ]),
        ),
        "a ping of 126 bytes": [frame(PING, "x".repeat(126))],
        "a ping in fragments": [frame(PING, "x", { fin: false })],
        "a close frame in fragments": [frame(CLOSE, "", { fin: false })],
        "a continuation of nothing": [frame(CONTINUATION, "x")],
        "a message within a message": [frame(TEXT, "x", { fin: false }), text],
        "a length in more bytes than it takes": [length(0xfe, 0, 5, 1, 2, 3, 4)],
        "a length in eight bytes for four": [length(0xff, 0, 0, 0, 0, 0, 0, 0, 4, 1, 2, 3, 4)],
        "a close frame of one byte": [frame(CLOSE, "x")],
        ...Object.fromEntries(
          [0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535].map((code) => [
            `close code ${code}`,
            [close(code)],
          ]),
        ),
        "a good one behind it": [frame(3, ""), frame(TEXT, "unheard")],
      });
    },
  },
  {
    id: "v12/not-utf8",
    since: "v12",
    clause:
      "a text that is not UTF-8 ends the connection with 1007, also in fragments and in the reason of a close frame",
    needs: web,
    async run(server) {
      const bytes = (text: string) => Buffer.from(text, "latin1");
      await refused(server, 1007, {
        "a byte that is no character": [frame(TEXT, bytes("a\xff"))],
        "half a character": [frame(TEXT, bytes("a\xe4\xb8"))],
        "half of a pair": [frame(TEXT, bytes("\xed\xa0\x80"))],
        "more bytes than it takes": [frame(TEXT, bytes("\xc0\xaf"))],
        "in fragments": [frame(TEXT, bytes("a\xe4"), { fin: false }), frame(CONTINUATION, "b")],
        "a reason": [frame(CLOSE, bytes("\x03\xe8\xff"))],
      });
    },
  },
  {
    id: "v12/binary",
    since: "v12",
    clause: "a binary message ends the connection with 1003",
    needs: web,
    async run(server) {
      await refused(server, 1003, {
        "a binary message": [frame(BINARY, "x")],
        "in fragments": [frame(BINARY, "x", { fin: false }), frame(CONTINUATION, "")],
      });
    },
  },
  {
    id: "v12/message-too-big",
    since: "v12",
    clause:
      "a message over 4,096 bytes ends the connection with 1009, as soon as its length is known",
    needs: web,
    async run(server) {
      const length = (...bytes: number[]) => Buffer.from([0x81, 0xff, ...bytes, 1, 2, 3, 4]);
      const part = (fin: boolean) => frame(CONTINUATION, "y".repeat(1000), { fin });
      await refused(server, 1009, {
        "4,097 bytes": [frame(TEXT, "x".repeat(4097))],
        "a head that promises a gibibyte": [length(0, 0, 0, 0, 0x40, 0, 0, 0)],
        "a head that promises all there is": [length(0x7f, 255, 255, 255, 255, 255, 255, 255)],
        "in fragments": [
          frame(TEXT, "x".repeat(1000), { fin: false }),
          ...Array.from({ length: 4 }, () => part(false)),
        ],
      });
    },
  },
  {
    id: "v12/bye-is-1000",
    since: "v12",
    clause: "after `bye`, and after the kick notice, the server closes with 1000",
    needs: web,
    args: ["--idle-timeout", "2"],
    async run(server) {
      const bob = await peer(server);
      const carol = await peer(server, {
        expect: async (line) => same([await bob.next()], [`text ${line}`], "bob"),
      });
      await bob.say("quit");
      same([await bob.next(), await bob.over()], [`text ${bye}`, "close 1000"], "bob");
      same(
        [await carol.next(), await carol.next(), await carol.over()],
        [`text ${offline(bob)}`, `text ${kicked(2)}`, "close 1000"],
        "carol",
      );
      const dave = await server.connect();
      await dave.sync();
    },
  },
  {
    id: "v12/shutdown-is-1001",
    since: "v12",
    clause:
      "at the shutdown, a WebSocket client hears the last line, then gets the code 1001; the closing line counts it",
    needs: ["web", "signals"],
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      server.signal("SIGTERM");
      same([await bob.next(), await bob.next()], [`text ${shutdown}`, "close 1001"], "bob");
      await bob.write(close(1001));
      await bob.over();
      await alice.until(shutdown);
      alice.end();
      const { code, last } = await server.ended();
      same(
        [`${code}, ${last}`],
        ["0, closed: 2 users, 0 cut off, 0 tasks left"],
        "the closing line",
      );
    },
  },
  {
    id: "v12/heartbeat",
    since: "v12",
    clause:
      "`--ping-interval`: a client that answers pings stays; if a ping is still unanswered when the next one is due, the connection ends",
    needs: web,
    args: ["--ping-interval", "1"],
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      const carol = await peer(server, alice, {
        expect: async (line) => same([await bob.next()], [`text ${line}`], "bob"),
      });
      const answers = async () => {
        for (let pings = 0; pings < 4; pings++) {
          const [word = "", payload = ""] = (await bob.next()).split(/ (.*)/s);
          if (word === "text") pings--;
          else {
            same([word], ["ping"], "bob");
            await bob.write(frame(PONG, payload));
          }
        }
      };
      const deaf = async () => {
        check(/^ping/.test(await carol.next()), "carol is not pinged");
        await carol.write(frame(PONG, "something else"), frame(TEXT, "I do not answer"));
        const after = [await carol.next(), await carol.next()];
        check(
          /^nothing, since/.test(after[1] as string),
          `not answered, and then: ${after.join(", ")}`,
        );
      };
      await Promise.all([answers(), deaf()]);
      await alice.expect(said(carol, "I do not answer"), offline(carol));
      await bob.say("still here");
      await alice.expect(said(bob, "still here"));
    },
  },
  {
    id: "v12/leaving-has-its-own-time",
    since: "v12",
    clause:
      "`--ping-interval` ends no connection that is already closing: a client that reads slowly still hears everything, and the last line",
    needs: ["web", "signals"],
    args: ["--ping-interval", "2", "--grace", "20"], // a busy machine needs a second or two for the flood
    async run(server) {
      const [alice] = await server.join();
      const bob = await peer(server, alice);
      bob.socket.pause();
      const waiting = async () => (await figures(server)).get("chat_outbox_bytes_max") ?? 0;
      const flood = `${"x".repeat(4000)}\n`.repeat(500);
      while ((await waiting()) < 2_000_000) {
        check(bob.ended === undefined, "bob was ended before anybody left");
        await alice.write(flood);
        await alice.sync();
      }
      server.signal("SIGTERM");
      await alice.until(shutdown);
      alice.end();
      const start = Date.now();
      await eventually(() => Date.now() - start > 6500, "three pings would have been due");
      bob.socket.resume();
      const last = await bob.over();
      same([last], ["close 1001"], "the last frame that bob hears");
      const { code, last: closing } = await server.ended();
      same(
        [`${code}, ${closing}`],
        ["0, closed: 2 users, 0 cut off, 0 tasks left"],
        "the closing line",
      );
    },
  },
  {
    id: "v12/round-trip",
    since: "v12",
    clause:
      "chat_ping_rtt_seconds: a histogram in seconds, with an entry for each ping that was answered",
    needs: web,
    args: ["--ping-interval", "1"],
    async run(server) {
      await server.join();
      const bob = await peer(server);
      const before = Date.now();
      const ping = (await bob.next()).slice("ping ".length);
      await bob.write(frame(PONG, "another"), frame(PING, "read so far?"));
      same([await bob.next()], ["pong read so far?"], "bob");
      await come(server, { chat_ping_rtt_seconds_count: 0 });
      await bob.write(frame(PONG, ping), frame(PONG, ping));
      await come(server, { chat_ping_rtt_seconds_count: 1 });
      const sum = (await figures(server)).get("chat_ping_rtt_seconds_sum") ?? -1;
      check(sum > 0 && sum < (Date.now() - before) / 1000, `one round trip took ${sum} s`);
    },
  },
  {
    id: "v12/any-bit-flipped",
    since: "v12",
    clause:
      "a frame with a wrong bit, whichever it is, does no harm: it is a line, or it ends its own connection",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const good = Buffer.concat([frame(TEXT, "abc"), frame(PING, "p"), frame(TEXT, "")]);
      for (let bit = 0; bit < good.length * 8; bit++) {
        const bad = Buffer.from(good);
        bad[bit >> 3] = (bad[bit >> 3] as number) ^ (1 << (bit & 7));
        const { socket } = await shaken(server);
        socket?.on("error", () => {}).write(bad);
        socket?.end();
        if (bit % 16 === 15) await alice.sync();
      }
      await alice.sync();
      const bob = await peer(server);
      await bob.say("well");
      await alice.until(said(bob, "well"));
      bob.socket.destroy();
    },
  },
  {
    id: "v12/unfinished-requests",
    since: "v12",
    alone: true,
    clause:
      "two thousand clients that never finish their handshake keep nobody out: their number and their time are bounded",
    needs: ["web", "descriptors"],
    async run(server) {
      const [alice] = await server.join();
      const before = server.descriptors();
      const sockets = await Promise.all(Array.from({ length: 2000 }, () => deafClient(server)));
      for (const socket of sockets) socket.resume().write("GET /chat HTTP/1.1\r\nHost:");
      const bob = await peer(server, alice);
      await bob.say("in");
      await alice.expect(said(bob, "in"));
      check(
        server.descriptors() - before < 1200,
        `they hold ${server.descriptors() - before} descriptors`,
      );
      await eventually(() => server.descriptors() - before < 10, "they are closed in time");
      await bob.say("still in");
      await alice.expect(said(bob, "still in"));
      bob.socket.destroy();
      for (const socket of sockets) socket.destroy();
    },
  },
  {
    id: "v12/thousand-pages-reload",
    since: "v12",
    alone: true,
    clause: "a thousand pages that load at once are all served, and all their users come in",
    needs: ["web", "ulimit"],
    async run(server) {
      const [alice] = await server.join();
      const pages = Array.from({ length: 1000 }, async () => {
        const page = await answerTo(server, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        const { socket } = await shaken(server);
        socket?.on("error", () => {}); // it reads nothing: a thousand who do would be the slow ones here
        return page.startsWith("HTTP/1.1 200 OK") ? socket : undefined;
      });
      const all = await Promise.all(pages);
      check(
        all.every((socket) => socket !== undefined),
        "not all were let in",
      );
      await come(server, { chat_users: 1001 });
      await alice.sync();
      for (const socket of all) socket?.destroy();
      await come(server, { chat_users: 1 });
      await alice.sync();
    },
  },
  ...[
    "--ping-interval=0",
    "--ping-interval=x",
    "--origin=chat.example.org",
    "--origin=http://a.b/c",
    "--origin=",
  ].map(
    (option): Case => ({
      id: `v12/bad-option ${option}`,
      since: "v12",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        const { code, stderr } = await server.run(option);
        check(
          code !== 0 && code !== null,
          `the exit code is ${code}: it must be a number other than 0`,
        );
        const name = option.slice(0, option.indexOf("="));
        check(
          new RegExp(`^${name} must be .*\n$`).test(stderr),
          `stderr must be one line that says what is wrong: ${stderr}`,
        );
      },
    }),
  ),
];

/** What is answered to these bytes, until the connection ends. */
async function answerTo(server: Server, bytes: string): Promise<string> {
  const socket = await deafClient(server);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text) => {
    answer += text;
    if (answer.startsWith("HTTP/1.1 101")) socket.destroy();
  });
  socket.resume().end(bytes, "latin1");
  if (!socket.closed) await once(socket, "close");
  return answer;
}
