/** `npm run faults`: every abuse against every chapter it applies to, and a matrix of what holds. */
import { faults } from "../test/faults/index.ts";
import { command, Refusal } from "./lib/command.ts";
import { count } from "./lib/count.ts";
import { HELP, options, type Plan, plan } from "./lib/faults/options.ts";
import { isAsWritten, rewrite } from "./lib/faults/page.ts";
import { type Cell, cellsOf, columns, runAll } from "./lib/faults/run.ts";
import { asJson, matrix, progress, reports, summary } from "./lib/faults/tell.ts";
import { tryToWrite, write } from "./lib/files.ts";

await command(
  { command: "npm run faults", help: HELP, names: [0, Number.POSITIVE_INFINITY], options },
  async (values, names) => {
    const planned = plan(values, names);
    if (values.json !== undefined) tryToWrite(values.json);
    const { cells, all } = await run(planned, values.json);
    if (cells.some(({ outcome }) => outcome === "fails")) process.exitCode = 1;
    if (!all) return;
    if (values.write) rewrite(cells);
    else if (!isAsWritten(cells))
      throw new Refusal(
        "docs/faults.md is not what was observed; to mend it: npm run faults -- --write",
      );
  },
);

/** What became of each, and whether that is all there is. */
async function run({ seed, group, only, chapters }: Plan, file: string | undefined) {
  const everything = faults(seed);
  const chosen = everything.filter(
    ({ id }) => (!only || id === only) && (!group || id.startsWith(group)),
  );
  const runs = cellsOf(chosen, chapters);
  if (runs.length === 0) {
    const names = chapters.map(({ id }) => id).join(", ");
    throw new Refusal(`nothing to run: no fault of these applies to ${names}`);
  }
  const these = chosen.filter((each) => runs.some(({ fault }) => fault === each));
  console.log(`${count(these.length, "fault")}, ${count(runs.length, "run")}, seed ${seed}`);
  const started = performance.now();
  const cells: Cell[] = await runAll(runs, progress(these.length));
  const seconds = (performance.now() - started) / 1000;
  console.log(`\n${matrix(these, cells, chapters)}\n`);
  for (const report of reports(cells)) console.log(`${report}\n`);
  console.log(summary(cells, seconds));
  if (file !== undefined) write(file, asJson(cells, seed, seconds));
  return { cells, all: these.length === everything.length && chapters.length === columns.length };
}
