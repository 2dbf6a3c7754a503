/** A small course in a git repository of its own, in which a change can be carried and looked for. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished } from "vitest";
import type { Chapter } from "../../../chapters/manifest.ts";
import type { NotCarried } from "../../../chapters/not-carried.ts";
import { abort, begin, goOn, rehearse, type Source } from "./chain.ts";
import { report } from "./report.ts";

/** What users have in their configuration, and what must not matter. */
const HOSTILE = `[core]\n\tautocrlf = true\n\tsafecrlf = true\n\tquotePath = true
[color]\n\tui = always
[diff]\n\tnoprefix = true\n\tcontext = 0\n\trenames = false\n\texternal = false
[merge]\n\tconflictStyle = merge
[apply]\n\twhitespace = error-all\n\tignoreWhitespace = change
[status]\n\tshowUntrackedFiles = no\n\trelativePaths = true
[log]\n\tshowRoot = false\n\tdate = relative
[format]\n\tpretty = oneline\n`;

function forgetGit(): void {
  for (const key of Object.keys(process.env)) if (key.startsWith("GIT_")) delete process.env[key];
}

/** The suite where git's configuration is hostile and nobody's own; skipped, visibly, where there is no git. */
export function withGit(name: string, tests: () => void): void {
  if (spawnSync("git", ["--version"]).status !== 0) {
    describe.skip(`${name} (there is no git on this machine)`, tests);
    return;
  }
  describe(name, () => {
    const home = mkdtempSync(join(tmpdir(), "carry-home-"));
    const environment = { ...process.env };
    beforeAll(() => {
      writeFileSync(join(home, "config"), HOSTILE);
      forgetGit();
      for (const who of ["AUTHOR", "COMMITTER"]) {
        process.env[`GIT_${who}_NAME`] = "somebody";
        process.env[`GIT_${who}_EMAIL`] = "somebody@example.org";
      }
      process.env.GIT_CONFIG_GLOBAL = join(home, "config");
      process.env.GIT_CONFIG_NOSYSTEM = "1";
    });
    afterAll(() => {
      forgetGit();
      Object.assign(process.env, environment);
      rmSync(home, { recursive: true });
    });
    tests();
  });
}

function chapter(number: number, name: string, changes: string[]): Chapter {
  const id = `v0${number}`;
  const why = Object.fromEntries(changes.map((file) => [file, "a step"]));
  return {
    id,
    folder: `${id}-${name}`,
    title: name,
    adds: name,
    original: "none",
    changes: why,
    cap: 50,
  };
}

export const course = [
  chapter(1, "one", ["same.ts", "steps.ts"]),
  chapter(2, "two", ["steps.ts"]),
  chapter(3, "three", ["steps.ts"]),
  chapter(4, "four", []),
];
export const [V1, V2, V3, V4] = course.map(({ folder }) => `chapters/${folder}`);

export const SAME =
  "export const limit = 10;\nexport const wait = 20;\nexport const name = 'same';\n";
export const lines = (...names: string[]) => names.map((name) => `${name}();\n`).join("");
export const STEPS = {
  v01: ["one", "two", "three", "four", "five", "six"],
  v02: ["one", "two", "three", "four", "five", "six", "added2"],
  v03: ["one", "two", "three", "four", "added3", "five", "six", "added2"],
};

/** The course, in a repository with one commit. */
export class Course {
  readonly root: string;
  readonly said: string[] = [];
  /** The chapters whose cases were run, and those whose cases are red. */
  readonly proved: string[] = [];
  readonly red = new Set<string>();

  /** `inside`: the folder of the repository in which it is, if it has not the whole. */
  constructor(inside = "") {
    const repository = mkdtempSync(join(tmpdir(), "carry-course-"));
    onTestFinished(() => rmSync(repository, { recursive: true }));
    this.root = join(repository, inside);
    this.write(".gitattributes", "* text=auto eol=lf\n");
    spawnSync("git", ["init", "--quiet"], { cwd: repository });
    for (const { id, folder } of course) {
      this.write(`chapters/${folder}/same.ts`, SAME);
      this.write(
        `chapters/${folder}/steps.ts`,
        lines(...STEPS[id === "v04" ? "v03" : (id as "v01")]),
      );
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

  write(file: string, text: string): void {
    mkdirSync(dirname(join(this.root, file)), { recursive: true });
    writeFileSync(join(this.root, file), text);
  }

  read(file: string): string {
    return readFileSync(join(this.root, file), "utf8");
  }

  edit(file: string, from: string, to: string): void {
    const text = this.read(file);
    if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
    this.write(file, text.replace(from, to));
  }

  /** What git sees as changed. */
  status(): string[] {
    const args = ["status", "--porcelain", "--untracked-files=all", "--no-renames"];
    return this.git(...args)
      .split("\n")
      .filter((line) => line !== "");
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

  /** What the check says; nothing when every change has reached every chapter. */
  check(records: readonly NotCarried[] = []): string[] {
    const said: string[] = [];
    const good = report(this.root, course, records, (line) => said.push(line));
    expect(good).toBe(!/this change of|passes over nothing/.test(said.join("\n")));
    return said.filter((line) => !line.startsWith("every change has reached"));
  }
}
