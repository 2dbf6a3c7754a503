/** The edition for students: nothing of a solution is in it, and a learner's commands work or say why not. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { brought } from "../compare.ts";
import { chapterOf } from "../find.ts";
import { root } from "../root.ts";
import { refuses, scratch } from "../testing.ts";
import { layEdition } from "./edition.ts";

const folder = scratch();

const [first, fifth] = [chapterOf("v01"), chapterOf("v05")];
const early = join(folder, "early");
const middle = join(folder, "middle");
layEdition(early, first);
layEdition(middle, fifth);
const files = new Map(
  [early, middle].map((edition) => {
    const all = readdirSync(edition, { encoding: "utf8", recursive: true });
    return [edition, all.map((file) => file.replaceAll("\\", "/"))];
  }),
);
for (const edition of [early, middle])
  symlinkSync(join(root, "node_modules"), join(edition, "node_modules"), "junction");

/** The lines of code that a chapter brings, if they are long enough to be nobody else's. */
const brings = (chapter: Chapter) =>
  brought(chapter).flatMap((line) => (line.trim().length > 30 ? [line.trim()] : []));

describe.each([
  ["for v01", early, first],
  ["for v05", middle, fifth],
])("%s", (_, edition, next) => {
  const held = chapters.slice(chapters.indexOf(next));

  test("of a chapter that is held back there is the task, and no code but what is given", () => {
    const special: Record<string, string[]> = {
      v01: ["EXERCISE.md", "lines.ts", "main.ts", "server.ts", "tasks.ts"],
      v09: ["EXERCISE.md", "client", "held-back.txt", "main.ts"],
      v15: ["EXERCISE.md", "client", "held-back.txt", "main.ts"],
    };
    for (const { id, folder } of held) {
      const there = readdirSync(join(edition, "chapters", folder)).toSorted();
      expect(there).toEqual(special[id] ?? ["EXERCISE.md", "held-back.txt", "main.ts"]);
    }
  });

  test("no page quotes its code, and no patch holds it", () => {
    const lines = held.flatMap(brings);
    expect(lines.length).toBeGreaterThan(100);
    for (const file of files.get(edition) ?? []) {
      expect(file).not.toMatch(/\.patch$|^docs\/teaching|^docs\/classroom|\.git\/|^exercises/);
      if (!file.endsWith(".md") || file.endsWith("EXERCISE.md")) continue;
      const text = readFileSync(join(edition, file), "utf8");
      expect([file, lines.filter((line) => text.includes(line))]).toEqual([file, []]);
    }
  });

  test("its package.json names commands that are there", () => {
    const { scripts } = JSON.parse(readFileSync(join(edition, "package.json"), "utf8"));
    const learners = "chapter client check exercise hint progress solution test watch";
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(learners.split(" ")));
    for (const command of Object.values<string>(scripts)) {
      const [, file = ""] = /run\.mjs (\S+)/.exec(command) ?? [];
      if (!file.startsWith("node_modules")) expect(files.get(edition)).toContain(file);
    }
  });
});

/** A command, in an edition. */
function run(edition: string, script: string, ...args: string[]) {
  const argv = ["scripts/run.mjs", script, ...args];
  const env = { ...process.env, EXERCISES: join(edition, "exercises") };
  return spawnSync(process.execPath, argv, { cwd: edition, encoding: "utf8", env });
}

const NOT_HERE = (what: string) => `the ${what} is not in this edition of the course`;

test.each([
  ["chapter", ["v05"], NOT_HERE("code of v05")],
  ["chapter", ["v09"], NOT_HERE("code of v09")],
  ["cluster", ["v16", "--nats", "nats://127.0.0.1:1"], NOT_HERE("code of v16")],
  ["diff", ["v05"], NOT_HERE("code of v05")],
  ["solution", ["v05", "--anyway"], NOT_HERE("code of v05")],
  ["solution", ["rooms", "--anyway"], NOT_HERE("solution of rooms")],
  ["exercise", ["v06"], NOT_HERE("code of v05")],
  ["exercise", ["rooms"], NOT_HERE("code of v08")],
])("%s %j says in one line that it is not there", (name, args, line) => {
  const { status, stderr } = run(middle, `scripts/${name}.ts`, ...args);
  expect(stderr.split("\n")).toEqual([expect.stringContaining(line), ""]);
  expect(status).toBe(1);
});

test("the next exercise begins, the client runs, what is there can be read", () => {
  const begun = run(middle, "scripts/exercise.ts", "v05");
  expect(begun.stdout).toContain("This is expected: you have not written the feature yet.");
  writeFileSync(join(middle, "exercises", "progress.txt"), "v05 passed 2026-01-31\n");
  const next = run(middle, "scripts/exercise.ts", "v06");
  expect(next.stdout).toContain("exercises/v06 contains your own code of v05 ");
  expect(run(early, "scripts/exercise.ts", "v01").stdout).toContain("This is expected");
  expect(run(middle, "scripts/hint.ts", "v05").stdout).toMatch(/^hint 1 of /);
  expect(run(middle, "scripts/diff.ts", "v04").stdout).toContain("who");
  expect(run(middle, "scripts/client.ts", "--help").stdout).toContain("--host HOST");
  expect(run(middle, "scripts/token.ts", "--help").stdout).toContain("--secret FILE");
});

mkdirSync(join(folder, "full", "something"), { recursive: true });
refuses(
  "student-edition",
  [[join(folder, "full")], /^.*full is not empty$/],
  [["docs/edition"], /^.* is inside the course: name a folder outside it$/],
);
