/** One hop: what a change of one chapter makes of the files of the next. */
import { diffLines } from "diff";
import { type Labels, merge } from "./git.ts";
import { type Change, changesBetween, type Tree } from "./tree.ts";

/** What becomes of one file. */
export interface Outcome {
  /** Its name in this chapter. */
  readonly file: string;
  /** In a word or two: `copied`, `carried`, `added`, `removed`, `conflict` … */
  readonly did: string;
  /** The texts to write, by file; nothing where a file goes. */
  readonly writes: ReadonlyMap<string, string | undefined>;
  /** Lines that come and go, `(+1 −1)`, or more words. */
  readonly note: string;
  /** Why somebody has to look at it. */
  readonly conflict?: string;
  /** The chapter had it already: the next one gets the change as this one did. */
  readonly passOn?: Change;
}

const NOTHING: ReadonlyMap<string, string | undefined> = new Map();

/**
 * Carries the changes into `ours`. `before` is the chapter that they come from as it was without
 * them: from the step between the two it is known what `ours` calls a file now.
 */
export function hop(changes: readonly Change[], before: Tree, ours: Tree, labels: Labels) {
  const step = changesBetween(before, ours);
  const calls = (file: string) =>
    step.find(({ from, to }) => from === file && to !== undefined)?.to ?? file;
  return changes.map((change): Outcome => {
    const { from, to } = change;
    if (from === undefined) return addition(change, `${to}`, ours, labels);
    if (to === undefined) return removal(change, calls(from), ours);
    const own = calls(from);
    return modification(change, own, own === from ? to : own, ours, labels);
  });
}

/** The tree with what was written; conflicts too, with their markers. */
export function applied(ours: Tree, outcomes: readonly Outcome[]): Tree {
  const tree = new Map(ours);
  for (const { writes } of outcomes) {
    for (const [file, text] of writes) {
      if (text === undefined) tree.delete(file);
      else tree.set(file, text);
    }
  }
  return tree;
}

function addition(change: Change, file: string, ours: Tree, labels: Labels): Outcome {
  const mine = ours.get(file);
  if (mine === undefined) {
    const note = counted("", change.theirs);
    return { file, did: "added", writes: new Map([[file, change.theirs]]), note };
  }
  return merged(change, file, file, mine, labels);
}

function removal(change: Change, file: string, ours: Tree): Outcome {
  const mine = ours.get(file);
  if (mine === undefined) return already(change, file);
  if (mine !== change.base) {
    const conflict = "it is removed, but this chapter has changed it: remove it here, or keep it";
    return { file, did: "conflict", writes: NOTHING, note: "", conflict };
  }
  const note = counted(mine, "");
  return { file, did: "removed", writes: new Map([[file, undefined]]), note };
}

function modification(
  change: Change,
  from: string,
  to: string,
  ours: Tree,
  labels: Labels,
): Outcome {
  const mine = ours.get(from);
  const renamed = ours.get(to);
  if (mine !== undefined && renamed !== undefined && from !== to) {
    const conflict = `${from} becomes ${to}, but this chapter has both: make one of them`;
    return { file: to, did: "conflict", writes: NOTHING, note: "", conflict };
  }
  if (mine !== undefined) return merged(change, from, to, mine, labels);
  if (renamed !== undefined) return merged(change, to, to, renamed, labels);
  const conflict = "this chapter has no such file: look where the change belongs here, if anywhere";
  return { file: to, did: "conflict", writes: NOTHING, note: "", conflict };
}

function merged(change: Change, from: string, to: string, mine: string, labels: Labels): Outcome {
  const same = mine === change.base;
  const result = same
    ? { text: change.theirs, conflicts: 0 }
    : merge(mine, change.base, change.theirs, labels);
  if (result === undefined) {
    const conflict = "it is not text: put the file here that this chapter needs";
    return { file: to, did: "conflict", writes: NOTHING, note: "", conflict };
  }
  const { text, conflicts } = result;
  if (text === mine && from === to) return already(change, to);
  const writes = new Map<string, string | undefined>([[to, text]]);
  if (from !== to) writes.set(from, undefined);
  const note = counted(mine, text) + (from === to ? "" : ` was ${from}`);
  if (conflicts === 0) return { file: to, did: same ? "copied" : "carried", writes, note };
  const conflict = `${conflicts} ${conflicts === 1 ? "place" : "places"} to decide`;
  return { file: to, did: "conflict", writes, note: "", conflict };
}

function already(change: Change, file: string): Outcome {
  return { file, did: "unchanged", writes: NOTHING, note: "has it already", passOn: change };
}

function counted(before: string, after: string): string {
  let [more, less] = [0, 0];
  for (const { added, removed, count } of diffLines(before, after)) {
    if (added) more += count;
    if (removed) less += count;
  }
  return `(+${more} −${less})`;
}
