/** Carrying a change through later chapters: what goes by itself, where it stops, and how it goes on or back. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { expect, test } from "vitest";
import { refuses } from "../testing.ts";
import type { Source } from "./chain.ts";
import { Course, lines, SAME, STEPS, V1, V2, V3, V4, withGit } from "./course.ts";

withGit("npm run carry", () => {
  test("a file that the later chapters share is copied; one that they changed is merged", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.edit(`${V1}/steps.ts`, "two();", "TWO();");
    expect(at.carry("v01")).toBe(true);
    for (const folder of [V2, V3, V4]) expect(at.read(`${folder}/same.ts`)).toContain("limit = 11");
    for (const [i, steps] of STEPS.entries())
      expect(at.read(`${[V1, V2, V3][i]}/steps.ts`)).toBe(steps.replace("two", "TWO"));
    expect(at.said).toContain("v02  same.ts         copied");
    expect(at.said).toContain("v02  steps.ts        merged");
    expect(at.said).toContain("v04  steps.ts        copied");
    expect(at.said).toContain("done: the change of v01 has been through v02 to v04");
    expect(at.proved).toEqual(["v02", "v03", "v04"]);
    expect(at.status()).toHaveLength(8); // two files in each of four chapters, and no guide
    expect(() => at.goOn()).toThrow("no carry is under way");
  });

  test("it stops at a conflict, says who is who, and goes on from what was made of it", () => {
    const at = new Course();
    at.edit(`${V1}/steps.ts`, "six();", "SIX();");
    at.edit(`${V1}/same.ts`, "10", "11");
    expect(at.carry("v01")).toBe(false);
    expect(at.read(`${V2}/steps.ts`)).toBe(
      `${lines("one two three four five")}<<<<<<< ours
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
    const resolved = lines("one two three four five SIX added2_for_SIX");
    at.write(`${V2}/steps.ts`, resolved);
    expect(at.goOn()).toBe(true);
    expect(at.read(`${V2}/steps.ts`)).toBe(resolved);
    for (const folder of [V3, V4])
      expect(at.read(`${folder}/steps.ts`)).toBe(resolved.replace("five", "added3();\nfive"));
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
  });

  test("--abort puts the later chapters back, and leaves the change", () => {
    const at = new Course();
    at.edit(`${V1}/same.ts`, "10", "11");
    at.write(`${V1}/new.ts`, "fresh();\n");
    at.red.add("v03");
    expect(at.carry("v01")).toBe(false);
    at.remove(`${V3}/steps.ts`);
    at.write(`${V3}/try.ts`, "left over\n");
    at.abort();
    expect(at.status()).toEqual([`A  ${V1}/new.ts`, `M  ${V1}/same.ts`]);
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

  const change = (at: Course) => at.edit(`${V1}/same.ts`, "10", "11");
  test.each<[string, RegExp, Source?, ((at: Course) => void)?]>([
    ["v77", /^no chapter "v77"; the nearest is v0/],
    ["v04", /^v04 is the last chapter: none comes after it$/],
    ["v01", /^v01 has no change that is not committed; .*--commit REV$/],
    ["v01", /^no code of v01 has changed since HEAD$/, { since: "HEAD" }],
    ["v01", /^v01 has no change/, {}, (at) => at.edit(`${V1}/README.md`, "guide", "story")],
    ["v01", /^git knows no commit "v9.9"$/, { commit: "v9.9" }, change],
    ["v01", /^git knows no commit "[0-9a-f]{40}\^"$/, { commit: "HEAD" }, change],
    [
      "v01",
      /^v03 has a change of its own that is not committed \(chapters\/v03-three\/same.ts\)/,
      {},
      (at) => at.edit(`${V3}/same.ts`, "20", "21"),
    ],
    ["v01", /^v04 has a change .*new\.ts/, {}, (at) => at.write(`${V4}/new.ts`, "mine();\n")],
    [
      "v01",
      /^v04 has a change .*new\.ts/, // were it staged
      {},
      (at) => {
        at.write(`${V4}/new.ts`, "mine();\n");
        at.git("add", "--all");
      },
    ],
  ])("%s is refused in one line, %s, and nothing is touched", (name, line, source, prepare) => {
    const at = new Course();
    prepare?.(at);
    const before = at.status();
    expect(() => at.carry(name, source)).toThrow(line);
    expect(at.status()).toEqual(before);
  });

  test("a new file is added, a removed one removed, a renamed one renamed, with its own changes", () => {
    const at = new Course();
    const bytes = Buffer.from("\xff\x80 are no UTF-8, and blanks at the end stay  ", "latin1");
    at.write(`${V1}/new.ts`, bytes);
    at.remove(`${V1}/same.ts`);
    at.write(`${V1}/moved.ts`, at.read(`${V1}/steps.ts`).replace("one", "ONE"));
    at.remove(`${V1}/steps.ts`);
    at.edit(`${V4}/README.md`, "guide", "story"); // guides are nobody's business
    at.carry("v01");
    for (const folder of [V2, V3, V4]) {
      expect(at.read(`${folder}/new.ts`)).toBe(bytes.toString());
      expect(at.read(`${folder}/moved.ts`)).toMatch(/^ONE.*added2/s);
      for (const gone of ["same.ts", "steps.ts"])
        expect(existsSync(join(at.root, `${folder}/${gone}`))).toBe(false);
    }
    expect(at.said).toContain("v02  moved.ts        renamed    was steps.ts");
    expect(at.said).toContain("v02  new.ts          added");
    expect(at.said).toContain("v02  same.ts         removed");
  });

  test("a removed file that a later chapter has changed is for somebody to decide", () => {
    const at = new Course();
    at.remove(`${V1}/steps.ts`);
    expect(at.carry("v01")).toBe(false);
    expect(at.said.join("\n")).toContain("removed, but this chapter has changed it");
    expect(at.read(`${V2}/steps.ts`)).toBe(STEPS[1]);
    at.remove(`${V2}/steps.ts`);
    expect(at.goOn()).toBe(false); // v03 has changed it once more
    at.remove(`${V3}/steps.ts`);
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

  test("a change that is committed, by one commit or by all since one, of any chapter", () => {
    const at = new Course();
    at.edit(`${V3}/same.ts`, "10", "11");
    const first = at.commit("a change");
    at.edit(`${V3}/same.ts`, "20", "21");
    at.commit("and another");
    at.carry("three", { commit: first });
    expect(at.read(`${V4}/same.ts`)).toBe(SAME.replace("10", "11"));
    expect(at.status()).toEqual([`M  ${V4}/same.ts`]);
    at.git("reset", "--quiet", "--hard");
    at.carry("three", { since: `${first}^` });
    expect(at.read(`${V4}/same.ts`)).toBe(SAME.replace("10", "11").replace("20", "21"));
  });

  test("a chapter that has the change already passes it on", () => {
    const at = new Course();
    for (const folder of [V1, V2]) at.edit(`${folder}/same.ts`, "10", "11");
    at.commit("a change, in two chapters of four");
    at.carry("v01", { commit: "HEAD" });
    expect(at.said).toContain("v02  same.ts         has it already");
    expect(at.read(`${V4}/same.ts`)).toContain("11");
    expect(at.proved).toEqual(["v03", "v04"]);
    at.commit("carried");
    for (const folder of [V1, V2]) at.remove(`${folder}/same.ts`);
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
    at.write(`${V4}/mine.ts`, "mine();\n");
    expect(() => at.goOn()).toThrow("v04 has a change of its own");
    at.remove(`${V4}/mine.ts`);
    at.goOn();
    expect(at.read(`${V4}/same.ts`)).toContain("12");
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
    at.remove(`${V1}/same.ts`);
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
    const now = lines("ONE two four five six");
    expect(fitted).toContain(`${story}--- ${V1}/steps.ts\n+++ ${V1}/steps.ts\n@@ -1,6 +1,5 @@\n`);
    expect(applyPatch(at.read(`${V1}/steps.ts`), fitted.slice(story.length))).toBe(now);
    expect(at.read("mutants/02-no-six.patch")).toBe(other);
  });
});

refuses(
  "carry",
  [[], "which chapter? For example: npm run carry v03"],
  [["v77", "--abort"], "--abort takes no chapter: not v77"],
  // What npm makes of --no-test.
  [["v77"], "put options after --: npm run carry -- --no-test", { npm_config_test: "" }],
);
