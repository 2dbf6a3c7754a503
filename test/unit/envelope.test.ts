/** Envelopes: what one node seals another opens as it was; anything else is none. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v16-cluster/envelope.ts");
type Envelope = Parameters<Module["seal"]>[0];
type Event = Envelope["events"][number];

const SECRET = Buffer.alloc(32, "s");

const integer = fc.maxSafeInteger();
const random = fc.stringMatching(/^[\w-]{8,32}$/);
const node = fc.stringMatching(/^[\w.:-]{1,64}$/);
const addr = fc.oneof(
  fc.tuple(fc.ipV4(), fc.nat(65_535)).map(([ip, port]) => `${ip}:${port}`),
  fc.constantFrom("::1:80", "fe80::1%eth0:8888", "::ffff:127.0.0.1:1"),
);
const name = fc.constantFrom("", "al", "张三", "Straße", "👋", "~x~", "x".repeat(32));
const text = fc
  .oneof(
    fc.string({ unit: "binary", maxLength: 60 }), // no halves of a surrogate pair
    fc.constantFrom('"\\', "👋", "x".repeat(4096), "\ufffd".repeat(4096), "a|b: c", " ", "[a]b:c"),
  )
  .map((each) => each.replace(/\p{Cc}/gu, "") || "x");

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant("on"), id: integer, addr, name, isProved: fc.boolean() }),
  fc.record({ kind: fc.constant("name"), id: integer, name }),
  fc.record({ kind: fc.constant("say"), id: integer, text }),
  fc.record({ kind: fc.constant("tell"), id: integer, node, to: integer, text }),
  fc.record({ kind: fc.constant("off"), id: integer }),
  fc.record({ kind: fc.constant("state"), answers: fc.array(random, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant("whole") }),
) as fc.Arbitrary<Event>;

const envelope: fc.Arbitrary<Envelope> = fc.record({
  node,
  run: random,
  seq: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  asks: fc.array(fc.record({ node, random }), { maxLength: 3 }),
  events: fc.array(event, { maxLength: 5 }),
});

/** A right one of each kind; in those that are wrong, one field is another. */
const RIGHT = { node: "b", run: "a-run-of-b", seq: 1, asks: [], events: [] };
const ASK = { node: "a", random: "drawn-by-b" };
const EVENTS: readonly Event[] = [
  { kind: "on", id: 1, addr: "127.0.0.1:1", name: "", isProved: false },
  { kind: "name", id: 1, name: "al" },
  { kind: "say", id: 1, text: "hi" },
  { kind: "tell", id: 1, node: "a", to: 2, text: "psst" },
  { kind: "off", id: 1 },
  { kind: "state", answers: ["drawn-by-a"] },
  { kind: "whole" },
];

const NO_ID = ["1", null, 0.5, 2 ** 53, -(2 ** 53), {}, undefined];
const NO_NODE = ["", "a b", "a\n", "ä", "x".repeat(65), 7, null, ["b"], undefined];
const NO_RANDOM = ["", "short", "x".repeat(33), "not a word", 12_345_678, null, undefined];
const NO_TEXT = ["", "two\nlines", "\u001b[2J", "\u0085", "你".repeat(4097), "x".repeat(12_289), 7];
const NO_NAME = ["a b", "a:b", "[a]", "a|b", "\u200b", "x".repeat(33), "two\nlines", 7, undefined];
const NO_ADDR = ["", "a b", "1.2.3.4:5]x:hi", "1.2.3.4:5\n", "x".repeat(81), 7, undefined];
const NO_LIST = [undefined, null, "x", {}, 7];

const WRONG_ENVELOPES: Readonly<Record<string, readonly unknown[]>> = {
  node: NO_NODE,
  run: NO_RANDOM,
  seq: [...NO_ID, 0, -1],
  asks: [...NO_LIST, [null], [["a", "drawn-by-b"]]],
  events: [...NO_LIST, [null], ["whole"], [[]], [{}]],
};
const WRONG_EVENTS: Readonly<Record<string, readonly unknown[]>> = {
  kind: ["", "nothing", "toString", 7, null, undefined],
  id: NO_ID,
  addr: NO_ADDR,
  name: NO_NAME,
  isProved: [0, "false", null, undefined],
  text: [...NO_TEXT, undefined],
  node: NO_NODE,
  to: NO_ID,
  answers: [...NO_LIST, ...NO_RANDOM.map((each) => [each])],
};

