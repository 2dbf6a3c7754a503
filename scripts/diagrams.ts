/** `npm run diagrams [-- --check]`: makes every picture, transcript and snippet of the guides anew, from real runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { runAll } from "./diagrams/commands.ts";
import { commandsOf, type Guide, guides, type Observed, renew, Unfit } from "./diagrams/guides.ts";
import { drawAll } from "./diagrams/pictures.ts";
import { recordAll } from "./diagrams/transcripts.ts";

const check = process.argv.includes("--check");
const texts = new Map(guides().map((guide) => [guide, readFileSync(guide.path, "utf8")]));
try {
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
  const drift = [...texts].flatMap(([guide, before]) => {
    const after = renew(before, guide, observed);
    if (before === after) return [];
    if (!check) writeFileSync(guide.path, after);
    return [createTwoFilesPatch(guide.name, guide.name, before, after, "as it is", "as observed")];
  });
  if (!check) console.log(`${drift.length} guides brought up to date`);
  else if (drift.length === 0) console.log("every picture, transcript and snippet is as observed");
  else {
    for (const patch of drift) console.log(patch);
    console.error(
      `${drift.length} guides are not what the code does; to mend them: npm run diagrams`,
    );
    process.exitCode = 1;
  }
}
