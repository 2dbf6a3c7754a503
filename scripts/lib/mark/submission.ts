/** What was handed in: the folders of a folder, and how each of them says that it is started. */
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Refusal } from "../command.ts";

/** One that is to be held against one chapter. */
export interface Submission {
  readonly name: string;
  /** `v05`. */
  readonly chapter: string;
  readonly folder: string;
}

/** One folder for all chapters, or in it one for each: `alice/v05`, as in exercises/. By name. */
export function submissions(folder: string, chapters: readonly string[]): Submission[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory())
    throw new Refusal(
      `there is no folder ${folder}; it must contain the submissions, one folder for each`,
    );
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map(({ name }) => name)
    .sort();
  if (names.length === 0)
    throw new Refusal(`there are no submissions in ${folder}: each submission is a folder in it`);
  return names.flatMap((name) =>
    chapters.map((chapter) => {
      const own = join(folder, name, chapter);
      return { name, chapter, folder: existsSync(own) ? own : join(folder, name) };
    }),
  );
}

/** A folder that is laid out like an exercise needs no run.txt. */
const EXERCISE = `"${process.execPath}" --import ${import.meta.resolve("tsx")} main.ts --port {port} {args}`;

/** Shell lines that build the program in the folder, and how it is started. Throws a {@link Refusal} if it does not say so. */
export function recipe(folder: string): { build: readonly string[]; cmd: string } {
  const file = join(folder, "run.txt");
  const found = lstatSync(file, { throwIfNoEntry: false });
  if (found?.isFile()) return read(readFileSync(file, "utf8"));
  if (found) throw new Refusal("run.txt is not a plain file");
  if (existsSync(join(folder, "main.ts"))) return { build: [], cmd: EXERCISE };
  throw new Refusal("it has neither run.txt nor main.ts");
}

/** `build: go build -o server .`, any number of them, and one line that starts it. */
function read(text: string) {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const said = lines.filter((line) => line !== "" && !line.startsWith("#"));
  const build = said.filter((line) => line.startsWith("build:"));
  const [cmd, another] = said.filter((line) => !line.startsWith("build:"));
  if (cmd === undefined)
    throw new Refusal("run.txt has no line that says how to start the submission");
  if (another !== undefined)
    throw new Refusal("run.txt has more than one line that says how to start the submission");
  if (!cmd.includes("{port}"))
    throw new Refusal("run.txt must contain {port}, where the port goes");
  return { build: build.map((line) => line.slice("build:".length).trim()), cmd };
}

/** Differs when a file does, or what else the mark depends on. */
export function fingerprint(folder: string, ...more: readonly string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(more));
  try {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => isPartOf(folder, file))
      .sort();
    for (const file of files)
      hash.update(`\0${file.slice(folder.length)}\0`).update(readFileSync(file));
  } catch {
    // What cannot be read cannot be copied either, and that is its verdict.
  }
  return hash.digest("hex");
}

/** The history of a clone has nothing to do with how it runs. */
export function isPartOf(folder: string, file: string): boolean {
  return !/[\\/]\.git([\\/]|$)/.test(file.slice(folder.length));
}
