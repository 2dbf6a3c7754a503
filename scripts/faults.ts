/** `npm run faults`: every abuse against every chapter it applies to, and a matrix of what holds. */
import { writeFileSync } from "node:fs";
import { faults } from "../test/faults/index.ts";
import { NoSuch, options } from "./lib/faults/options.ts";
import { isAsWritten, rewrite } from "./lib/faults/page.ts";
import { type Cell, cellsOf, columns, runAll } from "./lib/faults/run.ts";
import { count, matrix, progress, reports, summary } from "./lib/faults/tell.ts";

try {
  await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!(error instanceof NoSuch) && !code?.startsWith("ERR_PARSE_ARGS")) throw error; // a fault of ours
  console.error(message.split(/\.\s/)[0]);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const given = options(process.argv.slice(2));
  if (given === undefined) return;
  const { seed, json, write, group, only, chapters } = given;
  const all = faults(seed);
  const chosen = all.filter(({ id }) => (!only || id === only) && (!group || id.startsWith(group)));
  const cells = cellsOf(chosen, chapters);
  if (cells.length === 0) {
    const names = chapters.map(({ id }) => id).join(", ");
    throw new NoSuch(`nothing to run: no fault of these applies to ${names}`);
  }
  const these = chosen.filter((each) => cells.some(({ fault }) => fault === each));
  console.log(`${count(these.length, "fault")}, ${count(cells.length, "run")}, seed ${seed}`);
  const started = performance.now();
  const done: Cell[] = await runAll(cells, progress(these.length));
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${matrix(these, done, chapters)}\n`);
  for (const report of reports(done)) console.log(`${report}\n`);
  console.log(summary(done, seconds));
  if (done.some(({ outcome }) => outcome === "fails")) process.exitCode = 1;
  if (json) writeFileSync(json, `${JSON.stringify(asJson(done, seed, seconds), null, 2)}\n`);
  if (these.length < all.length || chapters.length < columns.length) return;
  if (write) rewrite(done);
  else if (!isAsWritten(done)) {
    console.error("docs/faults.md is not what was observed; to mend it: npm run faults -- --write");
    process.exitCode = 1;
  }
}

function asJson(done: readonly Cell[], seed: number, seconds: number) {
  const cells = done.map(({ fault, ...cell }) => ({ fault: fault.id, ...cell }));
  return { node: process.version, platform: process.platform, seed, seconds, cells };
}
