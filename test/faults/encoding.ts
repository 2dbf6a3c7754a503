/** Bytes that are no UTF-8, and characters that are made to deceive a terminal or a reader. */
import type { Client } from "../harness/client.ts";
import type { Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { invalidName, listed, MAX_LINE } from "../harness/wire.ts";
import { type Fault, wrap } from "./fault.ts";

export const encoding: readonly Fault[] = [
  {
    id: "encoding/not-utf8",
    since: "v01",
    how: "replaced",
    async run(server) {
      const [alice] = await server.join();
      for (const bytes of NO_UTF8) {
        alice.write(Uint8Array.of(0x61, ...bytes, 0x62, 0x0a));
        const heard = await own(server, alice);
        const shown = Buffer.from(bytes).toString("hex");
        check(/^a\u{fffd}+b$/u.test(heard), `${shown} is heard as "${heard}"`);
      }
    },
  },
  {
    id: "encoding/cut-off-character",
    since: "v01",
    how: "replaced",
    async run(server) {
      const [alice] = await server.join();
      for (const cut of [[0xe4], [0xe4, 0xbd], [0xf0, 0x9f], [0xf0, 0x9f, 0x91], [0xc3]]) {
        alice.write(Uint8Array.of(0x61, ...cut, 0x0a, 0x62, 0x0a));
        const [first, second] = [await own(server, alice), await own(server, alice)];
        check(/^a\u{fffd}+$/u.test(first), `half a character is heard as "${first}"`);
        check(second === "b", `the line after it is heard as "${second}"`);
      }
    },
  },
  {
    id: "encoding/gbk",
    since: "v01",
    how: "replaced",
    async run(server) {
      const [alice] = await server.join();
      alice.write(Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3, 0x0d, 0x0a));
      const heard = await own(server, alice);
      check(/^\u{fffd}+$/u.test(heard), `it is heard as "${heard}"`);
    },
  },
  {
    id: "encoding/utf-16",
    since: "v01",
    how: "stripped",
    async run(server, [bob]) {
      const [alice] = await server.join();
      alice.write(Buffer.from("\u{feff}hi\nwho\n", "utf16le"));
      const heard = await alice.sync(); // an answer may come before what was said
      const hi = `${server.echo(alice, "")}\u{fffd}\u{fffd}hi`;
      check(heard.includes(hi), `the first line is not ��hi: ${heard.join(", ")}`);
      const who = server.chapter < "v04" ? server.echo(alice, "who") : listed(bob);
      check(heard.includes(who), `the second line is not who: ${heard.join(", ")}`);
    },
  },
  {
    id: "encoding/byte-order-mark",
    since: "v01",
    how: "said",
    async run(server) {
      const [alice] = await server.join();
      for (let i = 0; i < 2; i++) {
        await comesBack(server, alice, "\u{feff}who");
      }
      await isNoName(server, alice, `\u{feff}al`);
    },
  },
  wrap("encoding/nul-esc-c1", "v01/control-characters", { how: "stripped" }),
  {
    id: "encoding/line-separators",
    since: "v01",
    how: "said",
    async run(server, [bob]) {
      const [alice] = await server.join();
      const forged = `[${bob.addr}]${bob.addr}:I resign`;
      for (const [end, left] of SEPARATORS) {
        await comesBack(server, alice, `a${end}who${end}${forged}`, `a${left}who${left}${forged}`);
      }
      await alice.hears();
    },
  },
  {
    id: "encoding/bidi-marks",
    since: "v01",
    how: "said",
    async run(server) {
      const [alice] = await server.join();
      for (const mark of BIDI) {
        await comesBack(server, alice, `a${mark}b`);
        await isNoName(server, alice, `al${mark}`);
      }
    },
  },
  {
    id: "encoding/one-letter-of-4096-bytes",
    since: "v01",
    how: "said",
    async run(server) {
      const [alice] = await server.join();
      const line = `e${"\u{301}".repeat((MAX_LINE - 1) / 2)}`;
      await comesBack(server, alice, line);
      await isNoName(server, alice, `e${"\u{301}".repeat(40)}`);
    },
  },
];

const NO_UTF8 = [
  [0xc0, 0x80], // NUL in two bytes
  [0xc0, 0x8a], // a newline in two
  [0xe0, 0x80, 0x8a],
  [0xf0, 0x80, 0x80, 0x8a],
  [0xe0, 0x80, 0xaf], // a slash in three
  [0xed, 0xa0, 0x80], // half of a surrogate pair
  [0xed, 0xa0, 0xbd, 0xed, 0xb1, 0x8b], // both, as CESU-8 writes 👋
  [0xf4, 0x90, 0x80, 0x80], // above U+10FFFF
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0x80],
  [0xbf, 0xbf],
  [0xfe],
  [0xff, 0xff],
];

/** What is sent, and what is left of it. */
const SEPARATORS = [
  ["\u{2028}", "\u{2028}"],
  ["\u{2029}", "\u{2029}"],
  ["\u{85}", ""],
  ["\v", ""],
  ["\f", ""],
  ["\u{1c}", ""],
  ["\r", ""],
] as const;

const BIDI = ["\u{202e}", "\u{202d}", "\u{2066}", "\u{2067}", "\u{200f}", "\u{200e}", "\u{61c}"];

/** It is said, and so it comes back. */
async function comesBack(server: Server, client: Client, text: string, left = text): Promise<void> {
  client.send(text);
  await client.expect(server.echo(client, left));
}

/** What is no name is refused, from v05 on. */
async function isNoName(server: Server, client: Client, name: string): Promise<void> {
  if (server.chapter < "v05") return;
  client.send(`rename|${name}`);
  await client.expect(invalidName);
}

/** The next line that comes back to its sender, less its frame. */
async function own(server: Server, client: Client): Promise<string> {
  const frame = server.echo(client, "");
  const line = await client.next();
  check(line.startsWith(frame), `heard "${line}"`);
  return line.slice(frame.length);
}
