/** What a user costs who says nothing, what it costs to come, and how long a server takes to start. */
import { setTimeout as after } from "node:timers/promises";
import { grouped } from "../count.ts";
import type { Contender } from "./contenders.ts";
import { Counter, type Crowd, User, withCrowd } from "./crowd.ts";
import { ask } from "./history.ts";
import { median, type Results, unique } from "./results.ts";
import { memoryOf, type Server, serving } from "./server.ts";
import { millions, ms, orDash, type Table } from "./tables.ts";

const SHORTEST_ONLINE = "[1.1.1.1:1]1.1.1.1:1:online\n".length;
const SETTLE_MS = 1000;

/** A part of the bench that gives one figure a server; NaN where there is nothing to tell. */
interface Other {
  /** How many users it has for each one under load. */
  readonly crowd: number;
  /** How one reads it, above a column of the table. */
  title(users: number): string;
  measure(contender: Contender, users: number): Promise<number>;
  text(figure: number): string;
  /** Not every round again: it takes long, and is always the same. */
  readonly once?: boolean;
}

export const others: Readonly<Record<string, Other>> = {
  start: {
    crowd: 0,
    title: () => "starts in",
    measure: (contender) => serving(contender, async ({ startMs }) => startMs),
    text: ms,
  },
  join: {
    crowd: 2,
    title: (users) => `${grouped(users)} come, ${millions(heardOfJoining(users))} lines`,
    measure: join,
    text: (seconds) => `${seconds.toFixed(2)} s`,
  },
  idle: {
    crowd: 5,
    title: (users) => `memory a user, ${grouped(users)} idle`,
    measure: idle,
    text: (kib) => `${kib.toFixed(1)} KiB`,
    once: true,
  },
  bare: {
    crowd: 0,
    title: () => "memory at the start",
    measure: (contender) => serving(contender, (server) => settled([server])),
    text: (mib) => `${mib.toFixed(1)} MiB`,
  },
  ask: {
    crowd: 0,
    title: () => "the last 10 lines",
    measure: (contender) => ask(contender, "history|10"),
    text: ms,
  },
  seek: {
    crowd: 0,
    title: () => "10 lines of nobody",
    measure: (contender) => ask(contender, "history|10|nobody"),
    text: ms,
  },
};

export function othersTable(results: Results): Table {
  const columns = Object.entries(others).flatMap(([part, { title, text }]) => {
    const rows = results.others.filter((row) => row.part === part);
    const of = (server: string) => rows.filter((row) => row.server === server);
    const cell = (server: string) => orDash(median(of(server).map(({ figure }) => figure)), text);
    return rows.slice(0, 1).map(({ users }) => ({ title: title(users), cell }));
  });
  return {
    head: ["", ...columns.map(({ title }) => title)],
    rows: unique(results.others.map(({ server }) => server)).map((server) => [
      server,
      ...columns.map(({ cell }) => cell(server)),
    ]),
    notes: [],
  };
}

/** So many come to a chat at once: the seconds until everybody has heard of everybody who came after it, and of itself. */
async function join(contender: Contender, users: number): Promise<number> {
  if (!contender.chat) return Number.NaN;
  return withCrowd(contender, async (crowd) => {
    const start = performance.now();
    await come(crowd, users);
    return (performance.now() - start) / 1000;
  });
}

/** The memory that the server holds for each of so many users, in KiB. */
function idle(contender: Contender, users: number): Promise<number> {
  return withCrowd(contender, async (crowd) => {
    const { nodes } = crowd.site;
    const before = await settled(nodes);
    await come(crowd, users);
    return (((await settled(nodes)) - before) * 1024) / users;
  });
}

/** How many lines are heard in all, when so many come to a chat. */
function heardOfJoining(users: number): number {
  return (users * (users + 1)) / 2;
}

async function come(crowd: Crowd, users: number): Promise<void> {
  const counter = new Counter("\n", SHORTEST_ONLINE);
  await crowd.gather(users, (i) => new User(crowd.place(), counter, i));
  if (!crowd.site.contender.chat) return;
  const all = () => {
    const heard = crowd.users.reduce((sum, user) => sum + user.heard, 0);
    return heard >= heardOfJoining(users); // a line more, when whoever knocked was heard to leave
  };
  await crowd.until(all, "everybody had heard of everybody");
}

/** The memory, when it has stopped to change, in MiB. */
async function settled(servers: readonly Server[]): Promise<number> {
  for (let before = memoryOf(servers); ; ) {
    await after(SETTLE_MS);
    const now = memoryOf(servers);
    if (Number.isNaN(now) || Math.abs(now - before) < before / 100) return now;
    before = now;
  }
}
