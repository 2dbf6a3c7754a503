/** A small course in a git repository of its own, in which a change can be carried and looked for. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, vi } from "vitest";
import type { Chapter } from "../../../chapters/manifest.ts";
import type { NotCarried } from "../../../chapters/not-carried.ts";
import { scratch } from "../testing.ts";
import { abort, begin, goOn, rehearse, type Source } from "./chain.ts";
import { report } from "./report.ts";

/** What users have in their configuration, and what must not matter. */
const HOSTILE = `[user]\n\tname = somebody\n\temail = somebody@example.org
[core]\n\tautocrlf = true\n\tsafecrlf = true\n\tquotePath = true
[color]\n\tui = always
[diff]\n\tnoprefix = true\n\tcontext = 0\n\trenames = false\n\texternal = false
[merge]\n\tconflictStyle = merge
[apply]\n\twhitespace = error-all\n\tignoreWhitespace = change
[status]\n\tshowUntrackedFiles = no\n\trelativePaths = true
[log]\n\tshowRoot = false\n\tdate = relative
[format]\n\tpretty = oneline\n`;

/** A suite where git's configuration is hostile and nobody's own; skipped, visibly, where there is no git. */
export function withGit(name: string, tests: () => void): void {
  const git = spawnSync("git", ["--version"]).status === 0;
  const title = git ? name : `${name} (there is no git on this machine)`;
  describe.skipIf(!git)(title, () => {
    const home = scratch();
    beforeAll(() => {
      writeFileSync(join(home, "config"), HOSTILE);
      const inherited = Object.keys(process.env).filter((key) => key.startsWith("GIT_"));
      for (const key of inherited) vi.stubEnv(key, undefined);
      vi.stubEnv("GIT_CONFIG_GLOBAL", join(home, "config"));
      vi.stubEnv("GIT_CONFIG_NOSYSTEM", "1");
    });
    afterAll(() => void vi.unstubAllEnvs());
    tests();
  });
}

export const course = ["one", "two", "three", "four"].map((title, i): Chapter => {
  const id = `v0${i + 1}`;
  const rest = { adds: title, original: "none" as const, changes: {}, cap: 50 };
  return { id, folder: `${id}-${title}`, title, ...rest };
});
export const [V1, V2, V3, V4] = course.map(({ folder }) => `chapters/${folder}`);

export const SAME =
  "export const limit = 10;\nexport const wait = 20;\nexport const name = 'same';\n";
export const lines = (names: string) => names.replace(/(\S+) ?/g, "$1();\n");
/** By chapter; the last one leaves the file as it was. */
export const STEPS = [
  lines("one two three four five six"),
  lines("one two three four five six added2"),
  lines("one two three four added3 five six added2"),
];

/** The course, in a repository with one commit. */
export class Course {
  readonly root: string;
  readonly said: string[] = [];
  /** The chapters whose cases were run, and those whose cases are red. */
  readonly proved: string[] = [];
  readonly red = new Set<string>();

  /** `inside`: the folder of the repository in which it is, if it has not the whole. */
  constructor(inside = "") {
    const repository = scratch();
    this.root = join(repository, inside);
    this.write(".gitattributes", "* text=auto eol=lf\n");
    spawnSync("git", ["init", "--quiet"], { cwd: repository });
    for (const [i, { id, folder }] of course.entries()) {
      this.write(`chapters/${folder}/same.ts`, SAME);
      this.write(`chapters/${folder}/steps.ts`, `${STEPS[i] ?? STEPS.at(-1)}`);
      this.write(`chapters/${folder}/README.md`, `the guide of ${id}, which calls two()\n`);
    }
    this.commit("the course");
  }

  git(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync("git", args, { cwd: this.root, encoding: "utf8" });
    if (status !== 0) throw new Error(`git ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** Commits all there is, and gives the commit. */
  commit(subject: string): string {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--message", subject);
    return this.git("rev-parse", "HEAD").trim();
  }

  write(file: string, text: string | Buffer): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  remove(file: string): void {
    rmSync(join(this.root, file));
  }

  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    this.write(file, text.replace(from, to));
  }

  /** What git sees as changed. */
  status(): string[] {
    const args = ["status", "--porcelain", "--untracked-files=all", "--no-renames"];
    return this.git(...args).match(/.+/g) ?? [];
  }

  get #setting() {
    const prove = ({ id }: Chapter) => {
      this.proved.push(id);
      return !this.red.has(id);
    };
    return { root: this.root, course, say: (line: string) => void this.said.push(line), prove };
  }

  carry = (name: string, source?: Source) => begin(this.#setting, name, source);
  goOn = () => goOn(this.#setting);
  abort = () => abort(this.#setting);
  rehearse = (name: string, source?: Source) => rehearse(this.#setting, name, source);

  /** What the check says, line by line, and whether all is well; `root` may be a clone's. */
  check(records: readonly NotCarried[] = [], root = this.root) {
    const said: string[] = [];
    const well = report(root, course, records, (line) => said.push(line));
    return { well, said, text: said.join("\n") };
  }
}
