/** `npm run mutants [7 12]`: proves that each mutant is caught, at the cases that its header names. */
import { Misshapen, type Mutant, readMutants } from "./lib/mutants/read.ts";
import { complaint, flaw, type Outcome, tryAll } from "./lib/mutants/trials.ts";
import { fail } from "./lib/options.ts";

const MESSAGE_CHARS = 90;

const started = performance.now();
try {
  await main(readMutants(), process.argv.slice(2));
} catch (error) {
  if (!(error instanceof Misshapen)) throw error; // a fault of ours: the stack says where
  fail(error.message);
}

async function main(all: readonly Mutant[], numbers: readonly string[]): Promise<void> {
  const strange = numbers.find((number) => !all.some((each) => `${each.number}` === number));
  if (strange !== undefined)
    fail(`no mutant ${strange}: npm run mutant lists them, and npm run mutants proves them all`);
  const mutants = all.filter(({ number }) => !numbers.length || numbers.includes(`${number}`));
  const flaws = mutants.flatMap((mutant) => flaw(mutant) ?? []);
  if (flaws.length > 0) fail(flaws.join("\n"));
  const outcomes = await tryAll(mutants);
  table(outcomes.filter(({ mutant }) => mutant));
  summary(outcomes, mutants.length);
}

function table(outcomes: readonly Outcome[]): void {
  const width = Math.max(...outcomes.map(({ test }) => test.id.length));
  console.log(`mutant  ${"case".padEnd(width)}  kind      what it says`);
  for (const { mutant, chapter, test, verdict } of outcomes) {
    const { kind = verdict.outcome, why } = verdict;
    const said = why.length > MESSAGE_CHARS ? `${why.slice(0, MESSAGE_CHARS)}…` : why;
    const number = `${mutant?.number}`.padStart(2);
    console.log(`${number} ${chapter.id}  ${test.id.padEnd(width)}  ${kind.padEnd(8)}  ${said}`);
  }
}

function summary(outcomes: readonly Outcome[], mutants: number): void {
  const wrong = outcomes.flatMap((outcome) => complaint(outcome) ?? []);
  const untried = outcomes.filter(({ verdict }) => verdict.outcome === "not reached").length;
  const seconds = ((performance.now() - started) / 1000).toFixed();
  const here = untried > 0 ? `; ${untried} of the cases cannot be run here` : "";
  for (const line of wrong) console.error(line);
  if (wrong.length === 0)
    console.log(`\ncaught: ${mutants} of ${mutants} mutants, ${seconds} s${here}`);
  process.stdout.write("", () => process.exit(wrong.length > 0 ? 1 : 0));
}
