/** What differs between two chapters, file by file. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createTwoFilesPatch } from "diff";
import { type Chapter, chapters } from "../chapters/manifest.ts";

export interface FileDiff {
  readonly file: string;
  /** Why, if the two chapters are neighbours. */
  readonly why: string | undefined;
  readonly before: string;
  readonly after: string;
}

/** The files that differ, in the order in which they are best read: who is used comes first. */
export function compare(from: Chapter, to: Chapter): FileDiff[] {
  const [old, now] = [sources(from), sources(to)];
  const next = chapters.indexOf(to) - chapters.indexOf(from) === 1;
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((file) => old.get(file) !== now.get(file))
    .sort((a, b) => rank(a) - rank(b) || a.localeCompare(b))
    .map((file) => ({
      file,
      why: next ? to.changes[file] : undefined,
      before: old.get(file) ?? "",
      after: now.get(file) ?? "",
    }));
}

/** As `diff -u` would have it. */
export function unified({ file, before, after }: FileDiff, from: Chapter, to: Chapter): string {
  const name = (chapter: Chapter, text: string) =>
    text === "" ? "/dev/null" : `${chapter.folder}/${file}`;
  const [a, b] = [name(from, before), name(to, after)];
  return createTwoFilesPatch(a, b, before, after, undefined, undefined, { context: 3 });
}

const ORDER = ["lines", "tasks", "channel", "connection", "room", "user", "server", "main"];
const rank = (file: string) => (ORDER.indexOf(file.replace(".ts", "")) + 100) % 100;

function sources({ folder }: Chapter): Map<string, string> {
  const path = fileURLToPath(new URL(`../chapters/${folder}/`, import.meta.url));
  const files = readdirSync(path).filter((file) => file.endsWith(".ts"));
  return new Map(files.map((file) => [file, readFileSync(path + file, "utf8")]));
}
