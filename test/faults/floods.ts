/** More than can be delivered, as fast as a socket takes it. */
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { listed, told } from "../harness/wire.ts";
import { crowd, type Fault, meanwhile, type Pair, wrap } from "./fault.ts";

const FLOOD = 100_000;

export const floods: readonly Fault[] = [
  {
    id: "floods/100000-flat-out",
    title: "100,000 messages flat out",
    since: "v01",
    alone: true,
    how: "slowed",
    does: "It writes 100,000 lines without waiting for anything. Two others go on saying a token each, and the next when the last has come back.",
    breaks:
      "All that has arrived is dealt with before anybody else gets a turn, and all of it is kept in memory meanwhile: the others wait for the end of the flood.",
    ours: "The room's queue has a bound. Whoever says something waits until there is room, so the flooder's socket is read more slowly, and the others' lines come in between.",
    where: ["server.ts handle"],
    memory: 120,
    slow: true,
    run: flatOut,
  },
  wrap("v02/flooder-is-slowed", {
    id: "floods/40-megabytes",
    title: "40 MB of chat in one go",
    how: "slowed",
    does: "It says 40,000 lines of 1 KB at once; another reads along.",
    breaks:
      "Each line is written to each user at once, and what they cannot take yet is kept: 40 MB a user. Or there is a limit for what is kept, and readers who did nothing wrong are cut off, since a burst comes faster than anybody reads.",
    ours: "The room's queue holds a sixteenth of an outbox, so no burst fills an outbox, however fast it comes; the flooder waits.",
    where: ["room.ts QUEUE_BYTES", "channel.ts send"],
    memory: 150,
    slow: true,
  }),
  {
    id: "floods/all-at-once",
    title: "fifty flood at the same time",
    since: "v01",
    alone: true,
    how: "slowed",
    does: "Fifty users say 200 lines each, all at once; all of them read.",
    breaks:
      "10,000 lines for fifty users are half a million writes, if each line is written to each user by itself; and each user may hear the lines in another order.",
    ours: "One broadcaster puts them in one order, and hands each outbox one block a burst.",
    where: ["server.ts handle"],
    memory: 150,
    slow: true,
    run: allAtOnce,
  },
  {
    id: "floods/empty-lines",
    title: "half a million empty lines",
    since: "v01",
    alone: true,
    how: "ignored",
    does: "It sends 500,000 newlines, every other one as `\\r\\n`.",
    breaks:
      "Everybody hears 500,000 empty messages; or each of them makes a timer (v07) that lives for minutes.",
    ours: "An empty line is nothing. It costs a look, and from v07 on it sets one timer back.",
    where: ["lines.ts readLines"],
    memory: 60,
    async run(server, [bob]) {
      const [alice] = await server.join();
      void alice.write("\n\r\n".repeat(FLOOD * 2.5));
      for (let i = 0; i < 20; i++) await bob.sync();
      await alice.hears();
      await bob.hears();
    },
  },
  wrap("v04/who-pipelined", {
    id: "floods/5000-questions",
    title: "5,000 questions in one packet",
    pair: "after",
    how: "answered",
    does: "In a room of twenty, it sends `who` 5,000 times at once, and reads.",
    breaks:
      "100,000 lines of answer at once are more than the bound of its queue, so somebody who does read is cut off.",
    ours: "The next question is read when half of the outbox is free. All are answered.",
    where: ["connection.ts halfEmpty"],
    memory: 90,
    slow: true,
  }),
  {
    id: "floods/everybody-asks",
    title: "fifty ask who is there, all at once",
    since: "v04",
    alone: true,
    how: "answered",
    does: "Fifty users send `who` 500 times each, in the same moment: 100 KB of questions, 1.3 million lines of answers.",
    breaks:
      "An answer that grows with the room, times askers that grow with the room: the server is busy with itself, or its memory is full.",
    ours: "Each list is one string and one entry in the asker's outbox, and each asker waits for its own answers.",
    where: ["user.ts who", "connection.ts halfEmpty"],
    memory: 250,
    slow: true,
    run: everybodyAsks,
  },
  {
    id: "floods/to-oneself",
    title: "a flood of private messages to oneself",
    since: "v06",
    alone: true,
    how: "slowed",
    does: "It writes itself 20 MB of private messages, first reading, and then once more without reading. In the end it reads.",
    breaks:
      "What one says in private goes round the room's queue and so round its limits: straight into a memory without a bound.",
    ours: "A private message takes its turn in the same queue. Whoever does not take its own messages is not read from, so it holds up itself, and loses nothing.",
    where: ["room.ts tell", "connection.ts halfEmpty"],
    memory: 120,
    slow: true,
    run: toOneself,
  },
  wrap("v06/private-flood-at-a-reader", {
    id: "floods/nine-at-one",
    title: "nine flood one in private",
    how: "slowed",
    does: "Nine users write 2,000 private messages each to a tenth, who reads.",
    breaks:
      "Its outbox fills faster than it can read, and the victim is cut off for what others do.",
    ours: "All nine wait for the one queue, which is smaller than its outbox. It reads all 18,000.",
    where: ["room.ts QUEUE_BYTES", "room.ts tell"],
    memory: 90,
    slow: true,
  }),
];

