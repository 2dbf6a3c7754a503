/** One hop: what has changed in the code of one chapter, and what the next one makes of it. */
import { apply, BYTES, CODE, git, type Place } from "./git.ts";

/** What became of one file. */
export interface Change {
  /** Added, deleted, modified or renamed, as git has it. */
  readonly kind: string;
  /** Its name before; the same as `file` unless it was renamed. */
  readonly from: string;
  readonly file: string;
  readonly patch: string;
}

export interface Outcome {
  readonly change: Change;
  /** In a word or two: `copied`, `merged`, `added`, `conflict` … */
  readonly did: string;
  /** The chapter had it already: the next one gets the change as this one did. */
  readonly already?: boolean;
  /** Somebody has to decide. */
  readonly open?: boolean;
}

/** What has changed in a chapter's code from one commit to another, or else to the index. */
export function changes(place: Place, old: string, now?: string): Change[] {
  const between = now ? ["diff-tree", "-r", old, now] : ["diff-index", "--cached", old];
  const diff = [...between, "-M", "--relative"];
  const names = git(place, [...diff, "-z", "--name-status", ...CODE]);
  const words = names.split("\0");
  const found: Change[] = [];
  while (words.length > 1) {
    const [kind = "", from = ""] = words.splice(0, 2);
    const file = kind.startsWith("R") ? `${words.shift()}` : from;
    if (kind === "U") continue; // a conflict, in a rehearsal
    const whole = [...diff, "-p", "--full-index", "--", from, file];
    found.push({ kind: kind.slice(0, 1), from, file, patch: git(place, whole, BYTES) });
  }
  return found;
}

/** Tells the index of all that there is now, were it in conflict before. */
export function stage(place: Place): void {
  git(place, ["add", "--all", ...CODE]);
}

/** The path of a file that is not as it was committed, if there is one. */
export function uncommitted(place: Place): string | undefined {
  const status = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames"];
  const [first = ""] = git(place, [...status, ...CODE]).split("\0");
  return first === "" ? undefined : first.slice(3);
}

/** Takes a change of the chapter before over into this one. */
export function take(place: Place, change: Change): Outcome {
  const staged = () => git(place, ["ls-files", "--stage", "--", "."]);
  const before = staged();
  const { status, stderr } = apply(place, change.patch, "--3way");
  const after = staged();
  const gone = change.kind === "D" && stderr.includes("does not exist in index");
  if (gone || (status === 0 && after === before))
    return { change, did: "has it already", already: true };
  if (status === 0) return { change, did: word(change, after) };
  if (after !== before) return { change, did: "conflict", open: true };
  return { change, did: `conflict   ${reason(change, stderr)}`, open: true };
}

/** `copied` where both chapters have the same file now. */
function word({ kind, file, from, patch }: Change, staged: string): string {
  const [, blob] = /^index \w+\.\.(\w+)/m.exec(patch) ?? [];
  if (kind === "M") return staged.includes(`${blob} 0\t${file}\n`) ? "copied" : "merged";
  return { A: "added", D: "removed", R: `renamed    was ${from}` }[kind] ?? "changed";
}

/** Why git could not even begin. */
function reason({ kind }: Change, stderr: string): string {
  if (kind === "D") return "removed, but this chapter has changed it: remove it here, or keep it";
  if (stderr.includes("does not exist in index"))
    return "this chapter has no such file: look where the change belongs here, if anywhere";
  return stderr.trim().split("\n").at(-1) ?? "";
}
