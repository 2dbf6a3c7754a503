/** compressed messages: permessage-deflate (RFC 7692) for those on a WebSocket who ask for it. */
import { randomBytes } from "node:crypto";
import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { warmUp } from "../../test/cases/v02.ts";
import type { Client } from "../../test/harness/client.ts";
import type { Server } from "../../test/harness/server.ts";
import { check, Failure, same } from "../../test/harness/transcript.ts";
import { bye, MAX_LINE, offline, online, said } from "../../test/harness/wire.ts";
import type { ExtraCase } from "../common/cases.ts";
import { type Frame, FrameClient } from "./frames.ts";

/** As Chromium makes it. */
const OFFER = "permessage-deflate; client_max_window_bits";
const AGREED = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";
const NONE = "none";
const MIN_COMPRESSED = 128;
const FLUSHED = Buffer.from("0000ffff", "hex");
const LAST = Buffer.from("010000ffff", "hex");

/** It is as small as a message may be that comes, and a thousand times as long when it is inflated. */
const BOMB = 4_000_000;

/** So short that it goes as it is. */
const LAST_LINE = "that was all";

/** The first byte of a frame. */
const TEXT = 0x81;
const COMPRESSED = 0xc1;
const CLOSE = 0x88;

const web = ["web"] as const;

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const flushed = (text: string | Buffer) =>
  deflateRawSync(text, { level: 9, finishFlush: constants.Z_SYNC_FLUSH });
const deflated = (text: string | Buffer) => flushed(text).subarray(0, -FLUSHED.length);

/** What the server has agreed on; its parameters may stand in any order. */
function agreed({ answer }: FrameClient, expected: string, offer: string): void {
  const [, value = NONE] = /^sec-websocket-extensions: *(.*)$/im.exec(answer) ?? [];
  const [name, ...parameters] = value.split(/ *; */);
  same([[name, ...parameters.toSorted()].join("; ")], [expected], `the answer to ${offer}`);
}

/** Its text; each message must inflate without those before it. */
function text({ first, payload }: Frame): string {
  if (first === TEXT) return `${payload}`;
  check(first === COMPRESSED, `a frame begins with 0x${first.toString(16)}: it is no text message`);
  check(!payload.subarray(-4).equals(FLUSHED), "00 00 ff ff is sent, and should be cut off");
  try {
    return `${inflateRawSync(Buffer.concat([payload, FLUSHED, LAST]))}`;
  } catch (error) {
    throw new Failure("mismatch", `a message does not inflate: ${(error as Error).message}`);
  }
}

/** The next frame, which holds the line. */
async function hears(client: FrameClient, line: string): Promise<Frame> {
  const frame = await client.next(line);
  same([text(frame)], [line], client.addr);
  return frame;
}

/** A WebSocket that has agreed on compression, unless there was no `offer`; `others` hear of it. */
async function enter(
  server: Server,
  others: readonly (Client | FrameClient)[],
  offer?: string,
): Promise<FrameClient> {
  const client = await FrameClient.connect(server, offer);
  agreed(client, offer === undefined ? NONE : AGREED, offer ?? "no offer");
  for (const each of others) {
    if (each instanceof FrameClient) await hears(each, online(client));
    else await each.expect(online(client));
  }
  await hears(client, online(client));
  return client;
}

/** Reads on until the server closes: with this code, and a frame that is not compressed. */
async function closed(client: FrameClient, code: number): Promise<void> {
  let frame: Frame;
  do frame = await client.next(`a close frame with ${code}`);
  while ((frame.first & 0x0f) !== 8);
  const why = frame.payload.length < 2 ? "no code" : `${frame.payload.readUInt16BE()}`;
  same([why], [`${code}`], "the close frame");
  check(frame.first === CLOSE, "the close frame is compressed");
}

/** A newcomer, who sends these frames and is closed for it. */
async function refused(
  server: Server,
  others: readonly (Client | FrameClient)[],
  code: number,
  frames: readonly (readonly [first: number, payload: Buffer])[],
): Promise<void> {
  const client = await enter(server, others, OFFER);
  for (const [first, payload] of frames) client.send(first, payload);
  await closed(client, code);
  for (const each of others) {
    if (each instanceof FrameClient) await hears(each, offline(client));
    else await each.expect(offline(client));
  }
}

