/** Which change is to be carried, and what speaks against it. */
import type { Chapter } from "../../../chapters/manifest.ts";
import { find, unknown } from "../find.ts";
import { Refusal } from "../refusal.ts";
import { commit, git } from "./git.ts";
import { changesBetween, treeAt, treeNow } from "./tree.ts";

/** What one commit did, or all that was done since one; with neither, what is not committed yet. */
export interface Source {
  readonly commit?: string | undefined;
  readonly since?: string | undefined;
}

/** The origin with and without the change, and the chapters after it. Throws a {@link Refusal}. */
export function prepare(root: string, course: readonly Chapter[], name: string, source: Source) {
  const origin = find(name, course);
  if (!origin) throw new Refusal(unknown(name, course));
  const later = course.slice(course.indexOf(origin) + 1);
  if (later.length === 0)
    throw new Refusal(`${origin.id} is the last chapter: none comes after it`);
  const { old, now } = sides(root, origin, source);
  const changes = changesBetween(old, now);
  if (changes.length === 0) throw new Refusal(nothing(origin, source));
  for (const { base, theirs, to } of changes) {
    if (theirs.includes("\r\n") && !base.includes("\r\n") && base !== "")
      throw new Refusal(`${to} of ${origin.id} has Windows line ends now; npm run format mends it`);
  }
  for (const chapter of later) refuseDirty(root, chapter);
  return { origin, later, old, now, changes };
}

function sides(root: string, origin: Chapter, source: Source) {
  if (source.commit === undefined) {
    const from = commit(root, source.since ?? "HEAD");
    return { old: treeAt(root, from, origin), now: treeNow(root, origin) };
  }
  const to = commit(root, source.commit);
  return { old: treeAt(root, commit(root, `${to}^`), origin), now: treeAt(root, to, origin) };
}

function nothing({ id }: Chapter, { commit, since }: Source): string {
  if (commit !== undefined) return `commit ${commit} changes no code of ${id}`;
  if (since !== undefined) return `no code of ${id} has changed since ${since}`;
  return `${id} has no change that is not committed; for one that is: npm run carry ${id} -- --commit REV`;
}

function refuseDirty(root: string, { id, folder }: Chapter): void {
  const args = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"];
  const entries = git(root, [...args, "--", `chapters/${folder}`]).split("\0");
  const path = entries.find((entry) => entry !== "" && !entry.endsWith(".md"))?.slice(3);
  if (path === undefined) return;
  throw new Refusal(
    `${id} has a change of its own that is not committed (${path}): commit it, or put it away with git stash`,
  );
}
