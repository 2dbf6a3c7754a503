/** Git, as carrying needs it: it reads, compares and merges; nothing here writes to the repository. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Refusal } from "../refusal.ts";

/** The encoding of file contents: a character a byte, so that whatever a file holds comes back as it was. */
export const BYTES = "latin1";

/** What git prints. Throws a {@link Refusal} with git's own first words when it fails. */
export function git(root: string, args: string[], encoding: BufferEncoding = "utf8"): string {
  const { status, stdout, stderr } = run(root, args, encoding);
  if (status !== 0) throw new Refusal(`git ${args[0]}: ${stderr.trim().split("\n")[0]}`);
  return stdout;
}

function run(cwd: string, args: string[], encoding: BufferEncoding) {
  const env = { ...process.env, LC_ALL: "C" };
  const result = spawnSync("git", args, { cwd, encoding, env, maxBuffer: 2 ** 30 });
  const { code, message } = (result.error ?? {}) as NodeJS.ErrnoException;
  if (code === "ENOENT") throw new Refusal("this needs git, which was not found on this machine");
  if (message !== undefined) throw new Error(message);
  return result;
}

/** The commit as its full id. */
export function commit(root: string, name: string): string {
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
  const { status, stdout } = run(root, args, "utf8");
  if (status !== 0) throw new Refusal(`git knows no commit "${name}"`);
  return stdout.trim();
}

/** Who is who in the conflicts of a merge. */
export interface Labels {
  readonly ours: string;
  readonly base: string;
  readonly theirs: string;
}

export interface Merged {
  readonly text: string;
  readonly conflicts: number;
}

/** `ours` with the change from `base` to `theirs`; nothing when one of them is not text. */
export function merge(ours: string, base: string, theirs: string, names: Labels) {
  return inScratch({ ours, base, theirs }, (folder): Merged | undefined => {
    const labels = [names.ours, names.base, names.theirs].flatMap((label) => ["-L", label]);
    const args = ["merge-file", "-p", "--diff3", ...labels, "ours", "base", "theirs"];
    const { status, stdout } = run(folder, args, BYTES);
    // The exit code is the number of conflicts; from 128 on, it is an error.
    return status === null || status > 127 ? undefined : { text: stdout, conflicts: status };
  });
}

/** The files of `now` that git takes for files of `old` under another name: by the new name, the old one. */
export function renames(old: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>) {
  const files: Record<string, string> = {};
  for (const [file, text] of old) files[`old/${file}`] = text;
  for (const [file, text] of now) files[`now/${file}`] = text;
  return inScratch(files, (folder) => {
    const args = ["diff", "--no-index", "-M", "--name-status", "-z", "old", "now"];
    const words = run(folder, args, "utf8").stdout.split("\0");
    const found = new Map<string, string>();
    for (let i = 0; i + 1 < words.length; ) {
      const renamed = words[i]?.startsWith("R");
      if (renamed) found.set(`${words[i + 2]}`.slice(4), `${words[i + 1]}`.slice(4));
      i += renamed ? 3 : 2;
    }
    return found;
  });
}

function inScratch<T>(files: Record<string, string>, work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "carry-"));
  try {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text, BYTES);
    }
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
