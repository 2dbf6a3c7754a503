/** A connection has two directions, and each of them can end well, badly, or not at all. */
import { chatUntil } from "../cases/v02.ts";
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { bye, listed, offline, online, said } from "../harness/wire.ts";
import { crowd, type Fault, type Pair, present, wrap } from "./fault.ts";

export const endings: readonly Fault[] = [
  {
    id: "endings/2000-commands-then-half-close",
    since: "v01",
    how: "answered",
    memory: 60,
    async run(server, pair) {
      const [alice] = await server.join();
      const command = server.chapter < "v04" ? "hello" : "who";
      const everybody = [...pair, alice].map(listed);
      const answer = server.chapter < "v04" ? [server.echo(alice, "hello")] : everybody;
      void alice.write(`${command}\n`.repeat(2000));
      alice.end();
      same(await alice.over(), Array(2000).fill(answer).flat(), "alice");
      check(alice.ended === "end", "the connection was reset, not ended");
    },
  },
  wrap("endings/last-line-without-newline", "v01/half-close", { how: "said" }),
  {
    id: "endings/half-close-without-a-word",
    since: "v01",
    how: "ended",
    memory: 60,
    async run(server) {
      const clients = await crowd(server, 200);
      for (const client of clients) client.end();
      for (const client of clients) {
        const heard = await client.over();
        check(client.ended === "end", `${client.addr} was reset, not ended`);
        if (server.chapter !== "v01") same(heard.slice(0, 1), [online(client)], "the first line");
      }
    },
  },
  wrap("endings/reset-mid-line", "v02/reset-mid-line", { how: "forgotten" }),
  wrap("endings/reset-in-a-write", "v02/half-close-then-reset", {
    how: "forgotten",
    memory: 90,
    slow: true,
  }),
  {
    id: "endings/end-with-data-in-flight",
    since: "v02",
    how: "said, in part",
    memory: 60,
    run: inFlight,
  },
  {
    id: "endings/keeps-its-side-open",
    since: "v08",
    how: "cut off in time",
    memory: 60,
    slow: true,
    async run(server, [bob]) {
      const clients = await present(server, 50);
      for (const client of clients) client.send("quit");
      for (const client of clients) same((await client.over()).slice(-1), [bye], client.addr);
      for (let i = 0; i < 20; i++) await bob.sync();
      await eventually(async () => (await server.vitals()).sockets === 2, "all fifty are cut off");
    },
  },
];

async function inFlight(server: Server, [bob, carol]: Pair): Promise<void> {
  const clients = await crowd(server, 100, { stalled: true });
  for (const client of clients) await bob.until(online(client));
  const lines = Array.from({ length: 10 }, (_, i) => `line ${i}`);
  const close = async (client: Client) => {
    await client.write(`${lines.join("\n")}\n`);
    client.close();
  };
  const chatting = chatUntil(carol, (said) => said >= 160, Number.POSITIVE_INFINITY);
  await Promise.all([chatting, ...clients.map(close)]);
  const missing = new Set(clients.map(offline));
  const heard: string[] = [];
  while (missing.size > 0) {
    const line = await bob.next("offline of all who have closed");
    heard.push(line);
    missing.delete(line);
  }
  for (const line of await bob.sync()) heard.push(line);
  for (const client of clients) ownLines(client, heard, lines);
}

function ownLines(client: Client, heard: readonly string[], lines: readonly string[]): void {
  const own = heard.filter((line) => line.startsWith(`[${client.addr}]`));
  const expected = [
    ...lines.slice(0, own.length - 1).map((line) => said(client, line)),
    offline(client),
  ];
  same(own, expected, `what was heard of ${client.addr}`);
}
