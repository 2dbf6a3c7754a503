/** Bytes that are no UTF-8, and characters that are made to deceive a terminal or a reader. */
import type { Client } from "../harness/client.ts";
import type { Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { invalidName, listed, MAX_LINE } from "../harness/wire.ts";
import { type Fault, wrap } from "./fault.ts";

export const encoding: readonly Fault[] = [
  {
    id: "encoding/not-utf8",
    title: "bytes that are no UTF-8",
    since: "v01",
    how: "replaced",
    does: "Its lines hold bytes that no text in UTF-8 holds: a newline written in two bytes (`C0 8A`, “overlong”), a slash in three, halves of surrogates, a number above U+10FFFF, `FE` and `FF`, a lone continuation.",
    breaks:
      "A strict decoder throws, and the exception ends the process; a lax one reads the overlong newline as a newline, behind which anything may stand: a line in somebody else's name.",
    ours: "Lines are cut at the byte `0A`, before they are decoded; whatever is no UTF-8 becomes `�`.",
    where: ["lines.ts decode", "lines.ts NEWLINE"],
    memory: 40,
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
    title: "a character that its newline cuts off",
    since: "v01",
    how: "replaced",
    does: "A line ends after the first or second byte of a character of three or four.",
    breaks:
      "A decoder that is fed with the stream still waits for the rest of the character: it swallows the newline, or the beginning of the next line.",
    ours: "Each line is decoded by itself: half a character becomes `�`, and the newline stays one.",
    where: ["lines.ts decode"],
    memory: 40,
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
    title: "GBK from a Windows console",
    since: "v01",
    how: "replaced",
    does: "It sends `你好` in GBK, as a Chinese Windows does with code page 936.",
    breaks:
      "A strict decoder throws; one that guesses shows one user something else than the other.",
    ours: "Those bytes are no UTF-8, so others read `�`. The line is a line all the same.",
    where: ["lines.ts decode"],
    memory: 40,
    async run(server) {
      const [alice] = await server.join();
      alice.write(Uint8Array.of(0xc4, 0xe3, 0xba, 0xc3, 0x0d, 0x0a));
      const heard = await own(server, alice);
      check(/^\u{fffd}+$/u.test(heard), `it is heard as "${heard}"`);
    },
  },
  {
    id: "encoding/utf-16",
    title: "UTF-16, with a byte order mark",
    since: "v01",
    how: "stripped",
    does: "It sends `hi` and `who` in UTF-16, as some Windows tools do: after each letter there is a NUL, and before all of them `FF FE`.",
    breaks:
      "A NUL ends the string for whatever is written in C, so what others see depends on their client; a strict decoder throws at the mark.",
    ours: "The mark becomes `�`, the NULs are control characters and go. The newline's own NUL begins the next line, and goes too: so the second line is `who`.",
    where: ["lines.ts decode"],
    memory: 40,
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
    title: "a byte order mark before the first word",
    since: "v01",
    how: "said",
    does: "A file that some editor has saved “with BOM” is piped in: its first line is U+FEFF and `who`.",
    breaks:
      "Some decoders take the mark away, and some only at the beginning of the stream. So the same line is a command for one client and text for another.",
    ours: "It is a character like any other, so this is not `who`, letter for letter: it is said. In a name it may not stand (v05).",
    where: ["lines.ts decode"],
    memory: 40,
    async run(server) {
      const [alice] = await server.join();
      for (let i = 0; i < 2; i++) {
        alice.send("\u{feff}who");
        await alice.expect(server.echo(alice, "\u{feff}who"));
      }
      if (server.chapter < "v05") return;
      alice.send("rename|\u{feff}al");
      await alice.expect(invalidName);
    },
  },
  wrap("v01/control-characters", {
    id: "encoding/nul-esc-c1",
    title: "NUL, ESC and C1",
    how: "stripped",
    does: "Its line holds what a terminal obeys: ESC (clear the screen, change the title, fill the clipboard), BEL, `\\r`, NUL, and from C1 U+009B, which is ESC and `[` in one.",
    breaks:
      "It is passed on as it is, and one user draws on the screens of all others: a faked line, an empty screen. Whoever only looks for ESC forgets C1.",
    ours: "All of Unicode's class Cc is taken out of each line, before anybody looks at what it says.",
    where: ["lines.ts decode"],
    memory: 40,
  }),
  {
    id: "encoding/line-separators",
    title: "line ends that are none: U+2028, U+2029, NEL, VT, FF",
    since: "v01",
    how: "said",
    does: "It sends characters that Unicode, or some library, takes for an end of line, and behind them what looks like another user's line.",
    breaks:
      "Node's own `readline` ends a line at U+2028 and U+2029. Python's `splitlines` knows eight more. So what stands behind it is a line of its own: a command, or a forgery.",
    ours: "The byte `0A` ends a line and nothing else does. NEL, VT and FF are control characters and go; U+2028 and U+2029 stay, inside their line.",
    where: ["lines.ts NEWLINE"],
    memory: 40,
    async run(server, [bob]) {
      const [alice] = await server.join();
      const forged = `[${bob.addr}]${bob.addr}:I resign`;
      for (const [end, left] of SEPARATORS) {
        alice.send(`a${end}who${end}${forged}`);
        await alice.expect(server.echo(alice, `a${left}who${left}${forged}`));
      }
      await alice.hears();
    },
  },
  {
    id: "encoding/bidi-marks",
    title: "marks that turn the direction of writing",
    since: "v01",
    how: "said",
    does: "It sends U+202E, behind which a terminal may show everything from right to left, and its relatives; from v05 on it also wants a name with one.",
    breaks:
      "As a part of a name, the mark turns the whole line round: `[address]name` stands somewhere else, and one user looks like another.",
    ours: "In a text they are let through: Arabic and Hebrew need them, and the frame stands before the text. In a name they are refused, like everything that cannot be seen.",
    where: ["lines.ts decode"],
    memory: 40,
    async run(server) {
      const [alice] = await server.join();
      for (const mark of BIDI) {
        alice.send(`a${mark}b`);
        await alice.expect(server.echo(alice, `a${mark}b`));
        if (server.chapter < "v05") continue;
        alice.send(`rename|al${mark}`);
        await alice.expect(invalidName);
      }
    },
  },
  {
    id: "encoding/one-letter-of-4096-bytes",
    title: "one letter with two thousand accents",
    since: "v01",
    how: "said",
    does: "It sends a single letter with so many combining accents that it fills the line, and from v05 on wants such a name.",
    breaks:
      "Who counts or cuts by what a reader takes for one character finds one: the limit of a name does not hold, and a table is drawn over the whole screen.",
    ours: "A line is measured in bytes, a name in code points: the line is said, the name is refused.",
    where: ["lines.ts MAX_LINE"],
    memory: 40,
    async run(server) {
      const [alice] = await server.join();
      const line = `e${"\u{301}".repeat((MAX_LINE - 1) / 2)}`;
      alice.send(line);
      await alice.expect(server.echo(alice, line));
      if (server.chapter < "v05") return;
      alice.send(`rename|e${"\u{301}".repeat(40)}`);
      await alice.expect(invalidName);
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

/** The next line that comes back to its sender, less its frame. */
async function own(server: Server, client: Client): Promise<string> {
  const frame = server.echo(client, "");
  const line = await client.next();
  check(line.startsWith(frame), `heard "${line}"`);
  return line.slice(frame.length);
}
