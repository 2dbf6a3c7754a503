/** How far each chapter is from the one before, and whether that is what the manifest says. */
import { existsSync } from "node:fs";
import { posix } from "node:path";
import { type Chapter, chapters } from "../../chapters/manifest.ts";
import { sources } from "../../chapters/sources.ts";
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
    const old = before ? sourcesOf(root, before) : NOTHING;
    const now = sourcesOf(root, chapter);
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
    const packages = course.slice(0, i + 1).flatMap(({ packages = [] }) => packages);
    const broken = [...wrongFiles(chapter, changes), ...strayImports(chapter, now, packages)];
    if (total.changed > chapter.cap) {
      broken.push(`${chapter.id} changes ${total.changed} code lines: its cap is ${chapter.cap}`);
    }
    return { chapter, changes, lines, broken, ...total };
  });
}

function sourcesOf(root: string, { folder }: Chapter): ReadonlyMap<string, string> {
  return existsSync(`${root}/${folder}`) ? sources(`${root}/${folder}`) : NOTHING;
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

/** A chapter stands by itself: Node's own modules, its own files, and the packages that it or one before it brings. */
function strayImports(
  { id }: Chapter,
  files: ReadonlyMap<string, string>,
  packages: readonly string[],
): string[] {
  return [...files].flatMap(([file, source]) => {
    const own = (name: string) =>
      name.startsWith("node:") ||
      packages.includes(name) ||
      files.has(posix.join(posix.dirname(file), name));
    const stray = imports(source).filter((name) => !own(name));
    return stray.map((name) => `${id} imports from outside itself: "${name}" in ${file}`);
  });
}