async function flatOut(server: Server, pair: Pair): Promise<void> {
  const [alice] = await server.join();
  const lines = Array.from({ length: FLOOD }, (_, i) => `${i}`);
  void alice.write(`${lines.join("\n")}\n`);
  const own = alice.sync();
  const { tokens, heard } = await meanwhile(pair, own);
  const expected = lines.map((line) => server.echo(alice, line));
  same(await own, expected, "alice");
  if (server.chapter !== "v01") {
    for (const each of heard) same(each.slice(1), expected, "a bystander"); // less her online
  }
  const least = server.chapter === "v01" ? 2 : 8; // v01 deals with a whole chunk in one turn
  check(tokens >= least, `only ${tokens} tokens of the others came back before the flood was over`);
}

async function allAtOnce(server: Server, [bob]: Pair): Promise<void> {
  const users = await crowd(server, 50);
  for (const user of users) await user.sync();
  for (const user of users) await user.sync(); // by now each has heard of all
  await bob.sync();
  for (const user of users) {
    void user.write(Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join(""));
  }
  const heard = new Map([bob, ...users].map((user) => [user, [] as string[]]));
  for (const round of [heard, heard])
    for (const [user, lines] of round) lines.push(...(await user.sync()));
  const [first = [], ...others] = heard.values();
  for (const user of users) {
    const lines = server.chapter === "v01" ? (heard.get(user) ?? []) : first;
    const own = server.echo(user, "");
    same(
      lines.filter((line) => line.startsWith(own)),
      Array.from({ length: 200 }, (_, i) => `${own}line ${i}`),
      `what ${user.addr} said`,
    );
  }
  if (server.chapter === "v01") return;
  for (const lines of others) same(lines, first, "two users heard the room differently");
}

async function everybodyAsks(server: Server, [bob]: Pair): Promise<void> {
  const users = await crowd(server, 50);
  for (const user of users) await user.sync();
  for (const user of users) await user.sync(); // by now each has heard of all
  await bob.sync();
  for (const user of users) void user.write("who\n".repeat(500));
  for (let i = 0; i < 20; i++) await bob.sync();
  for (const user of users) {
    const heard = await user.sync();
    const lists = heard.filter((line) => line === listed(user)).length;
    check(lists === 500 && heard.length === 500 * 52, `${lists} lists, ${heard.length} lines`);
  }
}

async function toOneself(server: Server, pair: Pair): Promise<void> {
  const [alice] = await server.join();
  const texts = Array.from({ length: 20_000 }, (_, i) => `${i} ${"x".repeat(1000)}`);
  const packet = texts.map((text) => `to|${alice.addr}|${text}\n`).join("");
  const expected = texts.map((text) => told(alice, text));
  void alice.write(packet);
  const own = alice.sync();
  await meanwhile(pair, own);
  same(await own, expected, "alice, who reads");
  alice.stall();
  void alice.write(packet); // more than the operating system takes on the way
  for (let i = 0; i < 200; i++) await pair[0].sync();
  alice.read();
  same(await alice.sync(), expected, "alice, who reads at last");
  for (const user of pair) same(await user.sync(), [], user.transcript.who);
}
