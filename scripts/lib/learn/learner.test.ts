/** A learner's way: exercise, check, hint, solution, progress; in a folder of its own. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { root } from "../root.ts";
import { runScript } from "../script.ts";
import { subject } from "./subject.ts";

let folder = "";
beforeEach(() => {
  mkdirSync(join(root, ".cache"), { recursive: true });
  folder = mkdtempSync(join(root, ".cache", "exercises-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const run = (command: string, ...args: string[]) =>
  runScript(`scripts/${command}.ts`, args, { EXERCISES: folder });

describe("a learner's way", () => {
  test("v05, from red to green", async () => {
    const laid = await run("exercise", "v05");
    expect(laid.stdout).toContain("the first check: v05/rename: fail\n  alice, line 3: expected");
    expect(laid.stdout).toContain("This is expected");
    const words = readFileSync(join(folder, "v05", "EXERCISE.md"), "utf8");
    expect(words).toMatch(/^# Exercise V0\.5: rename\n/);
    expect(words).not.toContain("## Hint");

    expect((await run("solution", "v05")).stderr).toMatch(/^yours has not passed yet: .*\n$/);
    expect((await run("hint", "v05")).stdout).toMatch(/^hint 1 of \d\n/);
    expect((await run("hint", "v05")).stdout).toMatch(/^hint 2 of \d\n/);
    expect((await run("hint", "v05", "--again")).stdout).toMatch(/^hint 2 of \d\n/);
    expect((await run("progress")).stdout).toMatch(/^v05 +rename +begun, 2 hints$/m);

    cpSync(join(root, "chapters", "v05-rename"), join(folder, "v05"), { recursive: true });
    const checked = await run("check", "v05", "--jobs", "2");
    expect(checked.stdout).toContain("cases passed");
    expect(checked.code).toBe(0);
    expect((await run("progress")).stdout).toMatch(
      /^v05 +rename +passed on 20\d\d-\d\d-\d\d, 2 hints$/m,
    );
    const solution = await run("solution", "v05");
    expect(solution.stdout).toContain("+++ v05-rename/room.ts");
    expect((await run("solution", "v05", "--mine")).stdout).not.toContain("+++");
  }, 180_000);

  test("what is there is never lost: it is refused, or put aside", async () => {
    await run("exercise", "v04");
    writeFileSync(join(folder, "v04", "mine.txt"), "my work");
    const { code, stderr } = await run("exercise", "v04");
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
    await run("exercise", "v04", "--again");
    expect(readFileSync(join(folder, "v04.1", "mine.txt"), "utf8")).toBe("my work");
    expect(existsSync(join(folder, "v04", "mine.txt"))).toBe(false);
  });

  test("v01 begins with a starter that answers nothing; v03 stays green", async () => {
    expect((await run("exercise", "v01")).stdout).toContain("This is expected: the feature");
    expect((await run("exercise", "v03")).stdout).toContain("so it must stay green");
  });

  test("an extra exercise begins with the last server, and its solution is a patch", async () => {
    const laid = await run("exercise", "nick");
    expect(laid.stdout).toMatch(/the first check: nick\/\S+: fail/);
    expect(existsSync(join(folder, "nick", "main.ts"))).toBe(true);
    expect((await run("solution", "nick")).code).toBe(1);
    expect((await run("solution", "nick", "--anyway")).stdout).toContain("+++ ");
  });

  test("progress: skip and reset; a line that is not understood is said, and nothing lost", async () => {
    await run("progress", "--skip", "v06");
    await run("hint", "v05");
    const { stdout } = await run("progress");
    expect(stdout).toMatch(/^v06 .* skipped$/m);
    expect(stdout).toMatch(/^v05 .* 1 hint$/m);
    expect((await run("progress", "--reset", "v06")).stdout).toMatch(/^v06 +private messages$/m);
    const file = join(folder, "progress.txt");
    writeFileSync(file, `${readFileSync(file, "utf8")}v07 done\n`);
    const broken = await run("hint", "v05");
    expect(broken.stderr).toMatch(
      /^exercises\/progress\.txt, line \d: not "v05 passed .*"v07 done"\n$/,
    );
    expect(readFileSync(file, "utf8")).toContain("v07 done");
  });

  test("an unknown name is answered with the nearest: of a chapter, or of an extra exercise", async () => {
    await expect(subject("v55")).rejects.toThrow(/^no chapter "v55"; the nearest is v05 /);
    await expect(subject("nik")).rejects.toThrow(/^no exercise "nik"; the nearest is nick$/);
  });
});
