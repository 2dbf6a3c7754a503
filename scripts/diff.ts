/** `npm run diff v02 v07`: what changed from one chapter to another; `v05` alone is `v04 v05`. */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { coloured, paint } from "./lib/colour.ts";
import { Refusal } from "./lib/command.ts";
import { compare, type FileDiff, unified } from "./lib/compare.ts";
import { find, unknown } from "./lib/find.ts";
import { install } from "./lib/install.mjs";
import { changedLines } from "./lib/source.ts";

const USAGE = `usage: npm run diff v02 v07 [-- --stat | --html FILE]
  v05            alone is the step from v04 to v05
  --stat         only how many code lines changed, file by file
  --html FILE    a page for the browser`;

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stat: { type: "boolean" }, html: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help || positionals.length === 0 || positionals.length > 2) console.log(USAGE);
  else await run(positionals, values.stat === true, values.html);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined && !(error instanceof Refusal)) throw error; // a fault of ours: the stack says where
  console.error(message.split(/\.\s/)[0]);
  process.exitCode = 1;
}

async function run(names: string[], stat: boolean, html: string | undefined): Promise<void> {
  const [first, second = first] = names.map(chapterOf);
  if (!first || !second) return;
  const from = names.length === 2 ? first : chapters[chapters.indexOf(first) - 1];
  if (!from) return fail(`${first.id} is the first chapter: name another one to compare it with`);
  const diffs = compare(from, second);
  if (stat) for (const diff of diffs) console.log(statOf(diff));
  else if (html !== undefined) await writePage(html, from, second);
  else for (const diff of diffs) console.log(inColour(diff, from, second));
}

function chapterOf(name: string): Chapter | undefined {
  const chapter = find(name);
  if (!chapter) fail(unknown(name));
  return chapter;
}

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
async function writePage(path: string, from: Chapter, to: Chapter): Promise<void> {
  install({ dev: true });
  const { diffPage } = await import("./lib/docs/diff-page.ts");
  writeFileSync(path, diffPage(from, to));
  console.log(`${path} is written`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
