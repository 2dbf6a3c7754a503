/** `npm run faults`: every abuse against the chapters it applies to, and a matrix of what holds. */
import { command, Refusal } from "./lib/command.ts";
import { count } from "./lib/count.ts";
import { HELP as help, options, plan } from "./lib/faults/options.ts";
import { isAsObserved } from "./lib/faults/page.ts";
import { runAll } from "./lib/faults/run.ts";
import { asJson, matrix, progress, reports, summary } from "./lib/faults/tell.ts";
import { tryToWrite, write } from "./lib/files.ts";

const names = [0, Number.POSITIVE_INFINITY] as const;

await command({ command: "npm run faults", help, names, options }, async (values, names) => {
  const { seed, faults, chapters, runs, whole } = plan(values, names);
  if (values.json !== undefined) tryToWrite(values.json);
  console.log(`${count(faults.length, "fault")}, ${count(runs.length, "run")}, seed ${seed}`);
  const started = performance.now();
  const cells = await runAll(runs, progress(faults.length));
  console.log(`\n${matrix(faults, cells, chapters)}\n`);
  for (const report of reports(cells)) console.log(`${report}\n`);
  const seconds = (performance.now() - started) / 1000;
  console.log(summary(cells, seconds));
  if (values.json !== undefined) write(values.json, asJson(cells, seed, seconds));
  if (cells.some(({ outcome }) => outcome === "fails")) process.exitCode = 1;
  if (whole && !isAsObserved(cells, values.write))
    throw new Refusal(
      "docs/faults.md and its pages do not say what was observed; to renew them: npm run faults -- --all --write",
    );
});
