/** `npm run diff v02 v07`: what changed from one chapter to another; `v05` alone is `v04 v05`. */
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { coloured, paint } from "./lib/colour.ts";
import { command, Refusal } from "./lib/command.ts";
import { compare, type FileDiff, unified } from "./lib/compare.ts";
import { diffPage } from "./lib/docs/diff-page.ts";
import { write } from "./lib/files.ts";
import { chapterOf } from "./lib/find.ts";
import { changedLines } from "./lib/source.ts";

const HELP = `npm run diff v05        shows what changed from v04 to v05; npm run diff v02 v07 compares any two chapters
  --stat                show only how many code lines changed in each file (off)
  --html FILE           write a page for the browser instead (none)`;

const options = { stat: { type: "boolean" }, html: { type: "string" } } as const;

await command(
  { command: "npm run diff", help: HELP, names: [1, 2], options },
  ({ stat, html }, [first = "", second]) => {
    const to = chapterOf(second ?? first);
    const from = second === undefined ? chapters[chapters.indexOf(to) - 1] : chapterOf(first);
    if (!from)
      throw new Refusal(`${to.id} is the first chapter: name another one to compare it with`);
    if (html !== undefined && !stat) return writePage(html, from, to);
    for (const diff of compare(from, to))
      console.log(stat ? statOf(diff) : inColour(diff, from, to));
  },
);

function statOf({ file, before, after, why }: FileDiff): string {
  const { added, removed } = changedLines(before, after);
  const numbers = `${paint("green", `+${added}`)} ${paint("red", `-${removed}`)}`;
  return `${file.padEnd(14)} ${numbers}${why ? `   ${why}` : ""}`;
}

function inColour(diff: FileDiff, from: Chapter, to: Chapter): string {
  const patch = unified(diff, from.folder, to.folder).replace(/^=+\n/, "");
  const head = paint("bold", `\n${diff.file}`) + (diff.why ? `   ${diff.why}` : "");
  return [head, ...coloured(patch)].join("\n");
}

/** One file that holds everything, its style and its script too. */
function writePage(path: string, from: Chapter, to: Chapter): void {
  write(path, diffPage(from, to));
  console.log(`${path} is written`);
}
