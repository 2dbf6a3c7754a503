/** `npm run solution v05`: the step of the course itself, once one's own passes. */
import type { Chapter } from "../chapters/manifest.ts";
import { coloured } from "./lib/colour.ts";
import { main } from "./lib/command.ts";
import { compareFolders, type FileDiff, unified } from "./lib/compare.ts";
import { mustBeHere } from "./lib/held-back.ts";
import { of } from "./lib/learn/progress.ts";
import { lay } from "./lib/learn/solutions.ts";
import { begun, subject } from "./lib/learn/subject.ts";
import { fail, options } from "./lib/options.ts";
import { root } from "./lib/root.ts";

const { values, positionals } = options("npm run solution v05", {
  allowPositionals: true,
  options: {
    anyway: { type: "boolean", default: false },
    mine: { type: "boolean", default: false },
  },
});
const [name] = positionals;
const what = await subject(name ?? fail("the solution of what? For example: npm run solution v05"));
if (!of(what.id).passed && !values.anyway) {
  fail(
    `yours has not passed yet: npm run check ${what.id}; or see it anyway: npm run solution ${what.id} -- --anyway`,
  );
}
const { id, base, chapter, extra } = what;
await main(() => mustBeHere(extra ? `${root}extras/${extra.id}` : folderOf(chapter)));
if (process.exitCode === 1) process.exit();
if (values.mine) {
  if (!begun(what)) fail(`there is nothing in exercises/${id} yet`);
  const theirs = extra ? lay(extra) : folderOf(chapter);
  show(
    compareFolders(what.exercise, theirs),
    `exercises/${id}`,
    extra ? "solution" : chapter.folder,
  );
} else if (!base) {
  console.log(`There is nothing before ${id}: its code is in chapters/${chapter.folder}`);
} else {
  console.log(`The course's own step from ${base.id} to ${id}; there are others as good:`);
  const to = extra ? lay(extra) : folderOf(chapter);
  show(compareFolders(folderOf(base), to), base.folder, extra ? "solution" : chapter.folder);
}
if (!values.mine) console.log(`\nbeside yours: npm run solution ${id} -- --mine`);

function show(diffs: FileDiff[], from: string, to: string): void {
  for (const diff of diffs) console.log(["", ...coloured(unified(diff, from, to))].join("\n"));
}

function folderOf({ folder }: Chapter): string {
  return `${root}chapters/${folder}`;
}
