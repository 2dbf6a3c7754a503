/** `npm run diagrams [-- --check]`: makes every picture, transcript and snippet of the guides anew, from real runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { command, inOneLine } from "./lib/command.ts";
import { count } from "./lib/count.ts";
import { runAll } from "./lib/diagrams/commands.ts";
import { commandsOf, type Guide, guides, type Observed, renew } from "./lib/diagrams/guides.ts";
import { loadAll } from "./lib/diagrams/load.ts";
import { drawAll } from "./lib/diagrams/pictures.ts";
import { recordAll } from "./lib/diagrams/transcripts.ts";

const HELP = `npm run diagrams    renews the pictures, transcripts and snippets of the guides, from real runs
  --check           only say what differs (off)`;

const options = { check: { type: "boolean", default: false } } as const;

await command({ command: "npm run diagrams", help: HELP, options }, async ({ check }) => {
  const texts = new Map(guides().map((guide) => [guide, readFileSync(guide.path, "utf8")]));
  await loadAll();
  const [pictures, screens, printed] = await Promise.all([
    drawAll(),
    recordAll(),
    runAll(new Set([...texts.values()].flatMap(commandsOf))),
  ]);
  bringUpToDate(texts, { pictures, screens, printed }, check);
});
// When one of them was refused, what else is being played is of no use any more.
if (process.exitCode) process.stdout.write("", () => process.exit());

function bringUpToDate(
  texts: ReadonlyMap<Guide, string>,
  observed: Observed,
  check: boolean,
): void {
  const [patches, unfit]: [string[], string[]] = [[], []];
  for (const [guide, before] of texts) {
    try {
      const after = renew(before, guide, observed);
      if (before === after) continue;
      if (!check) writeFileSync(guide.path, after);
      const { name } = guide;
      patches.push(createTwoFilesPatch(name, name, before, after, "as it is", "as observed"));
    } catch (error) {
      const line = inOneLine(error);
      if (line === undefined) throw error;
      unfit.push(line);
    }
  }
  report(patches, unfit, check);
}

function report(patches: readonly string[], unfit: readonly string[], check: boolean): void {
  if (check) for (const patch of patches) console.log(patch);
  for (const message of unfit) console.error(message);
  if (check && patches.length > 0) {
    const are = `${count(patches.length, "guide")} ${patches.length === 1 ? "is" : "are"}`;
    console.error(`${are} not what the code does; to mend: npm run diagrams`);
  } else if (!check) console.log(`brought up to date: ${patches.length}`);
  else if (unfit.length === 0) console.log("every picture, transcript and snippet is as observed");
  if (unfit.length > 0 || (check && patches.length > 0)) process.exitCode = 1;
}
