/** Git, as carrying needs it: the same whatever its user has configured. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../command.ts";

/** Where git works: a folder, and an index if it is not the repository's own. */
export interface Place {
  readonly folder: string;
  readonly index?: string | undefined;
}

/** All in the folder but the guides: each chapter tells its own story. */
export const CODE = ["--", ".", ":!*.md"];

/** The encoding of patches: a character a byte, so that whatever a file holds comes back as it was. */
export const BYTES = "latin1";

/** What the commands used here would otherwise take from the user's configuration. */
const SETTINGS = [
  "merge.conflictStyle=diff3",
  "core.safecrlf=false",
  "apply.whitespace=nowarn",
  "apply.ignoreWhitespace=no",
].flatMap((each) => ["-c", each]);

interface More {
  readonly encoding?: BufferEncoding | undefined;
  /** In {@link BYTES}. */
  readonly input?: string;
}

/** What git prints. Throws a {@link Refusal} with git's own first words when it fails. */
export function git(place: Place, args: readonly string[], encoding?: BufferEncoding): string {
  const { status, stdout, stderr } = tryGit(place, args, { encoding });
  if (status !== 0) throw new Refusal(`git ${args[0]}: ${stderr.trim().split("\n")[0]}`);
  return stdout;
}

/** The same, where it may fail. */
export function tryGit({ folder, index }: Place, args: readonly string[], more: More = {}) {
  const result = spawnSync("git", [...SETTINGS, ...args], {
    cwd: folder,
    encoding: more.encoding ?? "utf8",
    env: { ...process.env, LC_ALL: "C", ...(index && { GIT_INDEX_FILE: index }) },
    input: Buffer.from(more.input ?? "", BYTES),
    maxBuffer: 2 ** 30,
  });
  const { code, message } = (result.error ?? {}) as NodeJS.ErrnoException;
  if (code === "ENOENT") throw new Refusal("this needs git, which was not found on this machine");
  if (message !== undefined) throw new Error(message);
  return result;
}

/** The commit as its full id. */
export function commit(root: string, name: string): string {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  const { status, stdout } = tryGit({ folder: root }, args);
  if (status !== 0) throw new Refusal(`git knows no commit "${name}"`);
  return stdout.trim();
}

/** Works on an index of its own that holds the tree: neither the repository's nor a file is touched. */
export function aside<T>(root: string, tree: string, work: (place: Place) => T): T {
  const scratch = mkdtempSync(join(tmpdir(), "carry-"));
  try {
    const place = { folder: root, index: join(scratch, "index") };
    git(place, ["read-tree", tree]);
    return work(place);
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** Applies a patch to the index, and to the files if it is the repository's own; its paths begin at the folder. */
export function apply(place: Place, patch: string, ...options: readonly string[]) {
  // Where a path begins depends on the form of the patch, unless git stands at its own root.
  const where = git(place, ["rev-parse", "--show-toplevel", "--show-prefix"]);
  const [top = "", prefix] = where.split("\n");
  const inside = prefix ? [`--directory=${prefix}`] : [];
  const args = ["apply", place.index ? "--cached" : "--index", ...inside, ...options];
  return tryGit({ ...place, folder: top }, args, { input: patch });
}
