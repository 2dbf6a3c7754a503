/** Lines that were good once: the same seed gives the same ones. */

import type { Random } from "../harness/random.ts";

const GOOD = [
  "who",
  "who online",
  "rename|alice",
  "rename|张三",
  "rename|al",
  "to|alice|hi",
  "to|al|hi|there",
  "to|张三|👋",
  "quit",
  "hello, all of you",
  "你好，世界",
  "",
];

/** What parsers trip over. */
const SPLINTERS = [
  ..."| || : [ ] , \t \r \0 to| rename| who quit \u{1b}[2J \u{feff} \u{200d} \u{202e} \u{2028} é ﷺ ß".split(
    " ",
  ),
  " ",
  "-1",
  "%s%n",
  "$(id)",
  "__proto__",
  "x".repeat(5000),
].map((text) => Buffer.from(text));

/** One line without its newline, in bytes. It may hold anything but a newline. */
export function mutant(random: Random): Buffer {
  const pick = <T>(from: readonly T[]) => from[random(from.length)] as T;
  let line = Buffer.from(pick(GOOD));
  for (let changes = random(5); changes > 0; changes--) {
    const at = random(line.length + 1);
    const to = at + random(line.length - at + 1);
    const [before, middle, after] = [
      line.subarray(0, at),
      line.subarray(at, to),
      line.subarray(to),
    ];
    const inserted = pick([
      Buffer.alloc(0), // the middle is gone
      Buffer.concat([middle, middle]),
      Buffer.concat([middle, pick(SPLINTERS)]),
      Buffer.from(middle.map((byte) => byte ^ (1 << random(8)))),
      Buffer.concat([middle, Buffer.from(pick(GOOD))]),
      Buffer.from(Array.from({ length: random(8) }, () => random(256))),
    ]);
    line = Buffer.concat([before, inserted, after]);
  }
  return Buffer.from(line.map((byte) => (byte === 0x0a ? 0x0b : byte)));
}

/** The same bytes in pieces. */
export function pieces(bytes: Buffer, random: Random): Buffer[] {
  const all: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random(2000);
    all.push(bytes.subarray(at, at + size));
    at += size;
  }
  return all;
}
