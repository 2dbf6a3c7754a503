/** Changes that have not reached a later chapter, and how it is recorded that they need not. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import type { NotCarried } from "../../../chapters/not-carried.ts";
import { Course, course, V1, V2, V3, V4, withGit } from "./course.ts";
import { report } from "./report.ts";

withGit("npm run carry -- --check", () => {
  /** A course where v02's steps were mended and v03's and v04's were not. */
  function missed() {
    const at = new Course();
    at.edit(`${V2}/steps.ts`, "two();", "TWO();");
    return { at, commit: at.commit("two was wrong").slice(0, 7) };
  }

  const record = (since: string, ...which: string[]): NotCarried => ({
    since,
    file: "steps.ts",
    lines: which,
    why: "it is right so",
  });

  test("says where a change has not arrived, how to carry it, and how to say that it is right so", () => {
    const { at, commit } = missed();
    expect(at.check()).toEqual([
      `steps.ts: this change of v02 has not reached v03, v04 (${commit}: two was wrong)`,
      "    one();",
      "  - two();",
      "  + TWO();",
      "    three();",
      `  to carry it on:     npm run carry v02 -- --commit ${commit}`,
      '  if it is right so:  say why in chapters/not-carried.ts, with  {"since":"v03","file":"steps.ts","lines":["two();"],"why":"…"}',
      "",
    ]);
    expect(at.carry("v02", { commit })).toBe(true);
    expect(at.check()).toEqual([]);
  });

  test("is silent about what was carried, brought back, or mended later", () => {
    const { at } = missed();
    at.git("revert", "--no-edit", "HEAD");
    expect(at.check()).toEqual([]);
    at.edit(`${V2}/steps.ts`, "two();", "2();");
    at.commit("once more");
    for (const folder of [V3, V4]) at.edit(`${folder}/steps.ts`, "two();", "deux();");
    at.commit("the later ones say it otherwise");
    expect(at.check()).toEqual([]);
  });

  test("sees what is not committed yet", () => {
    const at = new Course();
    at.edit(`${V3}/same.ts`, "limit = 10", "limit = 11");
    expect(at.check().slice(0, 1)).toEqual([
      "same.ts: this change of v03 has not reached v04 (not committed yet)",
    ]);
    expect(at.check().join("\n")).toMatch(/npm run carry v03$/m);
  });

  test("finds it beside what the later chapter changed, and where lines were only added", () => {
    const at = new Course();
    at.edit(`${V1}/steps.ts`, "six();", "SIX();"); // v02 has added2 behind it
    at.commit("six was wrong");
    expect(at.check().join("\n")).toContain("this change of v01 has not reached v02, v03, v04");
    at.git("revert", "--no-edit", "HEAD");
    at.edit(`${V2}/steps.ts`, "three();", "three();\nnew3();");
    at.commit("three needs company");
    expect(at.check().join("\n")).toMatch(/this change of v02 has not reached v03, v04.*\+ new3/s);
  });

  test("a change made in several chapters is reported once, from the last of them", () => {
    const at = new Course();
    for (const folder of [V1, V2, V3]) at.edit(`${folder}/steps.ts`, "two();", "TWO();");
    at.commit("two was wrong");
    const said = at.check().join("\n");
    expect(said).toContain("this change of v03 has not reached v04 (");
    expect(said.match(/this change of/g)).toHaveLength(1);
  });

  test("a record silences it from its chapter on, and is stale when it silences nothing", () => {
    const { at } = missed();
    expect(at.check([record("v03", "two();")])).toEqual([]);
    expect(at.check([record("v04", "two();")])[0]).toContain("has not reached v03 (");
    const stale = [
      "chapters/not-carried.ts passes over nothing any more, take it out: v03 steps.ts",
      "  2();",
    ];
    expect(at.check([record("v03", "two();"), record("v03", "2();")])).toEqual(stale);
    at.carry("v02", { commit: "HEAD" });
    expect(at.check([record("v03", "two();")])[1]).toBe("  two();");
  });

  test("a shallow clone says that it is one, and does not call a record stale for that", () => {
    const { at } = missed();
    at.write("elsewhere.txt", "anything\n");
    at.commit("something else");
    const clone = mkdtempSync(join(tmpdir(), "carry-shallow-"));
    onTestFinished(() => rmSync(clone, { recursive: true }));
    at.git("clone", "--quiet", "--depth=1", pathToFileURL(at.root).href, clone);
    const said: string[] = [];
    const right = record("v03", "two();"); // though the change that it is about is not to be seen
    expect(report(clone, course, [right], (line) => said.push(line))).toBe(true);
    const wrong = record("v03", "2();");
    expect(report(clone, course, [wrong], (line) => said.push(line))).toBe(false);
    expect(said[0]).toBe(
      "this clone is shallow: changes before its history were not looked at (git fetch --unshallow)",
    );
  });
});
