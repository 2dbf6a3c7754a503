/** Fan-out in a closed loop: when a line of a sender has been heard, it says the next one. */
import { setTimeout as after } from "node:timers/promises";
import type { Contender } from "./contenders.ts";
import { Counter, type Crowd, User, withCrowd } from "./crowd.ts";
import { Ear, Sender, TEXT } from "./sender.ts";
import { cpuOf, memoryOf, type Site } from "./server.ts";

const WARM_UP_SECONDS = 1;

export interface Load {
  readonly users: number;
  readonly senders: number;
  /** Lines in flight a sender. */
  readonly window: number;
  readonly seconds: number;
  /** A line is in flight until somebody else has heard it: at another node, where there are several. */
  readonly elsewhere?: boolean;
}

/** What one round of one server gave, NaN where the system does not tell. A delivery is a line that one user has heard. */
export interface Round {
  readonly lines: number;
  readonly deliveries: number;
  /** From the first line until all have heard the last one. */
  readonly seconds: number;
  /** Of the server's process, or of all nodes together. */
  readonly serverCpuSeconds: number;
  readonly driverCpuSeconds: number;
  /** From a line sent to its echo heard by who sent it. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number;
  readonly elsewhere?: Elsewhere;
}

export interface Elsewhere {
  readonly nodes: number;
  /** So many lines came to a user in one piece. */
  readonly atOnce: number;
  /** NaN where there is no bus. */
  readonly busCpuSeconds: number;
  /** From a line sent to the same heard by somebody else. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** Starts a server, lets everybody in, warms up, and measures; `beside` goes on in the seconds that count. */
export function fanout(
  contender: Contender,
  load: Load,
  beside?: (site: Site) => Promise<void>,
): Promise<Round> {
  return withCrowd(contender, async (crowd) => {
    const { site, users } = crowd;
    const { nodes, bus } = site;
    const senders = await gather(crowd, load);
    await speak(crowd, senders, { ...load, seconds: Math.min(WARM_UP_SECONDS, load.seconds) });
    const cpuOfBus = () => (bus ? cpuOf([bus]) : Number.NaN);
    const [cpuBefore, busBefore] = [cpuOf(nodes), cpuOfBus()];
    const driverBefore = process.cpuUsage();
    const [{ lines, seconds }] = await Promise.all([speak(crowd, senders, load), beside?.(site)]);
    const driver = process.cpuUsage(driverBefore);
    const busCpuSeconds = cpuOfBus() - busBefore;
    const deliveries = users.reduce((sum, { heard }) => sum + heard, 0);
    const atOnce = deliveries / users.reduce((sum, { pieces }) => sum + pieces, 0);
    const far = { nodes: nodes.length, busCpuSeconds, atOnce, ...delays(senders, 1) };
    return {
      lines,
      deliveries,
      seconds,
      serverCpuSeconds: cpuOf(nodes) - cpuBefore,
      driverCpuSeconds: (driver.user + driver.system) / 1e6,
      ...delays(senders, 0),
      rssMiB: memoryOf(nodes),
      ...(load.elsewhere && { elsewhere: far }),
    };
  });
}

/** Of the ears with this place in their senders' lists: 0 is the sender itself. */
function delays(senders: readonly Sender[], place: 0 | 1) {
  const ms = senders.flatMap(({ ears }) => ears[place]?.delaysMs ?? []).sort((a, b) => a - b);
  const quantile = (share: number) => ms[Math.floor(ms.length * share)] ?? 0;
  return { p50Ms: quantile(0.5), p99Ms: quantile(0.99) };
}

/**
 * The senders stand evenly among the others: who came first hears first. Each next one is at the next node, and who
 * hears for it is at the node after that.
 */
async function gather(crowd: Crowd, { users, senders, elsewhere }: Load): Promise<Sender[]> {
  const made: Sender[] = [];
  const counter = new Counter("~", TEXT);
  let alone: Sender | undefined; // who has nobody to wait for yet
  await crowd.gather(users, (i) => {
    if (alone) {
      const ear = new Ear(crowd.place(made.length), i, made.length - 1);
      alone.waitFor(ear);
      alone = undefined;
      return ear;
    }
    if (i < (made.length * users) / senders) return new User(crowd.place(), counter, i);
    const sender = new Sender(crowd.place(made.length), i, made.length);
    made.push(sender);
    if (elsewhere) alone = sender;
    return sender;
  });
  return made;
}

/** The senders speak for so long; then until everybody has heard everything. */
async function speak(
  crowd: Crowd,
  senders: readonly Sender[],
  { window, seconds }: Load,
): Promise<{ lines: number; seconds: number }> {
  for (const user of crowd.users) user.heard = user.pieces = 0;
  const start = performance.now();
  for (const sender of senders) sender.start(window);
  await after(seconds * 1000);
  for (const sender of senders) sender.stop();
  const lines = senders.reduce((sum, sender) => sum + sender.lines, 0);
  const all = () => crowd.users.every(({ heard }) => heard === lines);
  await crowd.until(all, `all had heard ${lines} lines`);
  return { lines, seconds: (performance.now() - start) / 1000 };
}
