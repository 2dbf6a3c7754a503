/** What git does not know of a carry that has stopped; all else is in the working tree and the index. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../command.ts";
import { git } from "./git.ts";
import type { Change } from "./hop.ts";

export interface State {
  readonly origin: string;
  /** The commit that holds the origin without the change. */
  readonly old: string;
  /** The one that holds the later chapters without it. */
  readonly head: string;
  /** The chapter that was written last. */
  readonly at: string;
  /** What that chapter had already. */
  readonly passing: readonly Change[];
}

export const GO_ON = "npm run carry -- --continue";
export const GIVE_UP = "npm run carry -- --abort";

export function refuseUnderway(root: string): void {
  if (!existsSync(file(root))) return;
  const { origin, at } = underway(root);
  throw new Refusal(`a carry of ${origin} has stopped in ${at}: ${GO_ON}, or ${GIVE_UP}`);
}

export function underway(root: string): State {
  if (!existsSync(file(root))) throw new Refusal("no carry is under way");
  return JSON.parse(readFileSync(file(root), "utf8"));
}

export function save(root: string, state: State): void {
  writeFileSync(file(root), JSON.stringify(state));
}

export function forget(root: string): void {
  rmSync(file(root), { force: true });
}

/** In the git folder, where neither git nor a clean-up sees it. */
function file(root: string): string {
  return join(git({ folder: root }, ["rev-parse", "--absolute-git-dir"]).trim(), "carry.json");
}
