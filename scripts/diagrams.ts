/** `npm run diagrams [-- --check]`: makes every picture, transcript and snippet of the guides anew, from real runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { runAll } from "./lib/diagrams/commands.ts";
import { commandsOf, type Guide, guides, type Observed, renew } from "./lib/diagrams/guides.ts";
import { loadAll } from "./lib/diagrams/load.ts";
import { drawAll } from "./lib/diagrams/pictures.ts";
import { recordAll } from "./lib/diagrams/transcripts.ts";
import { Unfit } from "./lib/diagrams/unfit.ts";

const check = process.argv.includes("--check");
const texts = new Map(guides().map((guide) => [guide, readFileSync(guide.path, "utf8")]));
try {
  await loadAll();
  const [pictures, screens, printed] = await Promise.all([
    drawAll(),
    recordAll(),
    runAll(new Set([...texts.values()].flatMap(commandsOf))),
  ]);
  bringUpToDate(texts, { pictures, screens, printed });
} catch (error) {
  if (!(error instanceof Unfit)) throw error; // a fault of ours: the stack says where
  console.error(error.message);
  process.exit(1); // what else is being played is of no use any more
}

function bringUpToDate(texts: ReadonlyMap<Guide, string>, observed: Observed): void {
  const [patches, unfit]: [string[], string[]] = [[], []];
  for (const [guide, before] of texts) {
    try {
      const after = renew(before, guide, observed);
      if (before === after) continue;
      if (!check) writeFileSync(guide.path, after);
      const { name } = guide;
      patches.push(createTwoFilesPatch(name, name, before, after, "as it is", "as observed"));
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      unfit.push(error.message);
    }
  }
  report(patches, unfit);
}

function report(patches: readonly string[], unfit: readonly string[]): void {
  if (check) for (const patch of patches) console.log(patch);
  for (const message of unfit) console.error(message);
  if (check && patches.length > 0) {
    const are = patches.length === 1 ? "1 guide is" : `${patches.length} guides are`;
    console.error(`${are} not what the code does; to mend: npm run diagrams`);
  } else if (!check) console.log(`brought up to date: ${patches.length}`);
  else if (unfit.length === 0) console.log("every picture, transcript and snippet is as observed");
  if (unfit.length > 0 || (check && patches.length > 0)) process.exitCode = 1;
}
