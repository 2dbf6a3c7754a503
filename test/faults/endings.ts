/** A connection has two directions, and each of them can end well, badly, or not at all. */
import { chatUntil } from "../cases/v02.ts";
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { bye, listed, offline, online, said } from "../harness/wire.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

export const endings: readonly Fault[] = [
  {
    id: "endings/2000-commands-then-half-close",
    title: "2,000 commands, and then it ends its side",
    since: "v01",
    how: "answered",
    does: "It sends 2,000 commands at once and half-closes, as `… | nc -N` does: it has said all, and waits for the answers.",
    breaks:
      "The end of its side is taken for the end of everything. Node's default is just that: the socket is closed at the client's FIN, and the answers are lost.",
    ours: "The reading ends, and the user leaves; what is owed to it is still written, all 2,000 answers, and then comes the server's own end.",
    where: ["server.ts allowHalfOpen", "lines.ts destroyOnReturn"],
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
  wrap("v01/half-close", {
    id: "endings/last-line-without-newline",
    title: "a last line without a newline, and the end of its side",
    how: "said",
    does: "It sends `one`, a newline, `last`, and ends its side.",
    breaks:
      "What has no newline yet is thrown away with the connection: the last line of a file is lost.",
    ours: "An end in good order ends the line, too. After a reset, what was cut short is not a line.",
    where: ["lines.ts readLines", "server.ts allowHalfOpen"],
    memory: 40,
  }),
  {
    id: "endings/half-close-without-a-word",
    title: "200 end their side without a word",
    since: "v01",
    how: "ended",
    does: "200 clients connect and end their side at once, and keep the other one open for the answer.",
    breaks:
      "No data ever comes, and it is the data that the server waits for: the end is not noticed, and the connection stays for ever, half open.",
    ours: "The end of the lines is the end of the loop: the user leaves, and the server ends its side, too.",
    where: ["server.ts handle"],
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
  wrap("v02/reset-mid-line", {
    id: "endings/reset-mid-line",
    title: "a reset in the middle of a line",
    how: "forgotten",
    does: "Twenty times, it sends half a line and resets.",
    breaks:
      "The half line is said, since the connection has “ended”; or the reset is an error that nobody listens for, and the process ends.",
    ours: "What a reset cuts short is not a line. The others hear `offline`.",
    where: ["lines.ts catch", "connection.ts error"],
    memory: 40,
  }),
  wrap("v02/half-close-then-reset", {
    id: "endings/reset-in-a-write",
    title: "a reset while the server writes",
    how: "forgotten",
    does: "It does not read, ends its side and then resets, with the server in the middle of a write to it.",
    breaks:
      "The write fails in a task of its own: an error without a listener (`EPIPE`, `ECONNRESET`), or a promise that is rejected and that nobody holds. Either ends the process.",
    ours: "A write's failure is its result, not an exception; the writer sees that the socket is gone, and ends.",
    where: ["lines.ts write", "connection.ts writer"],
    memory: 90,
    slow: true,
  }),
  {
    id: "endings/end-with-data-in-flight",
    title: "it ends with data in flight, both ways",
    since: "v02",
    how: "said, in part",
    does: "A hundred clients send ten lines and close at once, with lines for them still unread: their system sends its FIN, and behind it a reset.",
    breaks:
      "The reset overtakes what was said: half a line is heard, or a line of the ten is missing in the middle; or the user is announced twice, once for each of its two ends.",
    ours: "What has arrived is said, in order, and ends where the reset came. Everybody is announced as offline once.",
    where: ["lines.ts catch", "room.ts leave"],
    memory: 60,
    run: inFlight,
  },
  {
    id: "endings/keeps-its-side-open",
    title: "fifty say goodbye and stay on the line",
    since: "v08",
    how: "cut off in time",
    does: "Fifty clients send `quit`, hear `bye` and the server's end, and never end their own side.",
    breaks:
      "Each side waits for the other to be done: the socket stays half open for as long as the client likes, with its task and its descriptor.",
    ours: "With the goodbye a deadline begins: two seconds later the socket is destroyed, whoever has ended what.",
    where: ["connection.ts LINGER_MS"],
    memory: 60,
    slow: true,
    async run(server, [bob]) {
      const clients = await crowd(server, 50);
      for (const client of clients) await client.sync();
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
