/** A learner's way: exercise, check, hint, solution, progress; in a folder of its own. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { commandLine } from "../../../test/harness/target.ts";
import { root } from "../root.ts";
import { runScript, start } from "../script.ts";
import { scratch } from "../testing.ts";
import { subject } from "./subject.ts";

const TSC = join(root, "node_modules", "typescript", "bin", "tsc"); // a tool of the maintainers

/** Somebody who begins: a folder for the exercises, and what is typed there. */
function learner() {
  const folder = scratch(true);
  const run = (command: string, ...args: string[]) =>
    runScript(`scripts/${command}.ts`, args, { EXERCISES: folder });
  return { folder, run };
}

describe.concurrent("a learner's way", () => {
  test("v02, from red to green", async () => {
    const { folder, run } = learner();
    const laid = await run("exercise", "v02");
    expect(laid.stdout).toContain(
      "the first check: v02/online-announced: fail\n  alice waited 2 s",
    );
    expect(laid.stdout).toContain("This is expected");
    const words = readFileSync(join(folder, "v02", "EXERCISE.md"), "utf8");
    expect(words).toMatch(/^# Exercise V0\.2: broadcast\n/);
    expect(words).not.toContain("## Hint");

    expect((await run("solution", "v02")).stderr).toMatch(/^your own has not passed yet: .*\n$/);
    expect((await run("hint", "v02")).stdout).toMatch(/^hint 1 of \d\n/);
    expect((await run("hint", "v02")).stdout).toMatch(/^hint 2 of \d\n/);
    expect((await run("hint", "v02", "--again")).stdout).toMatch(/^hint 1 of \d\n/);
    expect((await run("progress")).stdout).toMatch(/^v02 +broadcast +begun, 2 hints$/m);
    expect((await run("hint", "v02")).stdout).toMatch(/^hint 2 of \d\n/);
    expect((await run("progress")).stdout).toMatch(/^v02 +broadcast +begun, 2 hints$/m);

    cpSync(join(root, "chapters", "v02-broadcast"), join(folder, "v02"), { recursive: true });
    const checked = await run("check", "v02", "--jobs", "2");
    expect(checked.stdout).toContain(
      "cases passed\n\nv02 has passed; this is noted (npm run progress shows it)\n",
    );
    expect(checked.stdout).toContain("npm run solution v02\n");
    expect(checked.stdout).toMatch(/npm run exercise v03\n$/);
    expect(checked.code).toBe(0);
    expect((await run("progress")).stdout).toMatch(
      /^v02 +broadcast +passed on 20\d\d-\d\d-\d\d, 2 hints$/m,
    );
    const solution = await run("solution", "v02");
    expect(solution.stdout).toContain("+++ v02-broadcast/room.ts");
    expect((await run("solution", "v02", "--mine")).stdout).not.toContain("+++");

    writeFileSync(join(folder, "v02", "mine.ts"), "// my own");
    expect((await run("exercise", "v03")).stdout).toContain(
      "exercises/v03 contains your own code of v02 ",
    );
    expect(readFileSync(join(folder, "v03", "mine.ts"), "utf8")).toBe("// my own");
    expect(readFileSync(join(folder, "v03", "EXERCISE.md"), "utf8")).toMatch(/^# Exercise V0\.3/);
    const fresh = await run("exercise", "v03", "--again", "--fresh");
    expect(fresh.stdout).toContain("exercises/v03 contains the course's code of v02,");
    expect(existsSync(join(folder, "v03", "mine.ts"))).toBe(false);
  });

  test("what is there is never lost: it is refused, or put aside", async () => {
    const { folder, run } = learner();
    const laid = await run("exercise", "v05");
    expect(laid.stdout).toContain("the first check: v05/rename: fail\n  alice, line 3: expected");
    writeFileSync(join(folder, "v05", "mine.txt"), "my work");
    const { code, stderr } = await run("exercise", "v05");
    expect([code, stderr.trim().split("\n").length]).toEqual([1, 1]);
    await run("exercise", "v05", "--again");
    expect(readFileSync(join(folder, "v05.1", "mine.txt"), "utf8")).toBe("my work");
    expect(existsSync(join(folder, "v05", "mine.txt"))).toBe(false);
  });

  test("v01 begins with a starter that answers nothing", async () => {
    const { run } = learner();
    const { stdout } = await run("exercise", "v01");
    expect(stdout).toMatch(
      /: fail\n {2}alice waited 2 s for its line "~token 1~" .*\nThis is expected: you/,
    );
  });

  test("an extra exercise begins with the last server, and its solution is a patch", async () => {
    const { folder, run } = learner();
    const laid = await run("exercise", "nick");
    expect(laid.stdout).toMatch(/the first check: nick\/\S+: fail/);
    expect(existsSync(join(folder, "nick", "main.ts"))).toBe(true);
    expect((await run("solution", "nick")).code).toBe(1);
    expect((await run("solution", "nick", "--anyway")).stdout).toContain("+++ ");
  });

  test("progress: skip and reset; a line that is not understood is said, and nothing lost", async () => {
    const { folder, run } = learner();
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
      /^exercises\/progress\.txt, line \d: it should look like "v05 passed .*"v07 done"\n$/,
    );
    expect(readFileSync(file, "utf8")).toContain("v07 done");
  });

  test("what has not passed is not gone on from", async () => {
    const { run } = learner();
    expect((await run("exercise", "v03")).stdout).toContain("so all cases must stay green");
    expect((await run("progress")).stdout).toMatch(/^v03 +user module +begun$/m);
    const next = await run("exercise", "v04");
    expect(next.stdout).toContain("the course's code of v03 (yours has not passed yet)");
  });

  test("a server in another language passes, too, but there is nothing to go on from", async () => {
    const { folder, run } = learner();
    const other = join(folder, "other");
    cpSync(join(root, "chapters", "v01-basic-server"), other, { recursive: true });
    const cmd = await commandLine(`${other}/main.ts`);
    const one = await run("check", "v01", "--cmd", cmd, "--case", "v01/line-comes-back");
    expect([one.code, one.stdout]).toEqual([0, expect.not.stringContaining("noted")]);
    const all = await run("check", "v01", "--cmd", cmd, "--jobs", "2");
    expect(all.stdout).toContain("v01 has passed; this is noted");
    expect((await run("progress")).stdout).toMatch(/^v01 .* another server passed on 20/m);
    expect((await run("exercise", "v02")).stdout).toContain("the course's code of v01,");
    const course = `"${process.execPath}" --import tsx chapters/v01-basic-server/main.ts --port {port} {args}`;
    const green = await run("check", "v01", "--cmd", course, "--jobs", "2");
    expect([green.code, green.stdout]).toEqual([0, expect.not.stringContaining("noted")]);
  });

  test("where nothing can be noted, one line says so", async () => {
    const { folder } = learner();
    writeFileSync(join(folder, "file"), "");
    const full = await runScript("scripts/hint.ts", ["v05"], { EXERCISES: join(folder, "file") });
    expect(full.stdout).toMatch(/^hint 1 of/);
    expect(full.stderr).toMatch(/^cannot make .*\n$/);
  });

  test("one's own server is run: what is no TypeScript in it is said first, then how to talk to it", async ({
    onTestFinished,
  }) => {
    const { folder, run } = learner();
    expect((await run("mine", "v04")).stderr).toMatch(
      /^there is nothing in exercises\/v04 yet; .*\n$/,
    );
    await run("exercise", "v04");
    const file = join(folder, "v04", "user.ts");
    const code = readFileSync(file, "utf8");
    writeFileSync(file, `const = 1;\n${code}`);
    const wrong = await run("mine", "v04", "--port", "0");
    expect([wrong.code, wrong.stderr]).toEqual([
      1,
      expect.stringMatching(/^\S+v04\/user\.ts:1:6: ERROR: .*\n$/),
    ]);
    writeFileSync(file, code.replace("import type", "import"));
    const { child, output } = start("scripts/mine.ts", ["v04", "--port", "0"], {
      EXERCISES: folder,
    });
    onTestFinished(() => void child.kill());
    await vi.waitFor(() => expect(output.stdout).toContain("listening on"), { timeout: 60_000 });
    expect(output.stdout).toMatch(
      /^your own V0\.4 who, from exercises\/v04\ntalk to it .*--chapter v04/,
    );
  });

  test("one's own client: an exercise without one says so", async () => {
    const { folder, run } = learner();
    mkdirSync(join(folder, "v09"));
    writeFileSync(join(folder, "v09", "main.ts"), "");
    expect((await run("mine", "v09")).stderr).toMatch(
      /^there is no client\/main\.ts in exercises\/v09 yet/,
    );
    mkdirSync(join(folder, "v09", "client"));
    writeFileSync(join(folder, "v09", "client", "main.ts"), "console.log(process.argv.slice(2))");
    expect((await run("mine", "v09", "--port", "9")).stdout).toBe("[ '--port', '9' ]\n");
  });

  test("a check of one's own client: its tests are verdicts, too, for machines as well", async () => {
    const { folder, run } = learner();
    mkdirSync(join(folder, "v09"));
    writeFileSync(join(folder, "v09", "main.ts"), "");
    const file = join(folder, "report.xml");
    const { code, stdout } = await run("check", "v09", "--json", "--junit", file);
    const [first] = JSON.parse(stdout).cases;
    expect([code, first.id, first.outcome]).toEqual([1, "v09/client", "fail"]);
    expect(first.why).toContain("chat.ts");
    expect(readFileSync(file, "utf8")).toContain('<testcase classname="v09" name="v09/client"');
  });

  test.skipIf(!existsSync(TSC))(
    "an editor finds no fault in what runs, though it is not finished",
    async () => {
      const { folder, run } = learner();
      await run("exercise", "v05");
      const later =
        'enum Colour { red }\nimport { Member } from "./room.ts";\nexport type Two = [Member, Colour];\nconst later = 1;\n';
      writeFileSync(join(folder, "v05", "later.ts"), later);
      const { code, stdout } = await runScript(TSC, ["-p", folder]);
      expect([code, stdout]).toEqual([0, ""]);
    },
  );

  test("an unknown name is answered with the nearest: of a chapter, or of an extra exercise", async () => {
    await expect(subject("v55")).rejects.toThrow(/^no chapter "v55"; the nearest is v05 /);
    await expect(subject("nik")).rejects.toThrow(/^no exercise "nik"; the nearest is nick$/);
  });
});
