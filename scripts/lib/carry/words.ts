/** What a carry says, a line a hop and file. */
import type { Chapter } from "../../../chapters/manifest.ts";
import type { Labels } from "./git.ts";
import type { Outcome } from "./hop.ts";
import { GIVE_UP, GO_ON } from "./state.ts";

export function row({ id }: Chapter, file: string, did: string, note: string): string {
  return `${id}  ${file.padEnd(14)}  ${did.padEnd(9)}  ${note}`.trimEnd();
}

export function told(chapter: Chapter, { file, did, note, conflict }: Outcome): string {
  return row(chapter, file, did, conflict ?? note);
}

/** `v04`, or `v04 to v09`. */
export function span(chapters: readonly Chapter[]): string {
  const [first, last] = [chapters[0]?.id, chapters.at(-1)?.id];
  return first === last ? `${first}` : `${first} to ${last}`;
}

/** Who is who between the markers of a conflict. */
export function labels(before: Chapter, { id }: Chapter): Labels {
  return {
    ours: `${id} as it is`,
    base: `${before.id} without the change`,
    theirs: `${before.id} with the change`,
  };
}

/** What to do about the conflicts of a chapter. */
export function advice(chapter: Chapter, before: Chapter, conflicts: readonly Outcome[]): string[] {
  const { ours, base, theirs } = labels(before, chapter);
  const files = conflicts.map(({ file }) => `chapters/${chapter.folder}/${file}`);
  const sides = [
    `  <<<<<<<  ${ours}`,
    `  |||||||  ${base}`,
    `  =======  ${theirs}`,
    `  >>>>>>>`,
    `Make of each such place what ${chapter.id} needs, and take the markers out. Then:`,
  ];
  const marked = conflicts.some(({ writes }) => writes.size > 0);
  return [
    `stopped in ${chapter.id}, at ${files.join(" and ")}`,
    ...(marked ? sides : ["Make of it what the chapter needs. Then:"]),
    `  ${GO_ON}   goes on from what you made of it`,
    `  ${GIVE_UP}      puts the later chapters back as they were`,
  ];
}
