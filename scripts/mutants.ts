/** `npm run mutants [7 12]`: proves that each mutant is caught, at the cases that its header names. */
import { command, Refusal } from "./lib/command.ts";
import { readMutants } from "./lib/mutants/read.ts";
import { complaint, flaw, type Outcome, tryAll } from "./lib/mutants/trials.ts";

const MESSAGE_CHARS = 90; // what fits beside the other columns in a wide terminal

const help = `npm run mutants        proves that the cases find the fault of every mutant; takes minutes
npm run mutants 7 12   does this for mutants 7 and 12 only`;

await command({ command: "npm run mutants", help, names: [0, 99] }, async (_, numbers) => {
  const started = performance.now();
  const all = readMutants();
  const strange = numbers.find((number) => !all.some((each) => `${each.number}` === number));
  if (strange !== undefined)
    throw new Refusal(
      `no mutant ${strange}: npm run mutant lists them, and npm run mutants proves them all`,
    );
  const mutants = all.filter(({ number }) => !numbers.length || numbers.includes(`${number}`));
  const flaws = mutants.flatMap((mutant) => flaw(mutant) ?? []);
  if (flaws.length > 0) throw new Refusal(flaws.join("\n"));
  const outcomes = await tryAll(mutants);
  table(outcomes.filter(({ mutant }) => mutant));
  summary(outcomes, mutants.length, (performance.now() - started) / 1000);
});

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

function summary(outcomes: readonly Outcome[], mutants: number, seconds: number): void {
  const wrong = outcomes.flatMap((outcome) => complaint(outcome) ?? []);
  const untried = outcomes.filter(({ verdict }) => verdict.outcome === "not reached").length;
  const here = untried > 0 ? `; ${untried} of the cases cannot be run here` : "";
  for (const line of wrong) console.error(line);
  if (wrong.length > 0) process.exitCode = 1;
  else console.log(`\ncaught: ${mutants} of ${mutants} mutants, ${seconds.toFixed()} s${here}`);
}