/** Each of its fields, with each value that it must not have. */
function* wrongOf(right: object, wrong: Readonly<Record<string, readonly unknown[]>>) {
  for (const field of Object.keys(right))
    for (const value of wrong[field] ?? []) yield { ...right, [field]: value };
}

const bytesOf = (it: unknown) => Buffer.from(JSON.stringify(it));

function signed(body: Buffer, key = SECRET): Buffer {
  const mac = createHmac("sha256", key).update(body).digest("base64url");
  return Buffer.concat([Buffer.from(`${mac}\n`), body]);
}

describe.each(variants("envelope.ts"))("$id", async ({ url }) => {
  const { isNode, MAX_ENVELOPE, open, seal }: Module = await import(url);

  test("what is sealed opens as it was, with a secret and without", () => {
    fc.assert(
      fc.property(envelope, fc.constantFrom(undefined, SECRET), (it, secret) => {
        expect(open(seal(it, secret), secret)).toEqual(it);
      }),
    );
  });

  test("the right ones that the wrong ones are made of do open", () => {
    const all = { ...RIGHT, asks: [ASK], events: EVENTS };
    expect(open(bytesOf(all))).toEqual(all);
  });

  test("with one field wrong it is none", () => {
    const all = [
      ...wrongOf(RIGHT, WRONG_ENVELOPES),
      ...[...wrongOf(ASK, WRONG_EVENTS), ...wrongOf(ASK, { random: NO_RANDOM })].map((ask) => ({
        ...RIGHT,
        asks: [ASK, ask],
      })),
      ...EVENTS.flatMap((event) => [...wrongOf(event, WRONG_EVENTS)]).map((event) => ({
        ...RIGHT,
        events: [...EVENTS, event],
      })),
    ];
    expect(all.length).toBeGreaterThan(150);
    const taken = all.filter((each) => open(bytesOf(each)) !== undefined);
    expect(taken.map((each) => JSON.stringify(each))).toEqual([]);
  });

  test("any bytes at all do no harm", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((each) => Buffer.from(each)),
      fc.json().map((each) => Buffer.from(each)),
      fc.anything().map((each) => Buffer.from(JSON.stringify({ ...RIGHT, events: [each] }) ?? "")),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom(undefined, SECRET), (each, secret) => {
        expect(open(each, secret)).toBeUndefined();
      }),
    );
    expect(open(Buffer.from("[".repeat(MAX_ENVELOPE)))).toBeUndefined();
  });

  test("with a secret, only what was signed with it opens", () => {
    const body = bytesOf(RIGHT);
    const good = signed(body);
    expect(open(good, SECRET)).toEqual(RIGHT);
    const end = good.indexOf("\n");
    const bad = [
      body,
      Buffer.concat([Buffer.from("\n"), body]),
      signed(body, Buffer.alloc(32, "t")),
      Buffer.concat([good.subarray(0, end - 1), good.subarray(end)]),
      Buffer.concat([good.subarray(0, end), Buffer.from("="), good.subarray(end)]),
      Buffer.concat([good.subarray(0, end + 1), bytesOf({ ...RIGHT, seq: 2 })]),
      signed(good),
    ];
    for (const each of bad) expect(open(each, SECRET), each.toString()).toBeUndefined();
    for (const at of good.keys()) {
      const flipped = Buffer.from(good);
      flipped[at] = (flipped[at] as number) ^ 1;
      expect(open(flipped, SECRET), `byte ${at}`).toBeUndefined();
    }
  });

  test("one that is too long is none, whatever is in it", () => {
    const of = (length: number) => {
      const bare = bytesOf(RIGHT).length;
      return Buffer.concat([Buffer.alloc(length - bare, " "), bytesOf(RIGHT)]);
    };
    expect(open(of(MAX_ENVELOPE))).toEqual(RIGHT);
    expect(open(of(MAX_ENVELOPE + 1))).toBeUndefined();
  });

  test("names of nodes", () => {
    for (const good of ["a", "host.example:8888", "A-1_b", "x".repeat(64)])
      expect(isNode(good), good).toBe(true);
    for (const bad of NO_NODE) expect(isNode(bad), `${bad}`).toBe(false);
  });
});
