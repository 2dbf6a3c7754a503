/** `npm run bench`: how much the chapters' servers carry, beside a naive one, Redis and NATS in the same run. */
import { clusterTable, nodesTable } from "./lib/bench/cluster-tables.ts";
import { measure, thisMachine } from "./lib/bench/measure.ts";
import { HELP, options, type Plan, plan } from "./lib/bench/options.ts";
import { othersTable } from "./lib/bench/others.ts";
import { profile } from "./lib/bench/profile.ts";
import { asText, byCrowd, inWords, type Results } from "./lib/bench/results.ts";
import { costs, fanoutTable, forTerminal, timersInWords, timersTable } from "./lib/bench/tables.ts";
import { command } from "./lib/command.ts";
import { grouped } from "./lib/count.ts";
import { tryToWrite, write } from "./lib/files.ts";

await command({ command: "npm run bench", help: HELP, options }, async (values) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130)); // and the servers end with us
  if (values.profile === undefined) await bench(plan(values), values.json);
  else await profile(plan({ chapters: "v07", ...values }), values.profile);
});

async function bench(plan: Plan, file: string | undefined): Promise<void> {
  if (file !== undefined) tryToWrite(file);
  const machine = thisMachine(plan);
  console.log(inWords(machine));
  for (const line of plan.left) console.log(line);
  const results = await measure(plan, machine);
  if (results.fanout.length > 0)
    for (const crowd of byCrowd(results)) {
      for (const window of plan.windows) {
        const users = plan.crowds.length > 1 ? `${grouped(crowd.load.users)} users, ` : "";
        console.log(`\n${users}${window} in flight`);
        for (const text of inTables(crowd, window)) console.log(text);
      }
    }
  if (results.timers)
    console.log(`\n${timersInWords(results.timers)}\n${forTerminal(timersTable(results.timers))}`);
  if (results.others.length > 0) console.log(`\n${forTerminal(othersTable(results))}`);
  if (file === undefined) return;
  write(file, asText(results));
  console.log(`\n${file} is written; npm run bench:page ${file} makes the page of it`);
}

function inTables(results: Results, window: number): string[] {
  if (results.comparison === "cluster") {
    const tables = [clusterTable(results, window), nodesTable(results, window)];
    return tables.filter(({ rows }) => rows.length > 0).map((table) => `${forTerminal(table)}\n`);
  }
  return [forTerminal(fanoutTable(results, window)), costs(results, window) ?? []].flat();
}
