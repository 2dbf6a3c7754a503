/** Runs a fault, and looks whether the server is afterwards what it was before. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { needs, SECRET } from "../harness/need.ts";
import type { Vitals } from "../harness/probe.mjs";
import { inTime, prove } from "../harness/run.ts";
import { eventually, type Server } from "../harness/server.ts";
import type { Target } from "../harness/target.ts";
import { token } from "../harness/token.ts";
import { check, Failure, same } from "../harness/transcript.ts";
import { renamed } from "../harness/wire.ts";
import { type Fault, MEMORY, type Pair } from "./fault.ts";
import { told } from "./told.ts";

const MESSAGES = 100;
/** A driver keeps so many connections to a database for the next question, and timers that watch it. */
const POOL = 10;
/** Only a hang is as slow as this. */
const DEADLINE_MS = 120_000;

/** Throws a {@link Failure} with a report; gives by how many MiB the server's greatest memory has grown. */
export async function proveFault(fault: Fault, chapter: string, target: Target): Promise<number> {
  let grown = 0;
  const { deadlineMs = DEADLINE_MS } = fault;
  const { id, since, args = [], descriptors, disk, stderr = /(?!)/ } = fault;
  const around: Case = {
    ...{ id, since, needs: fault.needs ?? [], args, stderr, clause: told(fault).ours },
    ...(descriptors !== undefined && { descriptors }),
    ...(disk && { disk }),
    async run(server) {
      const late = `the whole of it took more than ${deadlineMs / 1000} s`;
      const work = run(fault, server, target);
      grown = await inTime(work, deadlineMs, () => new Failure("hang", late));
    },
  };
  await prove(chapter, target, around, 2 * deadlineMs);
  return grown;
}

async function run(fault: Fault, server: Server, target: Target): Promise<number> {
  await server.start();
  const pair = fault.pair === "after" ? undefined : await joined(fault, server);
  if (pair && fault.pair === "before") {
    await exchange(server, pair);
    for (const user of pair) user.end();
    for (const user of pair) await user.over();
  }
  const before = await state(server, target);
  if (fault.pair === "after" || fault.pair === "before") await fault.run(server);
  else await fault.run(server, pair as Pair);
  if (fault.pair === "before") return await gone(fault, server, before);

  for (const client of server.clients) if (!pair?.includes(client)) client.close();
  await backTo(fault, before, server, target);
  await exchange(server, pair ?? (await joined(fault, server)));
  return bounded(fault, before, await state(server, target));
}

function bounded({ memory = MEMORY }: Fault, before: Vitals, after: Vitals): number {
  const grown = after.peak - before.peak;
  check(grown <= memory, `it cost ${grown.toFixed()} MiB of memory, ${memory} at most are allowed`);
  return grown;
}

async function joined({ args }: Fault, server: Server): Promise<Pair> {
  const pair = [
    await server.connect({ who: "pair 1" }),
    await server.connect({ who: "pair 2" }),
  ] as const;
  if (args?.includes(SECRET))
    for (const [i, user] of pair.entries()) await logIn(user, `pair${i + 1}`);
  for (const user of pair) await user.sync();
  return pair;
}

async function logIn(user: Client, name: string): Promise<void> {
  await user.write(`login|${name}|${token(name)}\n`);
  await user.expect(renamed(name));
  user.name = name;
}

/** Each says a hundred lines at once; both hear all of them, in order. */
async function exchange(server: Server, pair: Pair): Promise<void> {
  for (let i = 0; i < MESSAGES; i++) for (const user of pair) user.send(`control ${i}`);
  // Two rounds: after the first, every line has been said; after the second, it has been heard.
  const first = [await pair[0].sync(), await pair[1].sync()];
  for (const [i, listener] of pair.entries()) {
    const lines = [...(first[i] ?? []), ...(await listener.sync())];
    for (const speaker of server.chapter === "v01" ? [listener] : pair) {
      const own = server.echo(speaker, "control ");
      same(
        lines.filter((line) => line.startsWith(own)),
        Array.from({ length: MESSAGES }, (_, i) => `${own}${i}`),
        `what ${listener.transcript.who} heard of ${speaker.transcript.who}`,
      );
    }
  }
}

interface State extends Vitals {
  readonly descriptors: number;
}

/** What cannot be seen of this target or on this system is 0, before as well as after. */
async function state(server: Server, target: Target): Promise<State> {
  const descriptors = target.can.includes("descriptors") ? server.descriptors() : 0;
  if (target.probe) return { ...(await server.vitals()), descriptors };
  const peak = target.can.includes("memory") ? server.memory() : 0;
  return { tasks: [], sockets: 0, timers: 0, unsent: 0, peak, descriptors };
}

/** As many tasks, timers, connections and descriptors as before. */
async function backTo(fault: Fault, before: State, server: Server, target: Target): Promise<void> {
  const pool = needs(fault).includes("database") ? POOL : 0;
  let left: string[] = [];
  const back = async () => {
    left = difference(before, await state(server, target), pool);
    return left.length === 0;
  };
  await eventually(back, "the baseline").catch((error) => {
    throw error instanceof Failure && left.length > 0
      ? new Failure("mismatch", `not what it was before: ${left.join("; ")}`)
      : error;
  });
}

const RESTING = 1; // from v13 on, the historian rests a moment behind each sync

/** Descriptors may have been more for a moment while the server was starting; a leak is more now. */
function difference(before: State, now: State, pool: number): string[] {
  const tasks = (state: State) => state.tasks.toSorted().join(", ") || "none";
  const left: string[] = [];
  if (now.sockets !== before.sockets)
    left.push(`${now.sockets} sockets instead of ${before.sockets}`);
  if (now.timers > before.timers + pool || now.timers < before.timers - pool - RESTING)
    left.push(`${now.timers} timers instead of ${before.timers}`);
  if (now.descriptors > before.descriptors + pool)
    left.push(`${now.descriptors} descriptors instead of ${before.descriptors}`);
  if (tasks(now) !== tasks(before)) left.push(`tasks: ${tasks(now)}; before: ${tasks(before)}`);
  return left;
}

/** It has ended by itself, and said how; with its last words it says what was left. */
async function gone(fault: Fault, server: Server, before: State): Promise<number> {
  const { code, last } = await server.ended();
  check(code !== null, "it did not end by itself");
  if (code === 0) check(last.endsWith("0 tasks left"), `its last line is "${last}"`);
  const words = server.lastVitals;
  return words ? bounded(fault, before, words) : 0;
}
