/** `npm run bench`: how much the chapters' servers carry, beside a naive one, Redis and NATS in the same run. */
import os from "node:os";
import { fanout, TEXT } from "./lib/bench/fanout.ts";
import { tryToWrite, write } from "./lib/bench/files.ts";
import { command, HELP, type Plan, plan, usersOf } from "./lib/bench/options.ts";
import { idle, join, start } from "./lib/bench/others.ts";
import { profile } from "./lib/bench/profile.ts";
import { type FanoutRow, inWords, type Machine, type Results, rate } from "./lib/bench/results.ts";
import { count, fanoutTable, forTerminal, millions, ms, othersTable } from "./lib/bench/tables.ts";
import { complain } from "./lib/refusal.ts";

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => process.exit(130)); // and the servers end with us
}

try {
  const values = command();
  if (values.help) console.log(HELP);
  else if (values.profile !== undefined)
    await profile(plan({ chapters: "v07", ...values }), values.profile);
  else await bench(plan(values), values.json);
} catch (error) {
  complain(error);
}

async function bench(plan: Plan, file: string | undefined): Promise<void> {
  if (file !== undefined) tryToWrite(file);
  const machine = thisMachine(plan);
  console.log(inWords(machine));
  for (const line of plan.left) console.log(line);
  const results: Results = {
    date: new Date().toISOString().slice(0, 10),
    machine,
    load: { ...plan.load, textBytes: TEXT },
    fanout: plan.parts.includes("fanout") ? await allFanout(plan) : [],
    start: plan.parts.includes("start") ? await allStart(plan) : [],
    join: plan.parts.includes("join") ? await allJoin(plan) : [],
    idle: plan.parts.includes("idle") ? await allIdle(plan) : [],
  };
  if (results.fanout.length > 0)
    for (const window of plan.windows)
      console.log(`\n${window} in flight\n${forTerminal(fanoutTable(results, window))}`);
  const others = othersTable(results);
  if (others.rows.length > 0) console.log(`\n${forTerminal(others)}`);
  if (file === undefined) return;
  write(file, `${JSON.stringify(results, tidy, 2)}\n`);
  console.log(`\n${file} is written; npm run bench:page ${file} makes the page of it`);
}

async function allFanout({ load, windows, contenders }: Plan): Promise<FanoutRow[]> {
  const { users, senders, seconds, rounds } = load;
  console.log(
    `fan-out: ${count(users)} users, ${senders} of them speak, ${TEXT} bytes a line, ${seconds} s a round; deliveries/s:`,
  );
  const rows: FanoutRow[] = [];
  for (let round = 1; round <= rounds; round++) {
    for (const window of windows) {
      process.stdout.write(`round ${round} of ${rounds}, ${window} in flight:`);
      for (const contender of contenders) {
        const row = await fanout(contender, { ...load, window });
        rows.push({ server: contender.id, window, ...row });
        process.stdout.write(`  ${contender.id} ${millions(rate(row))}`);
      }
      process.stdout.write("\n");
    }
  }
  return rows;
}

async function allStart({ load, contenders }: Plan): Promise<Results["start"]> {
  const rows: { server: string; ms: number }[] = [];
  for (let round = 1; round <= load.rounds; round++) {
    process.stdout.write(`start ${round} of ${load.rounds}:`);
    for (const contender of contenders) {
      const row = { server: contender.id, ms: await start(contender) };
      rows.push(row);
      process.stdout.write(`  ${row.server} ${ms(row.ms)}`);
    }
    process.stdout.write("\n");
  }
  return rows;
}

async function allJoin({ load, contenders }: Plan): Promise<Results["join"]> {
  const users = usersOf("join", load.users);
  const rows: { server: string; users: number; seconds: number }[] = [];
  console.log(`join: ${count(users)} come, until everybody has heard of everybody`);
  for (let round = 1; round <= load.rounds; round++) {
    process.stdout.write(`join ${round} of ${load.rounds}:`);
    for (const contender of contenders.filter(({ chat }) => chat)) {
      const row = { server: contender.id, users, seconds: await join(contender, users) };
      rows.push(row);
      process.stdout.write(`  ${row.server} ${row.seconds.toFixed(2)} s`);
    }
    process.stdout.write("\n");
  }
  return rows;
}

async function allIdle({ load, contenders }: Plan): Promise<Results["idle"]> {
  const users = usersOf("idle", load.users);
  process.stdout.write(`idle: memory a user, with ${count(users)}:`);
  const rows: { server: string; users: number; kibAUser: number | null }[] = [];
  for (const contender of contenders) {
    const row = { server: contender.id, users, kibAUser: await idle(contender, users) };
    rows.push(row);
    process.stdout.write(`  ${row.server} ${row.kibAUser?.toFixed(1) ?? "–"} KiB`);
  }
  process.stdout.write("\n");
  return rows;
}

function thisMachine({ versions }: Plan): Machine {
  const system = { linux: "Linux", darwin: "macOS", win32: "Windows" }[process.platform as string];
  const release = os.release().split(".").slice(0, 2).join(".");
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "a processor without a name",
    cores: os.availableParallelism(),
    os: `${system ?? os.type()} ${release}`,
    versions: { node: process.versions.node, ...versions },
  };
}

/** Figures are no more exact than this. */
function tidy(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(4))
    : value;
}
