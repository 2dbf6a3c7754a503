/** `npm run diff v02 v07`: what changed from one chapter to another; `v05` alone is `v04 v05`. */
import { writeFileSync } from "node:fs";
import { parseArgs, styleText } from "node:util";
import { diffWordsWithSpace } from "diff";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { compare, type FileDiff, unified } from "./compare.ts";
import { find, unknown } from "./find.ts";
import { install } from "./install.mjs";
import { changedLines } from "./source.ts";

const USAGE = `usage: npm run diff v02 v07 [-- --stat | --html FILE]
  v05            alone is the step from v04 to v05
  --stat         only how many code lines changed, file by file
  --html FILE    a page for the browser`;

type Style = Parameters<typeof styleText>[0];
const colours = process.stdout.hasColors?.() ?? false;
const paint = (style: Style, text: string) => (colours ? styleText(style, text) : text);

try {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { stat: { type: "boolean" }, html: { type: "string" }, help: { type: "boolean" } },
  });
  if (values.help || positionals.length === 0 || positionals.length > 2) console.log(USAGE);
  else await run(positionals, values.stat === true, values.html);
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error; // a fault of ours: the stack says where
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
  const lines = unified(diff, from, to).trimEnd().split("\n").slice(1);
  const shown: string[] = [paint("bold", `\n${diff.file}`) + (diff.why ? `   ${diff.why}` : "")];
  for (let i = 0; i < lines.length; ) {
    const removed = block(lines, i, "-");
    const added = block(lines, i + removed.length, "+");
    if (removed.length + added.length === 0) {
      const line = lines[i++] ?? "";
      shown.push(line.startsWith("@@") ? paint("cyan", line) : line);
    } else {
      shown.push(...marked(removed, added));
      i += removed.length + added.length;
    }
  }
  return shown.join("\n");
}

/** The lines from `at` on that begin with the sign. */
function block(lines: readonly string[], at: number, sign: "-" | "+"): string[] {
  let end = at;
  while (lines[end]?.startsWith(sign)) end++;
  return lines.slice(at, end);
}

/** Red and green; where a line replaces another, the words that differ stand out. */
function marked(removed: readonly string[], added: readonly string[]): string[] {
  const pairs = removed.length === added.length;
  const line = (text: string, style: "red" | "green", other: string | undefined) => {
    if (other === undefined) return paint(style, text);
    const [before, after] = style === "red" ? [text, other] : [other, text];
    const parts = diffWordsWithSpace(before.slice(1), after.slice(1));
    const own = parts.filter((part) => (style === "red" ? !part.added : !part.removed));
    const words = own.map(({ value, added, removed }) =>
      paint(added || removed ? [style, "inverse"] : style, value),
    );
    return paint(style, text.slice(0, 1)) + words.join("");
  };
  return [
    ...removed.map((text, i) => line(text, "red", pairs ? added[i] : undefined)),
    ...added.map((text, i) => line(text, "green", pairs ? removed[i] : undefined)),
  ];
}

/** One file that holds everything, its style and its script too. */
async function writePage(path: string, from: Chapter, to: Chapter): Promise<void> {
  install({ dev: true });
  const { diffPage } = await import("./diff-page.ts");
  writeFileSync(path, diffPage(from, to));
  console.log(`${path} is written`);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
