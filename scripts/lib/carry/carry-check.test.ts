/** Changes that have not reached a later chapter, and how it is recorded that they need not. */
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type { NotCarried } from "../../../chapters/not-carried.ts";
import { Course, V1, V2, V3, V4, withGit } from "./course.ts";

withGit("npm run carry -- --check", () => {
  /** A course where v02's steps were mended and v03's and v04's were not. */
  function missed() {
    const at = new Course();
    at.edit(`${V2}/steps.ts`, "two();", "TWO();");
    return { at, commit: at.commit("two was wrong").slice(0, 7) };
  }

  const record = (since: string, line: string): NotCarried => ({
    ...{ since, file: "steps.ts", lines: [line], why: "it is right so" },
  });

  test("says where a change has not arrived, how to carry it, and how to say that it is right so", () => {
    const { at, commit } = missed();
    expect(at.check().said).toEqual([
      `steps.ts: this change of v02 has not reached v03, v04 (${commit}: two was wrong)`,
      "    one();",
      "  - two();",
      "  + TWO();",
      "    three();",
      `  to carry it on:     npm run carry v02 -- --commit ${commit}`,
      '  if it is right so:  say why in chapters/not-carried.ts, with  {"since":"v03","file":"steps.ts","lines":["two();"],"why":"…"}',
      "",
    ]);
    expect(at.check().well).toBe(false);
    expect(at.carry("v02", { commit })).toBe(true);
    expect(at.check().well).toBe(true);
  });

  test("is silent about what was brought back, or mended later", () => {
    const { at } = missed();
    at.git("revert", "--no-edit", "HEAD");
    expect(at.check().well).toBe(true);
    at.edit(`${V2}/steps.ts`, "two();", "2();");
    for (const folder of [V3, V4]) at.edit(`${folder}/steps.ts`, "two();", "deux();");
    at.commit("the later ones say it otherwise");
    expect(at.check().well).toBe(true);
  });

  test("sees what is not committed yet", () => {
    const at = new Course();
    at.edit(`${V3}/same.ts`, "limit = 10", "limit = 11");
    const { text } = at.check();
    expect(text).toMatch(/^same.ts: .* v03 has not reached v04 \(not committed yet\)$/m);
    expect(text).toMatch(/npm run carry v03$/m);
  });

  test("finds it beside what the later chapter changed, and where lines were only added", () => {
    const at = new Course();
    at.edit(`${V1}/steps.ts`, "six();", "SIX();"); // v02 has added2 behind it
    at.edit(`${V2}/steps.ts`, "three();", "three();\nnew3();");
    at.commit("six was wrong, and three needs company");
    const { text } = at.check();
    expect(text).toContain("this change of v01 has not reached v02, v03, v04");
    expect(text).toMatch(/this change of v02 has not reached v03, v04.*\+ new3/s);
  });

  test("a change made in several chapters is reported once, from the last of them", () => {
    const at = new Course();
    for (const folder of [V1, V2, V3]) at.edit(`${folder}/steps.ts`, "two();", "TWO();");
    at.commit("two was wrong");
    const found = at.check().text.match(/this change of.*\(/g);
    expect(found).toEqual(["this change of v03 has not reached v04 ("]);
  });

  test("a record silences it from its chapter on, and is stale when it silences nothing", () => {
    const { at } = missed();
    expect(at.check([record("v03", "two();")]).well).toBe(true);
    expect(at.check([record("v04", "two();")]).text).toContain("has not reached v03 (");
    const { well, said } = at.check([record("v03", "two();"), record("v03", "2();")]);
    expect(said).toEqual([
      "chapters/not-carried.ts passes over nothing any more, take it out: v03 steps.ts",
      "  2();",
    ]);
    expect(well).toBe(false);
    at.carry("v02", { commit: "HEAD" });
    expect(at.check([record("v03", "two();")]).said[1]).toBe("  two();");
  });

  test("a shallow clone says that it is one, and does not call a record stale for that", () => {
    const { at } = missed();
    at.write("elsewhere.txt", "anything\n");
    at.commit("something else");
    const clone = `${at.root}/shallow`;
    at.git("clone", "--quiet", "--depth=1", pathToFileURL(at.root).href, clone);
    // Though the change that it is about is not to be seen.
    expect(at.check([record("v03", "two();")], clone).well).toBe(true);
    const { well, said } = at.check([record("v03", "2();")], clone);
    expect(well).toBe(false);
    expect(said.at(-1)).toBe(
      "this clone is shallow: changes before its history were not looked at (git fetch --unshallow)",
    );
  });
});
