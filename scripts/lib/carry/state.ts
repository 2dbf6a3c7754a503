/** A carry under way, as it is kept in the git folder, where neither git nor a clean-up sees it. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Chapter } from "../../../chapters/manifest.ts";
import { Refusal } from "../refusal.ts";
import { git } from "./git.ts";
import type { Change, Tree } from "./tree.ts";

/** Trees by chapter, as lists of `[file, text]`. */
type Trees = Readonly<Record<string, readonly (readonly [string, string])[]>>;

export interface State {
  readonly origin: string;
  /** The chapter that was written last; none before the first. */
  readonly at: string;
  /** What that chapter had already. */
  readonly passedOn: readonly Change[];
  /** The origin without the change, and the later chapters before the carry. */
  readonly before: Trees;
  /** All of these as they are to be found now. */
  readonly now: Trees;
}

export const GO_ON = "npm run carry -- --continue";
export const GIVE_UP = "npm run carry -- --abort";

export function load(root: string): State | undefined {
  const path = file(root);
  return existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : undefined;
}

export function underway(root: string): State {
  const state = load(root);
  if (!state) throw new Refusal("no carry is under way");
  return state;
}

export function save(root: string, state: State): void {
  writeFileSync(file(root), JSON.stringify(state));
}

export function forget(root: string): void {
  rmSync(file(root));
}

function file(root: string): string {
  return join(git(root, ["rev-parse", "--absolute-git-dir"]).trim(), "carry.json");
}

/** The trees with this one in place of the chapter's. */
export function keep(trees: Trees, { id }: Chapter, tree: Tree): Trees {
  return { ...trees, [id]: [...tree] };
}

export function kept(trees: Trees, { id }: Chapter): Tree {
  return new Map(trees[id]);
}
