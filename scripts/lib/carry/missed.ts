/** Finds the changes of one chapter that a later one was left without, from the history and the tree as it is. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePatch } from "diff";
import type { Chapter } from "../../../chapters/manifest.ts";
import type { NotCarried } from "../../../chapters/not-carried.ts";
import { git } from "./git.ts";

/** Lines that a change put in place of others, and the line before and after them. */
interface Edit {
  readonly chapter: string;
  readonly file: string;
  /** Short id and subject; none for what is not committed yet. */
  readonly commit?: string;
  readonly subject?: string;
  readonly removed: string[];
  readonly added: string[];
  readonly before: string | undefined;
  after: string | undefined;
}

/** A change and the later chapters that it has not reached. */
export interface Missed extends Edit {
  readonly chapters: readonly string[];
}

/**
 * An edit is missed in a later chapter where its old lines still stand, next to the line before or
 * after them, while they are gone from its own chapter. So only the tree as it is now can be
 * wrong, whatever was wrong on the way. Lines that are only added are missed where the two lines
 * around them still touch.
 */
export function check(root: string, course: readonly Chapter[], records: readonly NotCarried[]) {
  const found = new Map<string, { readonly edit: Edit; readonly chapter: string }>();
  const used = new Set<NotCarried>();
  for (const edit of edits(root)) {
    for (const chapter of unreached(root, course, edit)) {
      const record = records.find((each) => passesOver(each, edit, chapter));
      if (record) used.add(record);
      const key = JSON.stringify([edit.file, linesOf(edit), chapter]);
      // Made in several chapters, it has stopped in the last of them. The newest edit comes first.
      const best = found.get(key)?.edit.chapter ?? "";
      if (!record && edit.chapter > best) found.set(key, { edit, chapter });
    }
  }
  const left = new Map<Edit, string[]>();
  for (const { edit, chapter } of found.values())
    left.set(edit, [...(left.get(edit) ?? []), chapter]);
  const missed = [...left].map(([edit, chapters]) => ({ ...edit, chapters }));
  /** The history is cut off, and only what is there was looked at. */
  const shallow = git({ folder: root }, ["rev-parse", "--is-shallow-repository"]).trim() === "true";
  /** Records that pass nothing over, and name no difference between two chapters either. */
  const stale = records.filter((record) => !used.has(record) && !differs(root, course, record));
  return { missed, stale, shallow };
}

/** The lines by which a record knows an edit. */
export function linesOf({ removed, added }: Edit): readonly string[] {
  return removed.length > 0 ? removed : added;
}

function passesOver(record: NotCarried, edit: Edit, chapter: string): boolean {
  const same = record.lines.join("\n") === linesOf(edit).join("\n");
  return same && record.file === edit.file && record.since <= chapter;
}

/** Whether the lines stand in one of the two: the record's first chapter, and the one before it. */
function differs(root: string, course: readonly Chapter[], record: NotCarried): boolean {
  const at = course.findIndex(({ id }) => id === record.since);
  const [one, other] = [course[at - 1], course[at]].map((chapter) =>
    holds(textOf(root, chapter, record.file) ?? "", record.lines),
  );
  return one !== other;
}

/** The later chapters where the old lines stand. */
function unreached(root: string, course: readonly Chapter[], edit: Edit): string[] {
  const own = course.find(({ id }) => id === edit.chapter);
  const now = textOf(root, own, edit.file);
  if (now === undefined || stands(now, edit)) return [];
  const later = course.filter(({ id }) => id > edit.chapter);
  const old = later.filter((each) => stands(textOf(root, each, edit.file) ?? "", edit));
  return old.map(({ id }) => id);
}

function textOf(root: string, chapter: Chapter | undefined, file: string): string | undefined {
  const path = chapter && join(root, "chapters", chapter.folder, file);
  return path && existsSync(path) ? readFileSync(path, "utf8") : undefined;
}

function holds(text: string, lines: readonly string[]): boolean {
  return `\n${text}`.includes(`\n${lines.join("\n")}\n`);
}

function stands(text: string, { removed, before, after }: Edit): boolean {
  const has = (...lines: string[]) => holds(text, lines);
  if (removed.length === 0)
    return before !== undefined && after !== undefined && has(before, after);
  const withBefore = before !== undefined && has(before, ...removed);
  return withBefore || (after !== undefined && has(...removed, after));
}

/** Every edit of the chapters' code: what is not committed yet, then the commits, the newest first. */
function edits(root: string): Edit[] {
  const options = ["-U1", "-M", "--relative", "--no-color"];
  const plain = ["--no-ext-diff", "--no-textconv", "--src-prefix=a/", "--dst-prefix=b/"];
  const what = ["--", "chapters", ":(exclude,glob)**/*.md"];
  const args = [...options, ...plain];
  const log = ["log", "-p", "--no-merges", "--no-show-signature", "--format=%x00%h%x00%s%x00"];
  const words = git({ folder: root }, [...log, ...args, ...what]).split("\0");
  const found = editsOf(git({ folder: root }, ["diff", "HEAD", ...args, ...what]), {});
  for (let i = 1; i + 2 < words.length; i += 3) {
    const [commit = "", subject = "", patch = ""] = words.slice(i, i + 3);
    found.push(...editsOf(patch, { commit, subject }));
  }
  return found;
}

function editsOf(patch: string, from: Pick<Edit, "commit" | "subject">): Edit[] {
  return parsePatch(patch).flatMap(({ newFileName = "", hunks }) => {
    const [, chapter, file] = /^b\/chapters\/(v\d\d)-[^/]*\/(.*)$/.exec(newFileName) ?? [];
    if (chapter === undefined || file === undefined) return [];
    return hunks.flatMap(({ lines }) => split(lines, { ...from, chapter, file }));
  });
}

/** The edits of a hunk: each run of removed and added lines, between its neighbours in the old text. */
function split(lines: readonly string[], where: Pick<Edit, "chapter" | "file">): Edit[] {
  const found: Edit[] = [];
  let before: string | undefined;
  let open: Edit | undefined;
  for (const line of lines.filter((each) => !each.startsWith("\\"))) {
    const text = line.slice(1);
    if (line.startsWith(" ")) {
      if (open) open.after = text;
      open = undefined;
      before = text;
    } else {
      if (!open) {
        open = { ...where, removed: [], added: [], before, after: undefined };
        found.push(open);
      }
      (line.startsWith("-") ? open.removed : open.added).push(text);
    }
  }
  return found.filter(({ removed, added }) =>
    [...removed, ...added].some((text) => /\w/.test(text)),
  );
}
