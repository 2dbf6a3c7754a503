/** Where a line begins and ends is the receiver's business: TCP does not know. */
import type { Server } from "../harness/server.ts";
import { check, escaped } from "../harness/transcript.ts";
import { MAX_LINE, offline, online, said, tooLong } from "../harness/wire.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

export const framing: readonly Fault[] = [
  {
    id: "framing/byte-a-packet",
    since: "v01",
    how: "put together",
    async run(server, [pacer]) {
      const [alice] = await server.join();
      const bytes = Buffer.from("你好 👋\r\nsecond\n");
      await alice.packets(pacer, ...Array.from(bytes, (byte) => Uint8Array.of(byte)));
      await alice.hears(server.echo(alice, "你好 👋"), server.echo(alice, "second"));
    },
  },
  wrap("framing/command-in-pieces", "v04/who-in-two-packets", {
    pair: "after",
    how: "put together",
  }),
  {
    id: "framing/2000-lines-in-one-packet",
    since: "v01",
    how: "taken apart",
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
    since: "v01",
    how: "answered",
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
    since: "v01",
    how: "answered",
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
    since: "v01",
    how: "put together",
    async run(server, [pacer]) {
      const [alice] = await server.join();
      await alice.packets(pacer, "one\r", "two\rthree\r", "\n");
      await alice.expect(server.echo(alice, "onetwothree"));
      alice.write(`${"\r".repeat(5000)}\n`);
      await alice.expect(tooLong);
      await alice.hears();
    },
  },
  wrap("framing/endless-line", "v01/endless-line", { how: "dropped", memory: 96 }),
  {
    id: "framing/a-thousand-too-long",
    since: "v01",
    how: "answered",
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
    since: "v01",
    how: "held, within a bound",
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
