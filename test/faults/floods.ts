/** More than can be delivered, as fast as a socket takes it. */
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { listed, told } from "../harness/wire.ts";
import { type Fault, meanwhile, type Pair, present, wrap } from "./fault.ts";

const FLOOD = 100_000;

export const floods: readonly Fault[] = [
  {
    id: "floods/100000-flat-out",
    since: "v01",
    alone: true,
    how: "slowed",
    memory: 120,
    slow: true,
    run: flatOut,
  },
  wrap("floods/40-megabytes", "v02/flooder-is-slowed", { how: "slowed", memory: 150, slow: true }),
  {
    id: "floods/all-at-once",
    since: "v01",
    alone: true,
    how: "slowed",
    memory: 150,
    slow: true,
    run: allAtOnce,
  },
  {
    id: "floods/empty-lines",
    since: "v01",
    alone: true,
    how: "ignored",
    memory: 60,
    async run(server, [bob]) {
      const [alice] = await server.join();
      void alice.write("\n\r\n".repeat(FLOOD * 2.5));
      for (let i = 0; i < 20; i++) await bob.sync();
      await alice.hears();
      await bob.hears();
    },
  },
  wrap("floods/5000-questions", "v04/who-pipelined", {
    pair: "after",
    how: "answered",
    memory: 90,
    slow: true,
  }),
  {
    id: "floods/everybody-asks",
    since: "v04",
    alone: true,
    how: "answered",
    memory: 250,
    slow: true,
    run: everybodyAsks,
  },
  {
    id: "floods/to-oneself",
    since: "v06",
    alone: true,
    how: "slowed",
    memory: 120,
    slow: true,
    run: toOneself,
  },
  wrap("floods/nine-at-one", "v06/private-flood-at-a-reader", {
    how: "slowed",
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
  const users = await present(server, 50);
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
  const users = await present(server, 50);
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
