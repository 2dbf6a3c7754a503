/** What differs between two chapters, file by file. */
import { createTwoFilesPatch } from "diff";
import { type Chapter, chapters } from "../../chapters/manifest.ts";
import { sources } from "../../chapters/sources.ts";
import { mustBeHere } from "./held-back.ts";
import { root } from "./root.ts";
import { codeLines } from "./source.ts";

export interface FileDiff {
  readonly file: string;
  /** Why, if the two chapters are neighbours. */
  readonly why: string | undefined;
  readonly before: string;
  readonly after: string;
}

/** The files that differ, in the order in which they are best read: who is used comes first. */
export function compare(from: Chapter, to: Chapter): FileDiff[] {
  const next = chapters.indexOf(to) - chapters.indexOf(from) === 1;
  const diffs = compareFolders(`${root}chapters/${from.folder}`, `${root}chapters/${to.folder}`);
  return diffs.map((diff) => ({ ...diff, why: next ? to.changes[diff.file] : undefined }));
}

/** Any two folders that are laid out like chapters. */
export function compareFolders(from: string, to: string): FileDiff[] {
  for (const folder of [from, to]) mustBeHere(folder);
  const [old, now] = [sources(from), sources(to)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((file) => old.get(file) !== now.get(file))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((file) => ({
      file,
      why: undefined,
      before: old.get(file) ?? "",
      after: now.get(file) ?? "",
    }));
}

/** The lines of code that a chapter brings; the first one, those of its server. */
export function brought(chapter: Chapter): string[] {
  const before = chapters[chapters.indexOf(chapter) - 1];
  const first = sources(`${root}chapters/${chapter.folder}`).get("server.ts") ?? "";
  const diffs = before ? compare(before, chapter) : [{ before: "", after: first }];
  return diffs.flatMap(({ before, after }) => {
    const old = codeLines(before);
    return codeLines(after).filter((line) => !old.includes(line));
  });
}

/** As `diff -u` would have it; `from` and `to` name the folders. */
export function unified({ file, before, after }: FileDiff, from: string, to: string): string {
  const name = (folder: string, text: string) => (text === "" ? "/dev/null" : `${folder}/${file}`);
  const [a, b] = [name(from, before), name(to, after)];
  return createTwoFilesPatch(a, b, before, after, undefined, undefined, { context: 3 });
}

const ORDER = ["lines", "tasks", "channel", "connection", "room", "user", "server", "main"];
const rank = (file: string) => (ORDER.indexOf(file.replace(".ts", "")) + 100) % 100;