export const cases: ExtraCase[] = [
  {
    id: "deflate/agreed",
    clause: "a good offer is accepted, without any context takeover; without an offer, no answer",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      for (const offer of [
        OFFER,
        "permessage-deflate",
        "permessage-deflate; client_max_window_bits=10",
        "permessage-deflate ;server_no_context_takeover;client_no_context_takeover",
        "x-webkit-deflate-frame, permessage-deflate",
        `permessage-deflate; server_max_window_bits=10, ${OFFER}`,
        undefined,
      ])
        await enter(server, [alice], offer).then((client) => leave(client, alice));
    },
  },
  {
    id: "deflate/declined",
    clause:
      "an offer that is wrong, or cannot be accepted, is declined: the chat is not compressed",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      await leave(await enter(server, [alice], OFFER), alice);
      for (const offer of [
        "permessage-deflate; server_max_window_bits=10",
        "permessage-deflate; client_max_window_bits=16",
        "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=",
        "permessage-deflate; client_max_window_bits; client_max_window_bits",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; fast",
        "permessage-deflates",
        "x; permessage-deflate",
      ]) {
        const client = await FrameClient.connect(server, offer);
        agreed(client, NONE, offer);
        await alice.expect(online(client));
        await hears(client, online(client));
        const line = "la ".repeat(100);
        client.send(TEXT, Buffer.from(line));
        await alice.expect(said(client, line));
        const { first } = await hears(client, said(client, line));
        check(first === TEXT, `after ${offer}, a message is compressed`);
        await leave(client, alice);
      }
    },
  },
  {
    id: "deflate/compressed-lines",
    clause: "a compressed message is a line, in whatever way it was compressed",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      for (const hello of [
        "f2 48 cd c9 c9 07 00", // as RFC 7692 has it, section 7.2.3
        "00 05 00 fa ff 48 65 6c 6c 6f 00", // in a block that is not compressed
        "f3 48 cd c9 c9 07 00 00", // in a block that says it is the last one
        "f2 48 05 00 00 00 ff ff ca c9 c9 07 00", // in two blocks
      ]) {
        bob.send(COMPRESSED, bytes(hello));
        await alice.expect(said(bob, "Hello"));
        await hears(bob, said(bob, "Hello"));
      }
      for (const line of [
        "龙".repeat(500),
        "x".repeat(MAX_LINE),
        randomBytes(1500).toString("hex"),
      ]) {
        bob.send(COMPRESSED, deflated(line));
        await alice.expect(said(bob, line));
        await hears(bob, said(bob, line));
      }
      bob.send(COMPRESSED, bytes("00")); // nothing: no line
      bob.send(TEXT, Buffer.from("as it is")); // who may compress need not
      await alice.expect(said(bob, "as it is"));
      await hears(bob, said(bob, "as it is"));
    },
  },
  {
    id: "deflate/fragments",
    clause: "a message is compressed as a whole and then cut: RSV1 is set on the first frame alone",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      const line = "a line in many pieces, 龙龙龙";
      const pieces = [...deflated(line)].map((byte) => Buffer.from([byte]));
      for (const [i, piece] of pieces.entries()) {
        bob.send(i === 0 ? 0x41 : 0x00, piece);
        if (i === 3) bob.send(0x89, Buffer.from("there?"));
      }
      bob.send(0x80, Buffer.alloc(0));
      const pong = await bob.next("a pong");
      same([`${pong.first.toString(16)} ${pong.payload}`], ["8a there?"], "the pong");
      await alice.expect(said(bob, line));
      await hears(bob, said(bob, line));
      bob.send(0x01, Buffer.from("and a plain one, "));
      bob.send(0x80, Buffer.from("in two"));
      await alice.expect(said(bob, "and a plain one, in two"));
    },
  },
  {
    id: "deflate/what-is-heard",
    clause: `a message of ${MIN_COMPRESSED} bytes or more goes compressed, a shorter one as it is`,
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      const frame = Buffer.byteLength(said(alice, ""));
      for (const [line, first] of [
        ["x".repeat(MIN_COMPRESSED - frame - 1), TEXT],
        ["x".repeat(MIN_COMPRESSED - frame), COMPRESSED],
        ["龙".repeat(40), COMPRESSED], // bytes are meant, not characters
        ["la ".repeat(1000), COMPRESSED],
        [randomBytes(2000).toString("base64url"), COMPRESSED],
        ["la ".repeat(1000), COMPRESSED],
        ["hi", TEXT],
      ] as const) {
        alice.send(line);
        await alice.expect(said(alice, line));
        const heard = await hears(bob, said(alice, line));
        const what = `a message of ${Buffer.byteLength(said(alice, line))} bytes`;
        check(heard.first === first, `${what} begins with 0x${heard.first.toString(16)}`);
        if (line === "la ".repeat(1000))
          check(heard.payload.length < 200, `${what} still takes ${heard.payload.length}`);
      }
    },
  },
  {
    id: "deflate/the-same-bytes",
    clause: "all clients that have agreed get the same bytes; the others get plain messages",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      const carol = await enter(server, [alice, bob], "permessage-deflate");
      const dave = await enter(server, [alice, bob, carol]);
      for (let i = 0; i < 5; i++) {
        const line = `line ${i}: ${"and so on, ".repeat(30 * i + 20)}`;
        alice.send(line);
        await alice.expect(said(alice, line));
        const one = await hears(bob, said(alice, line));
        const other = await hears(carol, said(alice, line));
        check(one.first === COMPRESSED, "a long message is not compressed");
        check(one.bytes.equals(other.bytes), "two who hear the same line hear other bytes");
        const plain = await hears(dave, said(alice, line));
        check(plain.first === TEXT, "whoever has agreed on nothing hears compressed messages");
      }
    },
  },
  {
    id: "deflate/compressed-once",
    alone: true,
    clause: "a block is compressed once, however many hear it",
    needs: [...web, "cpu"],
    async run(server) {
      const [alice] = await server.join();
      await leave(await enter(server, [alice], OFFER), alice);
      const seconds = async (offer?: string) => {
        const crowd = await Promise.all(
          Array.from({ length: 100 }, () => FrameClient.connect(server, offer)),
        );
        await flood(alice, crowd, 20); // all have come, and the code is warm
        const before = server.cpu();
        await flood(alice, crowd, 200);
        const used = server.cpu() - before;
        for (const each of crowd) each.end();
        await alice.sync();
        return used;
      };
      const plain = await seconds();
      const compressed = await seconds(OFFER);
      const both = `${plain.toFixed(2)} s for plain messages, ${compressed.toFixed(2)} s for compressed ones`;
      check(compressed < 2 * plain + 0.2, `a hundred who hear 200 lines cost ${both}`);
    },
  },
  {
    id: "deflate/swells",
    clause: `what a message inflates to has at most ${MAX_LINE} bytes; more is 1009, however small it came`,
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      const line = "x".repeat(MAX_LINE);
      bob.send(COMPRESSED, deflated(line));
      await alice.expect(said(bob, line));
      await hears(bob, said(bob, line));
      const bomb = deflated("x".repeat(BOMB));
      check(bomb.length <= MAX_LINE, `the bomb has ${bomb.length} bytes: it would not get in`);
      const half = bomb.length >> 1;
      for (const frames of [
        [[COMPRESSED, deflated(`${line}x`)]],
        [[COMPRESSED, bomb]],
        [
          [0x41, bomb.subarray(0, half)],
          [0x80, bomb.subarray(half)],
        ],
        [[COMPRESSED, flushed(randomBytes(MAX_LINE))]], // too long as it comes
      ] as const)
        await refused(server, [alice, bob], 1009, frames);
    },
  },
  {
    id: "deflate/swells-again-and-again",
    alone: true,
    clause: "a small message that swells costs no memory: what is too much is never held",
    needs: [...web, "memory"],
    async run(server) {
      const [alice] = await server.join();
      const [harmless, bomb] = [deflated("x".repeat(MAX_LINE + 1)), deflated("x".repeat(BOMB))];
      const send = async (payload: Buffer) => {
        for (let round = 0; round < 10; round++) {
          const crowd = await Promise.all(
            Array.from({ length: 30 }, () => FrameClient.connect(server, OFFER)),
          );
          for (const each of crowd) each.send(COMPRESSED, payload);
          for (const each of crowd) await closed(each, 1009);
          await alice.sync();
        }
      };
      await leave(await enter(server, [alice], OFFER), alice);
      await warmUp(alice);
      await send(harmless);
      const before = server.memory();
      await send(bomb);
      const grown = server.memory() - before;
      check(grown < 12, `300 messages that swell to 4 MB cost ${grown.toFixed()} MiB`);
    },
  },
  {
    id: "deflate/rsv1",
    clause:
      "RSV1 where nobody agreed on it, in a fragment that is not the first or a control frame: 1002",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const hello = deflated("Hello");
      for (const frames of [
        [
          [0x41, hello.subarray(0, 3)],
          [0xc0, hello.subarray(3)],
        ],
        [[0xc0, hello]], // a continuation of nothing
        [[0xc9, hello]], // a ping
        [[0xca, hello]], // a pong
        [[0xc8, bytes("03 e8")]], // a close frame
        [[0xa1, hello]], // RSV2
        [[0xd1, hello]], // RSV1 and RSV3
        [[0xc3, hello]], // an opcode that is reserved
      ] as const)
        await refused(server, [alice], 1002, frames);
      await refused(server, [alice], 1003, [[0xc2, hello]]); // binary, as without compression
      const bob = await enter(server, [alice]);
      bob.send(COMPRESSED, hello);
      await closed(bob, 1002);
    },
  },
  {
    id: "deflate/broken",
    clause: "data that cannot be inflated, or is not whole, or no UTF-8: 1007; nobody hears of it",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const line = deflated("this is a whole line, and what comes is a part of it ".repeat(3));
      for (const payload of [
        bytes("ff ff ff ff"), // no such block
        bytes("06 00 00 00 00 ff"), // a code table that is none
        bytes("00 05 00 fa ff 48 65 6c"), // a block that says it is longer
        line.subarray(0, 20),
        line.subarray(0, line.length - 3),
        deflated(bytes("48 ff fe")),
        deflated(bytes("e9 be")), // half a character
      ])
        await refused(server, [alice], 1007, [[COMPRESSED, payload]]);
    },
  },
  {
    id: "deflate/each-message-by-itself",
    clause: "client_no_context_takeover: what refers to the message before it is broken: 1007",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      bob.send(COMPRESSED, bytes("f2 48 cd c9 c9 07 00"));
      await alice.expect(said(bob, "Hello"));
      bob.send(COMPRESSED, bytes("f2 00 11 00 00")); // RFC 7692, section 7.2.3.2: "Hello" once more
      await closed(bob, 1007);
      await alice.expect(offline(bob));
    },
  },
  {
    id: "deflate/goodbye",
    clause: "pongs and close frames are never compressed, however long they are",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], OFFER);
      const ping = Buffer.from("there? ".repeat(17));
      bob.send(0x89, ping);
      const pong = await bob.next("a pong");
      same([`${pong.first.toString(16)} ${pong.payload}`], [`8a ${ping}`], "the pong");
      bob.send(COMPRESSED, deflated("quit"));
      await hears(bob, bye);
      await closed(bob, 1000);
      await alice.expect(offline(bob));
    },
  },
];

/** Alice says so many long lines, no two of them alike; all in the crowd hear them, and a short one behind them. */
async function flood(alice: Client, crowd: readonly FrameClient[], count: number): Promise<void> {
  const lines = Array.from({ length: count }, () => randomBytes(1500).toString("hex"));
  await alice.write([...lines, LAST_LINE].map((line) => `${line}\n`).join(""));
  const last = Buffer.from(said(alice, LAST_LINE));
  for (const each of crowd) {
    let frame = await each.next(`${last}`);
    while (!frame.payload.equals(last)) frame = await each.next(`${last}`);
  }
}

/** In good order. */
async function leave(client: FrameClient, alice: Client): Promise<void> {
  client.end();
  await alice.expect(offline(client));
}
