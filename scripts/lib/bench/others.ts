/** What a user costs who says nothing, what it costs to come, and how long a server takes to start. */
import { setTimeout as after } from "node:timers/promises";
import type { Contender } from "./contenders.ts";
import { Counter, Crowd, User } from "./crowd.ts";
import { Server } from "./server.ts";

const SHORTEST_ONLINE = "[1.1.1.1:1]1.1.1.1:1:online\n".length;
const SETTLE_MS = 1000;

/** The memory that the server holds for each of so many users, in KiB; null where the system does not tell. */
export async function idle(contender: Contender, users: number): Promise<number | null> {
  const server = await Server.start(contender);
  const crowd = new Crowd(server);
  try {
    const before = await settled(server);
    await come(crowd, server, users);
    const now = await settled(server);
    return now === undefined || before === undefined ? null : (now - before) / users / 1024;
  } finally {
    crowd.disband();
    await server.stop();
  }
}

/** So many come at once: the seconds until everybody has heard of everybody who came after it, and of itself. */
export async function join(contender: Contender, users: number): Promise<number> {
  const server = await Server.start(contender);
  const crowd = new Crowd(server);
  try {
    const start = performance.now();
    await come(crowd, server, users);
    return (performance.now() - start) / 1000;
  } finally {
    crowd.disband();
    await server.stop();
  }
}

/** The milliseconds from the start of the process until it serves. */
export async function start(contender: Contender): Promise<number> {
  const server = await Server.start(contender);
  await server.stop();
  return server.startMs;
}

/** How many lines are heard in all, when so many come to a chat. */
export function heardOfJoining(users: number): number {
  return (users * (users + 1)) / 2;
}

async function come(crowd: Crowd, server: Server, users: number): Promise<void> {
  const counter = new Counter("\n", SHORTEST_ONLINE);
  await crowd.gather(users, () => new User(server, counter));
  if (!server.contender.chat) return;
  const all = () => {
    const heard = crowd.users.reduce((sum, user) => sum + user.heard, 0);
    return heard >= heardOfJoining(users); // a line more, when whoever knocked was heard to leave
  };
  await crowd.until(all, "everybody had heard of everybody");
}

/** The memory, when it has stopped to change. */
async function settled(server: Server): Promise<number | undefined> {
  for (let before = server.rss(); ; ) {
    await after(SETTLE_MS);
    const now = server.rss();
    if (now === undefined || before === undefined) return undefined;
    if (Math.abs(now - before) < before / 100) return now;
    before = now;
  }
}
