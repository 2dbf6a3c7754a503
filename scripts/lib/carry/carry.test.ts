/** Carrying a change through later chapters: what goes by itself, where it stops, and how it goes on or back. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { describe, expect, test } from "vitest";
import { runScript } from "../script.ts";
import type { Source } from "./chain.ts";
import { Course, lines, SAME, STEPS, V1, V2, V3, V4, withGit } from "./course.ts";

withGit("npm run carry", () => {
  test("a file that the later chapters share is copied; one that they changed is merged", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.edit(`${V1}/steps.ts`, "two();", "TWO();");
    expect(at.carry("v01")).toBe(true);
    for (const folder of [V2, V3, V4]) expect(at.read(`${folder}/same.ts`)).toContain("limit = 11");
    expect(at.read(`${V2}/steps.ts`)).toBe(
      lines("one", "TWO", "three", "four", "five", "six", "added2"),
    );
    expect(at.read(`${V4}/steps.ts`)).toBe(
      lines("one", "TWO", "three", "four", "added3", "five", "six", "added2"),
    );
    expect(at.said).toContain("v02  same.ts         copied");
    expect(at.said).toContain("v02  steps.ts        merged");
    expect(at.said).toContain("v04  steps.ts        copied");
    expect(at.proved).toEqual(["v02", "v03", "v04"]);
    expect(at.said).toContain("done: the change of v01 has been through v02 to v04");
    expect(at.status()).toHaveLength(8); // two files in each of four chapters, and no guide
    expect(() => at.goOn()).toThrow("no carry is under way");
  });

  test("it begins in the middle as well, and goes one way only", () => {
    const at = new Course();
    at.edit(`${V3}/steps.ts`, "one();", "ONE();");
    at.carry("three");
    expect(at.status()).toEqual([`M  ${V3}/steps.ts`, `M  ${V4}/steps.ts`]);
  });

  test("it stops at a conflict, says who is who, and goes on from what was made of it", () => {
    const at = new Course();
    at.edit(`${V1}/steps.ts`, "six();", "SIX();");
    at.edit(`${V1}/same.ts`, "10", "11");
    expect(at.carry("v01")).toBe(false);
    expect(at.read(`${V2}/steps.ts`)).toBe(
      `${lines("one", "two", "three", "four", "five")}<<<<<<< ours
six();
added2();
||||||| base
six();
=======
SIX();
>>>>>>> theirs
`,
    );
    expect(at.read(`${V2}/same.ts`)).toContain("11"); // what is clear is done
    expect(at.said).toContain(`stopped in v02, at ${V2}/steps.ts`);
    expect(at.proved).toEqual([]);
    expect(at.read(`${V3}/same.ts`)).toContain("10");

    expect(() => at.goOn()).toThrow(`${V2}/steps.ts:6 still has the markers of a conflict`);
    expect(() => at.carry("v01")).toThrow("a carry of v01 has stopped in v02: npm run carry");
    const resolved = lines("one", "two", "three", "four", "five", "SIX", "added2_for_SIX");
    at.write(`${V2}/steps.ts`, resolved);
    expect(at.goOn()).toBe(true);
    expect(at.read(`${V2}/steps.ts`)).toBe(resolved);
    const last = lines("one", "two", "three", "four", "added3", "five", "SIX", "added2_for_SIX");
    expect(at.read(`${V3}/steps.ts`)).toBe(last);
    expect(at.read(`${V4}/steps.ts`)).toBe(last);
    expect(at.read(`${V4}/same.ts`)).toContain("11");
    expect(at.proved).toEqual(["v02", "v03", "v04"]);
  });

  test("a chapter that is left as it was at a conflict ends the carry", () => {
    const at = new Course();
    at.edit(`${V1}/steps.ts`, "six();", "SIX();");
    at.carry("v01");
    at.git("checkout", "--quiet", "HEAD", "--", `${V2}`);
    expect(at.goOn()).toBe(true);
    expect(at.said).toContain("v03  nothing is left to carry on");
    expect(at.status()).toEqual([`M  ${V1}/steps.ts`]);
    expect(at.proved).toEqual([]);
  });

  test("--abort puts the later chapters back to the byte, and leaves the change", () => {
    const at = new Course();
    const bytes = Buffer.from([0xff, 0xfe, 0x0d, 0x0a, 0x00, 0x80]);
    writeFileSync(join(at.root, `${V3}/odd.bin`), bytes);
    at.commit("a file that is not text");
    at.edit(`${V1}/same.ts`, "10", "11");
    at.write(`${V1}/new.ts`, "fresh();\n");
    at.red.add("v03");
    expect(at.carry("v01")).toBe(false);
    expect(existsSync(join(at.root, `${V3}/new.ts`))).toBe(true);
    rmSync(join(at.root, `${V3}/odd.bin`));
    at.write(`${V3}/try.ts`, "left over\n");
    at.abort();
    expect(at.status()).toEqual([`A  ${V1}/new.ts`, `M  ${V1}/same.ts`]);
    expect(readFileSync(join(at.root, `${V3}/odd.bin`))).toEqual(bytes);
    expect(at.said.at(-1)).toBe("v02 to v04 as before the carry; v01 keeps its change");
    expect(() => at.abort()).toThrow("no carry is under way");
  });

  test("--dry-run says what would happen, and touches nothing", () => {
    const at = new Course();
    at.edit(`${V1}/steps.ts`, "six();", "SIX();");
    at.edit(`${V1}/same.ts`, "10", "11");
    at.rehearse("v01");
    expect(at.said).toEqual([
      "v02  same.ts         copied",
      "v02  steps.ts        conflict",
      "v03  same.ts         copied",
      "v04  same.ts         copied",
      "what is open there, the later chapters get as you decide it",
      "this was a rehearsal: nothing is touched",
    ]);
    expect(at.status()).toEqual([` M ${V1}/same.ts`, ` M ${V1}/steps.ts`]);
    expect(() => at.goOn()).toThrow("no carry is under way");
  });

  test("what speaks against it is said in one line, and nothing is touched", () => {
    const at = new Course();
    const refused = (name: string, source?: Source) => {
      const before = at.status();
      let message = "";
      try {
        at.carry(name, source);
      } catch (error) {
        message = (error as Error).message;
      }
      expect(at.status()).toEqual(before);
      expect(message).not.toContain("\n");
      return message;
    };
    expect(refused("v07")).toMatch(/^no chapter "v07"; the nearest is v0/);
    expect(refused("v04")).toBe("v04 is the last chapter: none comes after it");
    expect(refused("v01")).toMatch(/^v01 has no change that is not committed; .*--commit REV$/);
    expect(refused("v01", { since: "HEAD" })).toBe("no code of v01 has changed since HEAD");
    at.edit(`${V1}/README.md`, "guide", "story");
    expect(refused("v01")).toMatch(/^v01 has no change/); // a guide is no code
    at.edit(`${V1}/same.ts`, "10", "11");
    expect(refused("v01", { commit: "v9.9" })).toBe('git knows no commit "v9.9"');
    expect(refused("v01", { commit: "HEAD" })).toMatch(/^git knows no commit "[0-9a-f]{40}\^"$/);
    at.edit(`${V3}/same.ts`, "20", "21");
    expect(refused("v01")).toMatch(
      /^v03 has a change of its own that is not committed \(chapters\/v03-three\/same.ts\)/,
    );
    at.git("add", "--all"); // were it staged
    expect(refused("v01")).toMatch(/^v03 has a change of its own/);
    at.git("reset", "--quiet", "--hard");
    at.edit(`${V1}/same.ts`, "10", "11");
    at.write(`${V4}/new.ts`, "mine();\n");
    expect(refused("v01")).toMatch(/^v04 has a change of its own .*new\.ts/);
    rmSync(join(at.root, `${V4}/new.ts`));
    at.edit(`${V4}/README.md`, "guide", "story"); // guides are nobody's business
    expect(at.carry("v01")).toBe(true);
  });

  test("Windows line ends stay where they are", () => {
    const at = new Course();
    at.write(`${V1}/same.ts`, SAME.replaceAll("\n", "\r\n").replace("10", "11"));
    at.carry("v01");
    expect(at.read(`${V2}/same.ts`)).toBe(SAME.replace("10", "11"));
  });

  test("a new file is added, a removed one removed, a renamed one renamed, with its own changes", () => {
    const at = new Course();
    const bytes = Buffer.from([0xff, 0xfe, 0x0d, 0x0a, 0x00, 0x80]);
    writeFileSync(join(at.root, `${V1}/new.bin`), bytes);
    at.write(`${V1}/new.ts`, "blank_at_the_end(); \n没有换行");
    rmSync(join(at.root, `${V1}/same.ts`));
    at.write(
      `${V1}/moved.ts`,
      at.read(`${V1}/steps.ts`).replace("one();", "one(); // and only one"),
    );
    rmSync(join(at.root, `${V1}/steps.ts`));
    at.carry("v01");
    for (const folder of [V2, V3, V4]) {
      expect(readFileSync(join(at.root, `${folder}/new.bin`))).toEqual(bytes);
      expect(at.read(`${folder}/new.ts`)).toBe("blank_at_the_end(); \n没有换行");
      expect(existsSync(join(at.root, `${folder}/same.ts`))).toBe(false);
      expect(existsSync(join(at.root, `${folder}/steps.ts`))).toBe(false);
      expect(at.read(`${folder}/moved.ts`)).toMatch(/^one\(\); \/\/ and only one\n.*added2/s);
    }
    expect(at.said).toContain("v02  moved.ts        renamed    was steps.ts");
    expect(at.said).toContain("v02  new.ts          added");
    expect(at.said).toContain("v02  same.ts         removed");
  });

  test("a removed file that a later chapter has changed is for somebody to decide", () => {
    const at = new Course();
    rmSync(join(at.root, `${V1}/steps.ts`));
    expect(at.carry("v01")).toBe(false);
    expect(at.said.join("\n")).toContain("removed, but this chapter has changed it");
    expect(at.read(`${V2}/steps.ts`)).toBe(lines(...STEPS.v02));
    rmSync(join(at.root, `${V2}/steps.ts`));
    expect(at.goOn()).toBe(false); // v03 has changed it once more
    rmSync(join(at.root, `${V3}/steps.ts`));
    at.goOn();
    expect(existsSync(join(at.root, `${V4}/steps.ts`))).toBe(false);
  });

  test("a file that a later chapter does not have under this name is asked for", () => {
    const at = new Course();
    for (const folder of [V3, V4]) at.git("mv", `${folder}/same.ts`, `${folder}/other.ts`);
    at.commit("v03 gives it another name");
    at.edit(`${V1}/same.ts`, "10", "11");
    expect(at.carry("v01")).toBe(false);
    expect(at.said).toContain(
      "v03  same.ts         conflict   this chapter has no such file: look where the change belongs here, if anywhere",
    );
    at.edit(`${V3}/other.ts`, "10", "11");
    at.goOn();
    expect(at.read(`${V4}/other.ts`)).toContain("11");
  });

  test("a change that is committed: by one commit, or by all since one", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    const first = at.commit("a change");
    at.edit(`${V1}/same.ts`, "20", "21");
    at.commit("and another");
    at.carry("v01", { commit: first });
    expect(at.read(`${V4}/same.ts`)).toBe(SAME.replace("10", "11"));
    at.git("reset", "--quiet", "--hard");
    at.carry("v01", { since: `${first}^` });
    expect(at.read(`${V4}/same.ts`)).toBe(SAME.replace("10", "11").replace("20", "21"));
  });

  test("a chapter that has the change already passes it on", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.edit(`${V2}/same.ts`, "10", "11");
    at.commit("a change, in two chapters of four");
    expect(at.check().join("\n")).toContain("this change of v02 has not reached v03, v04");
    at.carry("v01", { commit: "HEAD" });
    expect(at.said).toContain("v02  same.ts         has it already");
    expect(at.read(`${V4}/same.ts`)).toContain("11");
    expect(at.proved).toEqual(["v03", "v04"]);
    expect(at.check()).toEqual([]);
    at.commit("carried");
    for (const folder of [V1, V2]) rmSync(join(at.root, `${folder}/same.ts`));
    at.commit("two do without it");
    at.carry("v01", { commit: "HEAD" });
    expect(existsSync(join(at.root, `${V4}/same.ts`))).toBe(false);
  });

  test("it stops in a chapter whose cases are red, and tests it again before it goes on", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.red.add("v03");
    expect(at.carry("v01")).toBe(false);
    expect(at.goOn()).toBe(false);
    expect(at.proved).toEqual(["v02", "v03", "v03"]);
    expect(at.read(`${V4}/same.ts`)).toBe(SAME);
    at.red.clear();
    at.edit(`${V3}/same.ts`, "11", "12"); // mended otherwise than carried
    at.write(`${V3}/help.ts`, "help();\n");
    at.goOn();
    expect(at.read(`${V4}/same.ts`)).toContain("12");
    expect(at.read(`${V4}/help.ts`)).toBe("help();\n");
  });

  test("a later chapter that somebody changes meanwhile stops it", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.red.add("v02");
    at.carry("v01");
    at.edit(`${V4}/same.ts`, "20", "21");
    expect(() => at.goOn()).toThrow("v04 has a change of its own");
  });

  test("the rules of the steps are looked at in the end", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.red.add("v02");
    at.carry("v01");
    at.edit(`${V2}/same.ts`, "11", "12"); // now v02 differs from v01 in it
    at.red.clear();
    expect(at.goOn()).toBe(false);
    expect(at.said).toContain("v02 changes same.ts: the manifest does not say so (npm run steps)");
  });

  test("patches on what has changed are fitted to it, and those that cannot be are named", () => {
    const at = new Course("课程 one"); // a folder of a larger repository, with such a name
    const mutant = (folder: string | undefined, from: string, to: string, file = "steps.ts") => {
      const path = `${folder}/${file}`;
      const [before, after] = [at.read(path), at.read(path).replace(from, to)];
      const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
      return createTwoFilesPatch(path, path, before, after, undefined, undefined, options);
    };
    const story = "A fault, and its story.\n--- not a file\n\n";
    const other = mutant(V2, "six();\n", ""); // the lines of the change are not near it
    at.write("mutants/01-no-three.patch", story + mutant(V1, "three();\n", ""));
    at.write("mutants/02-no-six.patch", other);
    at.write("mutants/03-other-one.patch", mutant(V3, "one();", "other();"));
    at.write("mutants/04-the-same.patch", mutant(V2, "one();", "ONE();"));
    at.write("mutants/05-of-old.patch", mutant(V2, "one();", "1();").replace(" two();", " 2();"));
    at.write("mutants/06-of-a-file-gone.patch", mutant(V3, "10", "11", "same.ts"));
    at.write("extras/first/solution.patch", mutant(V4, "four();", "four(4);"));
    at.commit("mutants");
    at.edit(`${V1}/steps.ts`, "one();", "ONE();");
    rmSync(join(at.root, `${V1}/same.ts`));
    const said = [
      "mutants/01-no-three.patch  would be refitted",
      "mutants/03-other-one.patch  by hand: both change the same lines",
      "mutants/04-the-same.patch  by hand: the change does what it did: nothing is left of it",
      "mutants/05-of-old.patch  by hand: it did not fit before the change either",
      "mutants/06-of-a-file-gone.patch  by hand: its file is not there any more",
      "extras/first/solution.patch  would be refitted",
    ];
    at.rehearse("v01");
    expect(at.said.slice(-7, -1)).toEqual(said);
    expect(at.read("mutants/01-no-three.patch")).toContain(" one();");
    expect(at.carry("v01")).toBe(false); // something is left to do by hand
    for (const line of said) expect(at.said).toContain(line.replace("would be ", ""));
    const fitted = at.read("mutants/01-no-three.patch");
    const now = lines("ONE", "two", "four", "five", "six");
    expect(fitted).toContain(`${story}--- ${V1}/steps.ts\n+++ ${V1}/steps.ts\n@@ -1,6 +1,5 @@\n`);
    expect(applyPatch(at.read(`${V1}/steps.ts`), fitted.slice(story.length))).toBe(now);
    expect(at.read("mutants/02-no-six.patch")).toBe(other);
  });
});

describe.concurrent("npm run carry, the command", () => {
  test.each([
    [["v77"], /^no chapter "v77"; the nearest is v\d\d .*\n$/],
    [["v77", "--dry"], /^Unknown option '--dry'\n$/],
    [[], /^carry what\? For example: npm run carry v03\n$/],
    [["v77", "--abort"], /^--abort takes no chapter: not v77\n$/],
  ])("%j: one line", async (args, message) => {
    const { code, stdout, stderr } = await runScript("scripts/carry.ts", args);
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
  });

  test.each([
    ["--dry-run", { npm_config_dry_run: "true" }],
    ["--no-test", { npm_config_test: "" }],
  ])("%s that npm took for its own is missed", async (option, env) => {
    const { code, stderr } = await runScript("scripts/carry.ts", ["v77"], env);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^options go behind --: npm run carry .*\n$/);
    expect(stderr).toContain(` -- ${option}\n`);
  });
});
