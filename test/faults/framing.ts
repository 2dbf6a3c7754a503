/** Where a line begins and ends is the receiver's business: TCP does not know. */
import type { Server } from "../harness/server.ts";
import { check, escaped } from "../harness/transcript.ts";
import { MAX_LINE, offline, online, said, tooLong } from "../harness/wire.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

export const framing: readonly Fault[] = [
  {
    id: "framing/byte-a-packet",
    title: "a byte a packet",
    since: "v01",
    how: "put together",
    does: "It sends two lines so that every byte is a packet of its own: characters of several bytes, and `\\r\\n`, arrive in pieces.",
    breaks:
      "One read is taken for one message, so there are as many messages as bytes; and a `你` that is decoded in three pieces becomes three `�`.",
    ours: "Bytes are put together until the newline is there, and only then made into text.",
    where: ["lines.ts readLines", "lines.ts decode"],
    memory: 40,
    async run(server, [pacer]) {
      const [alice] = await server.join();
      const bytes = Buffer.from("你好 👋\r\nsecond\n");
      await alice.packets(pacer, ...Array.from(bytes, (byte) => Uint8Array.of(byte)));
      await alice.hears(server.echo(alice, "你好 👋"), server.echo(alice, "second"));
    },
  },
  wrap("v04/who-in-two-packets", {
    id: "framing/command-in-pieces",
    title: "a command cut in two",
    pair: "after",
    how: "put together",
    does: "It sends `wh`, a packet later `o`, and a packet later the newline.",
    breaks: "`wh` is said to everybody, and so is `o`: a secret command would have leaked.",
    ours: "A command is looked for in whole lines only.",
    where: ["lines.ts readLines", "user.ts doMessage"],
    memory: 40,
  }),
  {
    id: "framing/2000-lines-in-one-packet",
    title: "2,000 lines in one packet",
    since: "v01",
    how: "taken apart",
    does: "It writes 2,000 lines at once.",
    breaks:
      "The whole packet is one message with 1,999 line breaks in it; or the last byte is cut off, and the rest of the lines with it.",
    ours: "Each newline ends a line, wherever it stands in a packet; all 2,000 are heard, in order.",
    where: ["lines.ts readLines"],
    memory: 60,
    async run(server, [bob]) {
      const [alice] = await server.join();
      const lines = Array.from({ length: 2000 }, (_, i) => `line ${i}`);
      await alice.write(`${lines.join("\n")}\n`);
      await alice.hears(...lines.map((line) => server.echo(alice, line)));
      const heard = (await bob.sync()).filter((line) => line.startsWith(`[${alice.addr}]`));
      const expected = server.chapter === "v01" ? 0 : lines.length + 1; // its online, too
      check(heard.length === expected, `bob heard ${heard.length} lines of hers, not ${expected}`);
    },
  },
  {
    id: "framing/limit-inside-a-character",
    title: "the limit, less one and plus one, with a character across it",
    since: "v01",
    how: "answered",
    does: "Its lines have 4,095, 4,096 and 4,097 bytes, with `\\n` and with `\\r\\n`, whole and cut in two; their last character is `é`, `龙` or `👋`, of two, three and four bytes.",
    breaks:
      "A limit that counts characters, or the `\\r`, or that cuts at 4,096, is off by one or cuts the last character into pieces.",
    ours: "Bytes are counted, before they are text; 4,096 are said, 4,097 are answered once and dropped.",
    where: ["lines.ts MAX_LINE", "lines.ts TOO_LONG"],
    memory: 40,
    async run(server, [pacer]) {
      const [alice] = await server.join();
      const expect = (bytes: number, line: string) =>
        alice.expect(bytes > MAX_LINE ? tooLong : server.echo(alice, line));
      for (const bytes of [MAX_LINE - 1, MAX_LINE, MAX_LINE + 1]) {
        for (const last of ["é", "龙", "👋"]) {
          const line = "x".repeat(bytes - Buffer.byteLength(last)) + last;
          for (const end of ["\n", "\r\n"]) {
            await alice.write(line + end);
            await expect(bytes, line);
            const cut = Buffer.from(line + end);
            await alice.packets(pacer, cut.subarray(0, bytes - 1), cut.subarray(bytes - 1));
            await expect(bytes, line);
          }
        }
      }
      await alice.hears();
    },
  },
  {
    id: "framing/carriage-return-at-the-limit",
    title: "A carriage return on one side of the cut, at the limit",
    since: "v01",
    how: "answered",
    does: "After 4,096 bytes a packet ends with `\\r`. The next begins with `\\n`; or, once more, with something else.",
    breaks:
      "Whether the `\\r` counts is decided before it is known what follows: a line at the limit is refused, or one over it is let through.",
    ours: "One byte over the limit is waited for if it is a `\\r`, and not one more.",
    where: ["lines.ts RETURN"],
    memory: 40,
    async run(server, [pacer]) {
      const [alice] = await server.join();
      const most = "x".repeat(MAX_LINE);
      await alice.packets(pacer, `${most}\r`, "\n");
      await alice.expect(server.echo(alice, most));
      await alice.packets(pacer, `${most}\r`, "y\n");
      await alice.expect(tooLong);
      await alice.packets(pacer, most, "y", "\n");
      await alice.expect(tooLong);
      await alice.packets(pacer, most, "\r", "\r\n");
      await alice.expect(tooLong);
      await alice.hears();
    },
  },
  {
    id: "framing/carriage-return-only",
    title: "a carriage return and no newline",
    since: "v01",
    how: "put together",
    does: "It ends its lines in `\\r` alone, as very old Macs did, and sends 5,000 of them in a row.",
    breaks:
      "Some line readers take `\\r` for an end, so that others see lines which this user never ended; some print it, and the cursor jumps back over somebody's name.",
    ours: "Only `\\n` ends a line. Every other `\\r` is a control character and is taken out; 5,000 of them are a line too long.",
    where: ["lines.ts NEWLINE", "lines.ts decode"],
    memory: 40,
    async run(server, [pacer]) {
      const [alice] = await server.join();
      await alice.packets(pacer, "one\r", "two\rthree\r", "\n");
      await alice.expect(server.echo(alice, "onetwothree"));
      alice.write(`${"\r".repeat(5000)}\n`);
      await alice.expect(tooLong);
      await alice.hears();
    },
  },
  wrap("v01/endless-line", {
    id: "framing/endless-line",
    title: "a line without an end",
    how: "dropped",
    does: "It sends 128 MiB without a newline.",
    breaks:
      "What came is kept until the newline comes, so memory grows until the process ends. Node's `readline`, and `buffer += chunk`, do just that.",
    ours: "At 4,097 bytes the line is dropped and answered. What follows is thrown away as it comes.",
    where: ["lines.ts readLines", "lines.ts dropping"],
    memory: 96,
  }),
  {
    id: "framing/a-thousand-too-long",
    title: "a thousand lines too long",
    since: "v01",
    how: "answered",
    does: "It sends 1,000 lines of 4,097 to 8,000 bytes and a good one behind them, at full speed.",
    breaks:
      "The rest of a long line is taken for the next line; or the connection is closed at the first, and the good line is lost.",
    ours: "Each is answered once, and the good one is said.",
    where: ["lines.ts TOO_LONG", "lines.ts dropping"],
    memory: 60,
    async run(server) {
      const [alice] = await server.join();
      const sizes = Array.from({ length: 1000 }, (_, i) => MAX_LINE + 1 + ((i * 77) % 3904));
      void alice.write(sizes.map((size) => `${"x".repeat(size)}\n`).join(""));
      await alice.hears(...Array.from({ length: 1000 }, () => tooLong));
      alice.send("good");
      await alice.expect(server.echo(alice, "good"));
    },
  },
  {
    id: "framing/500-half-lines",
    title: "500 half lines held open",
    since: "v01",
    how: "held, bounded",
    does: "500 clients send 4,000 bytes each without a newline, and hold still. Ten of them end their line later; all others reset.",
    breaks:
      "A server that waits for one line to be whole before it looks at the next client serves nobody; one without a limit holds 500 lines that grow.",
    ours: "Every connection has a reader of its own, which holds 4,096 bytes at most. A half line is never said, unless its client ends in good order.",
    where: ["server.ts accept", "lines.ts readLines"],
    memory: 90,
    slow: true,
    run: halfLines,
  },
];

async function halfLines(server: Server, [bob]: Pair): Promise<void> {
  const clients = await crowd(server, 500, { stalled: true });
  if (server.chapter !== "v01") for (const client of clients) await bob.until(online(client));
  const half = "x".repeat(4000);
  await Promise.all(clients.map((client) => client.write(half)));
  for (let i = 0; i < 20; i++) await bob.sync(); // nobody is kept waiting by them
  const [whole, broken] = [clients.slice(0, 10), clients.slice(10)];
  for (const client of whole) client.send(" whole");
  for (const client of broken) void client.reset();
  if (server.chapter === "v01") {
    for (const client of whole) client.read();
    for (const client of whole) await client.expect(`${half} whole`);
    return;
  }
  const awaited = new Set([
    ...whole.map((client) => said(client, `${half} whole`)),
    ...broken.map(offline),
  ]);
  while (awaited.size > 0) {
    const line = await bob.next("the end of all half lines");
    check(awaited.delete(line), `a half line was said: ${escaped(line)}`);
  }
}
