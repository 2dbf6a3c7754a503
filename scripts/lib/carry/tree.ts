/** The code of one chapter, as it stands in the working tree or stood in a commit, and what changed in it. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Chapter } from "../../../chapters/manifest.ts";
import { BYTES, git, renames } from "./git.ts";

/** Texts by file name. Guides are no code: each chapter tells its own story. */
export type Tree = ReadonlyMap<string, string>;

const isCode = (file: string) => file !== "" && !file.endsWith(".md");

/** As it stands now: what git tracks, and what is new and not ignored. */
export function treeNow(root: string, { folder }: Chapter): Tree {
  const path = `chapters/${folder}`;
  const args = ["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", path];
  const files = git(root, args)
    .split("\0")
    .filter((file) => isCode(file) && existsSync(join(root, file)));
  const name = (file: string) => file.slice(path.length + 1);
  return new Map(files.map((file) => [name(file), readFileSync(join(root, file), BYTES)]));
}

/** As it stood in a commit, whatever its folder was called then. */
export function treeAt(root: string, commit: string, { id }: Chapter): Tree {
  const args = ["ls-tree", "-r", "-z", "--name-only", commit, "--", "chapters/"];
  const files = git(root, args)
    .split("\0")
    .filter((file) => isCode(file) && file.startsWith(`chapters/${id}-`));
  const text = (file: string) => git(root, ["cat-file", "blob", `${commit}:./${file}`], BYTES);
  return new Map(files.map((file) => [file.split("/").slice(2).join("/"), text(file)]));
}

/** Makes the chapter's folder in the working tree, which is as `old`, be as `now`. */
export function writeTree(root: string, { folder }: Chapter, old: Tree, now: Tree): void {
  const path = (file: string) => join(root, "chapters", folder, file);
  for (const file of old.keys()) if (!now.has(file)) rmSync(path(file), { force: true });
  for (const [file, text] of now) {
    if (old.get(file) === text) continue;
    mkdirSync(dirname(path(file)), { recursive: true });
    writeFileSync(path(file), text, BYTES);
  }
}

export function sameTree(one: Tree, other: Tree): boolean {
  return one.size === other.size && [...one].every(([file, text]) => other.get(file) === text);
}

/** What became of one file. */
export interface Change {
  /** Its name before; none when it is new. */
  readonly from: string | undefined;
  /** Its name now; none when it is removed. */
  readonly to: string | undefined;
  readonly base: string;
  readonly theirs: string;
}

/** What changed, by file; a file that was renamed is one change. */
export function changesBetween(old: Tree, now: Tree): Change[] {
  const gone = new Map([...old].filter(([file]) => !now.has(file)));
  const fresh = new Map([...now].filter(([file]) => !old.has(file)));
  const renamed = gone.size > 0 && fresh.size > 0 ? renames(gone, fresh) : new Map();
  const files = [...new Set([...old.keys(), ...now.keys()])].sort();
  return files.flatMap((file): Change[] => {
    const base = old.get(file) ?? "";
    const theirs = now.get(file);
    if (theirs === undefined) {
      if ([...renamed.values()].includes(file)) return []; // told under its new name
      return [{ from: file, to: undefined, base, theirs: "" }];
    }
    if (old.has(file)) return base === theirs ? [] : [{ from: file, to: file, base, theirs }];
    const from = renamed.get(file);
    return [{ from, to: file, base: old.get(from) ?? "", theirs }];
  });
}
