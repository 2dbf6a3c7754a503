/** Packets: however the bytes are cut, what comes of them is the same; and any bytes at all do no harm. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CONNACK,
  CONNECT,
  DISCONNECT,
  type Heard,
  type Hello,
  hello,
  inWords,
  number,
  PING,
  packet,
  packets,
  RECV,
  RECVACK,
  SEND,
  send,
  string,
} from "../harness/packets.ts";
import { type Random, random } from "../harness/random.ts";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v15-packets/packets.ts");
type Decoder = InstanceType<Module["PacketDecoder"]>;

/** PACKETS=1000000 takes half a minute. */
const FUZZED = Number(process.env.PACKETS ?? 30_000);
const MAX_LINE = 4096;
const MAX_BODY = 4 + MAX_LINE;
const WELL = 0;
const MALFORMED = 4;
const TOO_LARGE = 5;

const fed = (decoder: Decoder, bytes: Buffer) => [...decoder.feed(Buffer.from(bytes))];

/** What it is, so that it can be compared: an answer in words, who somebody says to be, or a line. */
const plain = (item: unknown) => (Buffer.isBuffer(item) ? answers(item) : item);
const answers = (bytes: Buffer): readonly string[] => {
  const { heard, rest } = packets(bytes);
  expect(rest).toHaveLength(0);
  return heard.map(inWords);
};

function lastWord(decoder: Decoder): Heard & { readonly reason: number } {
  const { heard, rest } = packets(decoder.goodbye("", "well"));
  expect([heard.length, rest.length]).toEqual([1, 0]);
  const [only] = heard;
  if (only?.type !== DISCONNECT && only?.type !== CONNACK) throw new Error("it is no goodbye");
  return only;
}

/** The bytes in pieces, cut at these places. */
function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, i) => bytes.subarray(from, places[i] ?? bytes.length));
}

const cuts = fc.array(fc.nat());
const text = fc
  .string({ unit: "grapheme", maxLength: 40 })
  .map((each) => each.replace(/\p{Cc}/gu, ""));
const identity = fc.record({
  name: text,
  device: text,
  token: text,
  after: fc.nat(Number.MAX_SAFE_INTEGER),
});
const count = fc.nat(2 ** 32 - 1);
/** What a client that is in may say, and what comes of it. */
const word: fc.Arbitrary<{ bytes: Buffer; gives: readonly unknown[] }> = fc.oneof(
  fc.record({ count, text }).map((each) => ({
    bytes: send(each.count, each.text),
    gives: [each.text, [`sendack ${each.count} 0`]],
  })),
  fc.constant({ bytes: packet(PING), gives: [["pong"]] }),
  count.map((heard) => ({ bytes: packet(RECVACK, number(heard, 8)), gives: [] })),
);
/** Bytes alone are refused by their first two; packets of every kind lead further. */
const noise = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc
    .record({ type: fc.nat(10), flags: fc.constantFrom(0, 0, 0, 1), body: fc.uint8Array() })
    .map(({ type, flags, body }) => packet(type, body, { flags })),
  identity.map(hello),
  word.map(({ bytes }) => bytes),
);

