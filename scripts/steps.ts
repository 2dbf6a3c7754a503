/** `npm run steps`: how far each chapter is from the one before, and whether that is what the manifest says. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { type Change, changedLines, codeLines, imports } from "./source.ts";

export interface Step extends Change {
  readonly chapter: Chapter;
  readonly changes: readonly string[];
  /** The code lines of the whole chapter. */
  readonly lines: number;
  /** What breaks the rules, a line each. */
  readonly broken: readonly string[];
}

const NOTHING: ReadonlyMap<string, string> = new Map();

/** Measures every chapter of a course against the one before it. `root` is the folder that holds the chapters. */
export function measure(root: string, course: readonly Chapter[] = chapters): Step[] {
  return course.map((chapter, i) => {
    const before = course[i - 1];
    const old = before ? sources(root, before) : NOTHING;
    const now = sources(root, chapter);
    const files = [...new Set([...old.keys(), ...now.keys()])].sort();
    const changes = files.filter((file) => old.get(file) !== now.get(file));
    const total = { added: 0, removed: 0, changed: 0 };
    for (const file of changes) {
      const { added, removed, changed } = changedLines(old.get(file) ?? "", now.get(file) ?? "");
      total.added += added;
      total.removed += removed;
      total.changed += changed;
    }
    const lines = [...now.values()].reduce((sum, source) => sum + codeLines(source).length, 0);
    const broken = [...wrongFiles(chapter, changes), ...strayImports(chapter, now)];
    if (total.changed > chapter.cap) {
      broken.push(`${chapter.id} changes ${total.changed} code lines: its cap is ${chapter.cap}`);
    }
    return { chapter, changes, lines, broken, ...total };
  });
}

function sources(root: string, { folder }: Chapter): Map<string, string> {
  const path = `${root}/${folder}`;
  if (!existsSync(path)) return new Map();
  const files = readdirSync(path).filter((file) => file.endsWith(".ts"));
  return new Map(files.map((file) => [file, readFileSync(`${path}/${file}`, "utf8")]));
}

function wrongFiles({ id, changes }: Chapter, actual: string[]): string[] {
  const said = Object.keys(changes);
  const surprises = actual.filter((file) => !said.includes(file));
  const missing = said.filter((file) => !actual.includes(file));
  return [
    ...surprises.map((file) => `${id} changes ${file}: the manifest does not say so`),
    ...missing.map((file) => `${id} does not change ${file}: the manifest says that it does`),
  ];
}

/** A chapter stands by itself: Node's own modules and its own files, nothing else. */
function strayImports({ id }: Chapter, files: ReadonlyMap<string, string>): string[] {
  const own = (name: string) => name.startsWith("node:") || files.has(posix.relative(".", name));
  return [...files].flatMap(([file, source]) => {
    const stray = imports(source).filter((name) => !own(name));
    return stray.map((name) => `${id} imports from outside itself: "${name}" in ${file}`);
  });
}

function print(steps: readonly Step[]): void {
  const row = (...[id, diff, changed, cap, lines, files]: string[]) =>
    [
      id?.padEnd(5),
      diff?.padEnd(11),
      changed?.padStart(7),
      cap?.padStart(5),
      lines?.padStart(7),
      ` ${files}`,
    ].join(" ");
  console.log(row("", "code lines", "changed", "cap", "in all", "files that differ"));
  for (const { chapter, added, removed, changed, lines, changes } of steps) {
    const diff = `+${added} -${removed}`;
    console.log(
      row(chapter.id, diff, `${changed}`, `${chapter.cap}`, `${lines}`, changes.join(" ")),
    );
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const steps = measure(fileURLToPath(new URL("../chapters", import.meta.url)));
  print(steps);
  const broken = steps.flatMap((step) => step.broken);
  for (const line of broken) console.error(line);
  process.exitCode = broken.length > 0 ? 1 : 0;
}
