/** `npm run solution v05`: the step of the course itself, once one's own passes. */
import type { Chapter } from "../chapters/manifest.ts";
import { coloured } from "./colour.ts";
import { compareFolders, type FileDiff, unified } from "./compare.ts";
import { of } from "./learn/progress.ts";
import { begun, root, subject } from "./learn/subject.ts";
import { fail, options } from "./options.ts";

const { values, positionals } = options("npm run solution v05", {
  allowPositionals: true,
  options: {
    anyway: { type: "boolean", default: false },
    mine: { type: "boolean", default: false },
  },
});
const [name] = positionals;
const what = subject(name ?? fail("the solution of what? For example: npm run solution v05"));
if (!of(what.id).passed && !values.anyway) {
  fail(
    `yours has not passed yet: npm run check ${what.id}; or see it anyway: npm run solution ${what.id} -- --anyway`,
  );
}
if (values.mine) {
  if (!begun(what)) fail(`there is nothing in exercises/${what.id} yet`);
  show(
    compareFolders(what.exercise, folderOf(what.chapter)),
    `exercises/${what.id}`,
    what.chapter.folder,
  );
} else if (what.base) {
  console.log(
    `The course's own step from ${what.base.id} to ${what.id}; there are others as good:`,
  );
  show(
    compareFolders(folderOf(what.base), folderOf(what.chapter)),
    what.base.folder,
    what.chapter.folder,
  );
} else {
  console.log(`There is nothing before ${what.id}: its code is in chapters/${what.chapter.folder}`);
}
if (!values.mine)
  console.log(
    `\nbeside yours: npm run solution ${what.id} -- --mine; its guide: chapters/${what.chapter.folder}/README.md`,
  );

function show(diffs: FileDiff[], from: string, to: string): void {
  for (const diff of diffs) console.log(["", ...coloured(unified(diff, from, to))].join("\n"));
}

function folderOf({ folder }: Chapter): string {
  return `${root}chapters/${folder}`;
}