describe.each(variants("packets.ts"))("$id packets.ts", async ({ url }) => {
  const { Packets, PACKETS, PacketDecoder } = (await import(url)) as Module;

  /** Somebody who is in. */
  function member(): Decoder {
    const decoder = new PacketDecoder();
    fed(decoder, hello({ name: "al" }));
    decoder.welcome("al");
    return decoder;
  }

  test("property: cut anywhere, the packets are the same", () => {
    const one = fc.record({ type: fc.integer({ min: 1, max: 9 }), body: fc.uint8Array() });
    fc.assert(
      fc.property(fc.array(one), cuts, (sent, cuts) => {
        const decoder = new Packets();
        const all = Buffer.concat(sent.map(({ type, body }) => packet(type, body)));
        const heard = cutAt(all, cuts).flatMap((piece) => [...decoder.feed(Buffer.from(piece))]);
        expect(heard).toEqual(sent.map(({ type, body }) => ({ type, body: Buffer.from(body) })));
        expect(decoder.refused).toBeUndefined();
      }),
      { numRuns: 300 },
    );
  });

  test("property: cut anywhere, the lines and their answers are the same, in their order", () => {
    fc.assert(
      fc.property(identity, fc.array(word), cuts, (who, said, cuts) => {
        const decoder = new PacketDecoder();
        const [first, ...more] = cutAt(hello(who), cuts).map((piece) => fed(decoder, piece));
        expect([first, ...more].flat()).toEqual([who]);
        expect(answers(decoder.welcome(who.name))).toEqual([`connack 0 ${who.name}`]);
        const all = Buffer.concat(said.map(({ bytes }) => bytes));
        const heard = cutAt(all, cuts).flatMap((piece) => fed(decoder, piece));
        expect(heard.map(plain)).toEqual(said.flatMap(({ gives }) => gives));
        expect([decoder.over, lastWord(decoder).reason]).toEqual([false, WELL]);
      }),
      { numRuns: 300 },
    );
  });

  test("property: whatever bytes come, and however they are cut, they end in the same", () => {
    fc.assert(
      fc.property(fc.array(noise), cuts, fc.boolean(), (chunks, cuts, isIn) => {
        const all = Buffer.concat(chunks.map((each) => Buffer.from(each)));
        const outcome = (pieces: readonly Buffer[]) => {
          const decoder = isIn ? member() : new PacketDecoder();
          const heard = pieces.flatMap((piece) => (decoder.over ? [] : fed(decoder, piece)));
          return { heard: heard.map(plain), over: decoder.over, last: lastWord(decoder) };
        };
        const whole = outcome([all]);
        expect(outcome(cutAt(all, cuts))).toEqual(whole);
        const isRefused = whole.last.reason !== WELL;
        if (isRefused) expect(whole.over).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("property: what is encoded is decoded to the same lines and numbers", () => {
    const line = fc.record({ text, number: fc.nat(Number.MAX_SAFE_INTEGER) });
    fc.assert(
      fc.property(fc.array(line), fc.boolean(), (lines, numbered) => {
        const texts = lines.map((each) => each.text);
        const numbers = lines.map((each) => each.number);
        const bytes = numbered ? PACKETS.encode(texts, numbers) : PACKETS.encode(texts);
        const expected = lines.map(({ text, number }) => ({
          ...{ type: RECV, count: numbered ? number : 0, text: Buffer.from(text) },
        }));
        expect(packets(bytes)).toEqual({ heard: expected, rest: Buffer.alloc(0) });
      }),
      { numRuns: 300 },
    );
  });

  test("a line of the room's may be longer than one that a client may say", () => {
    const long = "张".repeat(3000);
    expect(answers(PACKETS.encode([long, "x"], [7]))).toEqual([`recv 7 ${long}`, "recv 0 x"]);
  });

  test("what is made for the screen is made as over lines: tabs are spaces, control characters go", () => {
    expect(fed(member(), send(1, "a\tb\u001b[2Jc\nd")).map(plain)).toEqual([
      "a b[2Jcd",
      ["sendack 1 0"],
    ]);
  });

  const whole = hello({ name: "al" }).subarray(6);
  const broken = Buffer.from([0xff]);
  const three = (...[name, device, token]: readonly (string | Uint8Array)[]) =>
    Buffer.concat([string(name ?? ""), string(device ?? ""), string(token ?? ""), number(0, 8)]);
  test.each<readonly [what: string, isIn: boolean, bytes: Buffer, reason: number]>([
    ["type 0", true, packet(0), MALFORMED],
    ["type 10", true, packet(10), MALFORMED],
    ["type 255", true, packet(255), MALFORMED],
    ["flags", true, packet(PING, "", { flags: 1 }), MALFORMED],
    ["what only a server says", true, packet(RECV, number(0, 8)), MALFORMED],
    ["a SEND without a number", true, packet(SEND, number(0, 4).subarray(1)), MALFORMED],
    ["a SEND that is not UTF-8", true, send(1, broken), MALFORMED],
    ["half a RECVACK", true, packet(RECVACK, number(0, 4)), MALFORMED],
    ["a RECVACK and a byte", true, packet(RECVACK, Buffer.alloc(9)), MALFORMED],
    ["a PING with a body", true, packet(PING, "x"), MALFORMED],
    ["a DISCONNECT without a reason", true, packet(DISCONNECT), MALFORMED],
    ["a DISCONNECT that is not UTF-8", true, packet(DISCONNECT, [0, 0xff] as never), MALFORMED],
    ["a second CONNECT", true, hello({ name: "al" }), MALFORMED],
    ["anything before CONNECT", false, packet(PING), MALFORMED],
    ["a goodbye before CONNECT", false, packet(DISCONNECT, number(0, 1)), MALFORMED],
    ["an empty CONNECT", false, packet(CONNECT), MALFORMED],
    ["a CONNECT cut by a byte", false, packet(CONNECT, whole.subarray(0, -1)), MALFORMED],
    ["a CONNECT and a byte", false, packet(CONNECT, Buffer.concat([whole, broken])), MALFORMED],
    ["a name of more than there is", false, packet(CONNECT, "\xff\xff"), MALFORMED],
    ["a name that is not UTF-8", false, packet(CONNECT, three(broken)), MALFORMED],
    ["a device that is not UTF-8", false, packet(CONNECT, three("", broken)), MALFORMED],
    ["a token that is not UTF-8", false, packet(CONNECT, three("", "", broken)), MALFORMED],
    ["a number of 2^53", false, hello({ after: 2n ** 53n }), MALFORMED],
    ["a line of 4,097 bytes", true, send(1, "x".repeat(MAX_LINE + 1)), TOO_LARGE],
    ["4 GiB", true, packet(SEND, "", { length: 2 ** 32 - 1 }), TOO_LARGE],
    ["4 GiB of a PING", true, packet(PING, "", { length: 2 ** 32 - 1 }), TOO_LARGE],
    ["4 GiB of a CONNECT", false, packet(CONNECT, "", { length: 2 ** 32 - 1 }), TOO_LARGE],
  ])("refused: %s", (_, isIn, bytes, reason) => {
    for (const cuts of [[], Array.from(bytes.keys())]) {
      const decoder = isIn ? member() : new PacketDecoder();
      const heard = cutAt(Buffer.concat([bytes, send(2, "behind it")]), cuts);
      expect(heard.flatMap((piece) => (decoder.over ? [] : fed(decoder, piece)))).toEqual([]);
      expect([decoder.over, lastWord(decoder)]).toMatchObject([true, { type: DISCONNECT, reason }]);
    }
  });

  test("just right: an empty line, one of 4,096 bytes, the greatest numbers", () => {
    const longest = "x".repeat(MAX_LINE);
    const bytes = [send(0, ""), send(2 ** 32 - 1, longest), packet(RECVACK, Buffer.alloc(8, 255))];
    const [one, other] = [["sendack 0 0"], ["sendack 4294967295 0"]];
    expect(fed(member(), Buffer.concat(bytes)).map(plain)).toEqual(["", one, longest, other]);
    const who: Required<Hello> = { name: "", device: "", token: "", after: 2 ** 53 - 1 };
    expect(fed(new PacketDecoder(), hello(who))).toEqual([who]);
  });

  test("what is refused is refused by its head, before the rest has come", () => {
    const judged = (...heads: Buffer[]) => {
      const decoder = member();
      for (const head of heads) fed(decoder, head);
      return decoder.over ? lastWord(decoder).reason : "waits";
    };
    const head = (type: number, length: number, flags = 0) =>
      packet(type, "", { length, flags }).subarray(0, 6);
    expect(judged(head(SEND, MAX_BODY))).toBe("waits");
    expect(judged(head(SEND, MAX_BODY + 1))).toBe(TOO_LARGE);
    expect(judged(head(SEND, MAX_BODY + 1).subarray(0, 5))).toBe("waits");
    expect(judged(head(10, 5))).toBe(MALFORMED);
    expect(judged(head(SEND, 5, 128))).toBe(MALFORMED);
  });

  test("behind a DISCONNECT nothing is heard, and that is no fault", () => {
    const decoder = member();
    const bytes = [send(1, "hi"), packet(DISCONNECT, "\0bye"), send(2, "never"), packet(77)];
    expect(fed(decoder, Buffer.concat(bytes)).map(plain)).toEqual(["hi", ["sendack 1 0"]]);
    expect([decoder.over, lastWord(decoder).reason]).toEqual([true, WELL]);
  });

  test("who asks and may not come in hears it as the answer, anybody else as the end", () => {
    const asking = new PacketDecoder();
    fed(asking, hello({ name: "al" }));
    expect(answers(asking.goodbye("no", "bad name"))).toEqual(["connack 2 no"]);
    expect(answers(asking.goodbye("", "bad token"))).toEqual(["connack 1 bad token"]);
    expect(answers(new PacketDecoder().goodbye("", "too late"))).toEqual(["disconnect 3 too late"]);
    expect(answers(member().goodbye("off", "idle"))).toEqual(["disconnect 6 off"]);
    fed(asking, packet(PING, "x"));
    expect(answers(asking.goodbye("no", "bad name"))).toEqual(["disconnect 4 no"]);
  });

  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  const used = () => {
    gc();
    gc(); // what the first one has found to be free may still be counted
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };

  test("however little of a packet has come, it holds no more than two of the longest", () => {
    const bound = 2 * (6 + MAX_BODY);
    const before = used();
    const half = send(1, "x".repeat(MAX_LINE)).subarray(0, -1);
    const decoders = Array.from({ length: 2000 }, () => {
      const decoder = member();
      for (let i = 0; i < 3; i++) fed(decoder, send(i, "y".repeat(MAX_LINE)));
      fed(decoder, half);
      return decoder;
    });
    expect((used() - before) / decoders.length).toBeLessThan(bound + 2000);
    expect(decoders.some(({ over }) => over)).toBe(false);
  });

  test(`fuzz: ${FUZZED.toLocaleString("en")} packets of any kind: none throws, and nothing piles up`, () => {
    const chance = random(15);
    const [kinds, ends]: [Record<string, number>, Record<number, number>] = [{}, {}];
    const before = used();
    let most = 0;
    let decoder = new PacketDecoder();
    for (let i = 0; i < FUZZED; i++) {
      const { kind, bytes } = anyPacket(chance);
      kinds[kind] = (kinds[kind] ?? 0) + 1;
      const middle = chance(bytes.length + 1);
      for (const piece of [bytes.subarray(0, middle), bytes.subarray(middle)])
        for (const item of decoder.over ? [] : decoder.feed(piece))
          if (Buffer.isBuffer(item)) packets(item);
          else if (typeof item === "object") decoder.welcome(item.name);
          else if (Buffer.byteLength(String(item)) > MAX_LINE) throw new Error("too long");
      if (decoder.over || chance(50) === 0) {
        const { reason } = lastWord(decoder);
        ends[reason] = (ends[reason] ?? 0) + 1;
        decoder = new PacketDecoder();
      }
      if (i % (FUZZED / 10) < 1) most = Math.max(most, used() - before);
    }
    expect(Object.keys(kinds).sort()).toEqual(["broken", "cut", "noise", "whole"]);
    expect(Object.keys(ends).map(Number).sort()).toEqual([WELL, MALFORMED, TOO_LARGE]);
    expect(most).toBeLessThan(16 * 1024 * 1024);
  });
});

/** One that is right, one with a byte changed, one that is cut, or bytes alone. */
function anyPacket(chance: Random): { readonly kind: string; readonly bytes: Buffer } {
  const bytes = rightPacket(chance);
  switch (chance(8)) {
    case 0:
      bytes[chance(bytes.length)] = chance(256);
      return { kind: "broken", bytes };
    case 1:
      return { kind: "cut", bytes: bytes.subarray(0, chance(bytes.length)) };
    case 2:
      return chance(4) > 0
        ? { kind: "whole", bytes }
        : { kind: "noise", bytes: Buffer.from(some(chance, 40, 256)) };
    default:
      return { kind: "whole", bytes };
  }
}

function rightPacket(chance: Random): Buffer {
  const word = (most: number) => Buffer.from(some(chance, most, 128)).toString();
  switch (chance(9)) {
    case 0:
    case 1:
      return hello({ name: word(12), device: word(12), token: word(60), after: chance(2 ** 31) });
    case 2:
      return packet(PING);
    case 3:
      return packet(RECVACK, number(chance(2 ** 31), 8));
    case 4:
      return chance(10) === 0 ? packet(DISCONNECT, `\0${word(12)}`) : packet(PING);
    case 5:
      return send(chance(2 ** 31), chance(20) === 0 ? "x".repeat(chance(MAX_LINE + 200)) : "张三");
    default:
      return send(chance(2 ** 31), word(80));
  }
}

function some(chance: Random, most: number, below: number): number[] {
  return Array.from({ length: chance(most) }, () => chance(below));
}
