/** What a limit costs as a timer of Node's own, as the chapters before v15 have it, and in v15's wheel. */
import { setTimeout as after } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { type Limit, Wheel } from "../../../chapters/v15-packets/wheel.ts";
import { median, type Timers, type TimersRow } from "./results.ts";

const LIMIT_MS = 300_000; // an idle limit of five minutes: none comes due while we measure
const USUAL = { limits: 100_000, rounds: 7, idleMs: 3000 };
const QUICK = { limits: 10_000, rounds: 1, idleMs: 200 };

interface Way<Kind> {
  readonly start: () => Kind;
  readonly touch: (limit: Kind) => void;
  readonly stop: (limit: Kind) => void;
}

const due = () => {}; // one for all: both ways need it, so it is not counted

const OWN: Way<NodeJS.Timeout> = {
  start: () => setTimeout(due, LIMIT_MS).unref(),
  touch: (timer) => timer.refresh(),
  stop: (timer) => clearTimeout(timer),
};

function inWheel(tickMs: number): Way<Limit> {
  const wheel = new Wheel(tickMs);
  return {
    start: () => wheel.start(LIMIT_MS, due),
    touch: (limit) => limit.touch(),
    stop: (limit) => limit.stop(),
  };
}

/** Measures each way; each figure is the median of some rounds. */
export async function timers(quick = false): Promise<Timers> {
  const load = quick ? QUICK : USUAL;
  const nothing = await share(load.idleMs);
  const rows = [
    await row("a timer each", OWN, load, nothing),
    await row("wheel, 50 ms", inWheel(50), load, nothing),
    await row("wheel, 10 ms", inWheel(10), load, nothing),
  ];
  return { limits: load.limits, seconds: LIMIT_MS / 1000, rounds: load.rounds, rows };
}

async function row<Kind>(
  name: string,
  way: Way<Kind>,
  load: typeof USUAL,
  nothing: number,
): Promise<TimersRow> {
  const rounds = Array.from({ length: load.rounds }, () => round(way, load.limits));
  const middle = (figure: keyof (typeof rounds)[number]) =>
    median(rounds.map((each) => each[figure]));
  const limits = Array.from({ length: load.limits }, way.start);
  const idle = Math.max(0, (await share(load.idleMs)) - nothing);
  for (const limit of limits) way.stop(limit);
  const [bytes, startNs] = [middle("bytes"), middle("start")];
  return { way: name, bytes, startNs, touchNs: middle("touch"), stopNs: middle("stop"), idle };
}

function round<Kind>(way: Way<Kind>, count: number) {
  const limits: Kind[] = new Array(count);
  const before = used();
  const start = perLimit(count, () => {
    for (let i = 0; i < count; i++) limits[i] = way.start();
  });
  const bytes = (used() - before) / count;
  const touch = perLimit(count, () => {
    for (const limit of limits) way.touch(limit);
  });
  const stop = perLimit(count, () => {
    for (const limit of limits) way.stop(limit);
  });
  return { bytes, start, touch, stop };
}

/** Nanoseconds of CPU: who else is busy on this machine does not count. */
function perLimit(count: number, work: () => void): number {
  const began = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(began);
  return ((user + system) * 1000) / count;
}

/** Of a core: what the process takes while it does nothing. */
async function share(ms: number): Promise<number> {
  used(); // no garbage of before is collected meanwhile
  const began = process.cpuUsage();
  await after(ms);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000 / ms;
}

/** Bytes of what is alive. */
function used(): number {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  gc();
  return process.memoryUsage().heapUsed;
}
