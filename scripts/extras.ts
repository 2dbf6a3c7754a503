/** `npm run extras`: holds the reference solutions of the extra exercises against their cases, and their base's. */
import { parseArgs } from "node:util";
import { type Extra, extras } from "../extras/index.ts";
import { cases } from "../test/cases/index.ts";
import { applies, type Case } from "../test/harness/case.ts";
import { needs } from "../test/harness/need.ts";
import { prove } from "../test/harness/run.ts";
import { folder, type Target } from "../test/harness/target.ts";
import { Failure } from "../test/harness/transcript.ts";
import { lay, take } from "./lib/learn/solutions.ts";

const USAGE = `usage: npm run extras            every extra exercise; takes minutes
       npm run extras rooms      one of them, or several
       npm run extras -- --lay rooms    lays its solution, to be changed
       npm run extras -- --take rooms   and makes the patch anew from what was laid`;
const AT_ONCE = 4;

interface Result {
  readonly test: Case;
  readonly failure?: Failure;
  readonly skipped?: boolean;
}

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      lay: { type: "string" },
      take: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(USAGE);
  else if (values.lay !== undefined) console.log(`the solution is in ${lay(find(values.lay))}`);
  else if (values.take !== undefined) console.log(`written: ${take(find(values.take))}`);
  else await holdAll(positionals.length > 0 ? positionals.map(find) : extras);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error; // a fault of ours: the stack says where
  console.error(message.split(/\.\s/)[0]);
  process.exitCode = 1;
}

function find(id: string): Extra {
  const extra = extras.find((each) => each.id === id);
  if (extra) return extra;
  const message = `no extra exercise "${id}"; there are ${extras.map(({ id }) => id).join(", ")}`;
  throw Object.assign(new Error(message), { code: "ERR_EXTRA" });
}

async function holdAll(chosen: readonly Extra[]): Promise<void> {
  const row = (...[id = "", own = "", base = ""]: string[]) =>
    `${id.padEnd(10)} ${own.padEnd(16)} ${base}`;
  console.log(row("extra", "its own cases", "its base's"));
  for (const extra of chosen) {
    const target = folder(lay(extra));
    const own = await hold(extra, target, await extra.cases());
    const kept = cases.filter(
      (each) => applies(each, extra.base) && !extra.replaces?.includes(each.id),
    );
    const base = await hold(extra, target, kept);
    console.log(row(extra.id, count(own), `${count(base)} of ${extra.base}`));
    for (const { test, failure } of [...own, ...base].filter(({ failure }) => failure)) {
      console.log(`\n${test.id}\n${failure?.message}\n`);
      process.exitCode = 1;
    }
  }
}

function count(results: readonly Result[]): string {
  const passed = results.filter(({ failure, skipped }) => !failure && !skipped).length;
  const skipped = results.filter(({ skipped }) => skipped).length;
  return `${passed}/${results.length}${skipped > 0 ? ` (${skipped} skipped)` : ""}`;
}

/** Some at once; those that flood, one by one. */
async function hold(extra: Extra, target: Target, all: readonly Case[]): Promise<Result[]> {
  const results: Result[] = [];
  const run = async (waiting: Case[]) => {
    for (let test = waiting.shift(); test; test = waiting.shift()) {
      results.push(await result(extra, target, test));
    }
  };
  const together = all.filter(({ alone }) => !alone);
  await Promise.all(Array.from({ length: AT_ONCE }, () => run(together)));
  await run(all.filter(({ alone }) => alone));
  return results;
}

async function result({ base }: Extra, target: Target, test: Case): Promise<Result> {
  if (needs(test).some((need) => !target.can.includes(need))) return { test, skipped: true };
  try {
    await prove(base, target, test);
    return { test };
  } catch (error) {
    if (error instanceof Failure) return { test, failure: error };
    throw error;
  }
}
