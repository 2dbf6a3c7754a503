/** `npm run extras`: holds the reference solutions of the extra exercises against their cases, and their base's. */
import { type Extra, extras } from "../extras/index.ts";
import { cases } from "../test/cases/index.ts";
import { applies } from "../test/harness/case.ts";
import { isFailure, runCases, type Verdict } from "../test/harness/run.ts";
import { folder } from "../test/harness/target.ts";
import { command, Refusal } from "./lib/command.ts";
import { lay, take } from "./lib/learn/solutions.ts";
import { nearest } from "./lib/nearest.ts";

const AT_ONCE = 4;

const help = `npm run extras                   tests the solution of every extra exercise; takes minutes
npm run extras rooms             tests one of them, or several
  --lay ID                       write out the code of its solution, so that you can change it (off)
  --take ID                      make the patch again from that code (off)`;

await command(
  {
    command: "npm run extras",
    help,
    options: { lay: { type: "string" }, take: { type: "string" } },
    names: [0, extras.length],
  },
  async (values, names) => {
    if (values.lay !== undefined) console.log(`the solution is in ${lay(find(values.lay))}`);
    else if (values.take !== undefined) console.log(`written: ${take(find(values.take))}`);
    else await holdAll(names.length > 0 ? names.map(find) : extras);
  },
);

function find(id: string): Extra {
  const extra = extras.find((each) => each.id === id);
  if (extra) return extra;
  const ids = extras.map((each) => each.id);
  throw new Refusal(
    `no extra exercise "${id}"; the nearest is ${nearest(id, ids)} (there are ${ids.join(", ")})`,
  );
}

async function holdAll(chosen: readonly Extra[]): Promise<void> {
  const row = (...[id = "", own = "", base = ""]: string[]) =>
    `${id.padEnd(10)} ${own.padEnd(16)} ${base}`;
  console.log(row("extra", "its own cases", "its base's"));
  for (const extra of chosen) {
    const run = { chapter: extra.base, target: folder(lay(extra)), jobs: AT_ONCE, all: true };
    const own = await runCases({ ...run, cases: await extra.cases() });
    const kept = cases.filter((each) => applies(each, extra.base));
    const base = await runCases({ ...run, cases: kept });
    console.log(row(extra.id, count(own), `${count(base)} of ${extra.base}`));
    for (const { test, report } of [...own, ...base].filter(isFailure)) {
      console.log(`\n${test.id}\n${report}\n`);
      process.exitCode = 1;
    }
  }
}

function count(verdicts: readonly Verdict[]): string {
  const passed = verdicts.filter(({ outcome }) => outcome === "pass").length;
  const skipped = verdicts.filter(({ outcome }) => outcome === "not reached").length;
  return `${passed}/${verdicts.length}${skipped > 0 ? ` (${skipped} skipped)` : ""}`;
}
