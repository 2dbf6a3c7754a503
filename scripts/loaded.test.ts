/** `npm run loaded`: what was ever red is counted and shown. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { root } from "./lib/root.ts";
import { runScript } from "./lib/script.ts";

/** A suite of its own: one test is green, one is red each time. */
const suite = `${root}.cache/loaded-${process.pid}`;
mkdirSync(`${suite}/test`, { recursive: true });
writeFileSync(
  `${suite}/test/a.test.ts`,
  `import { expect, test } from "vitest";
   test("green", () => {});
   test("red", () => expect("this").toBe("that"));`,
);
afterAll(() => rmSync(suite, { recursive: true }));

describe.concurrent("npm run loaded", () => {
  test("each run in a line; each red test once, how often, with what it said", async () => {
    const args = ["--runs", "2", "--busy", "1", "--", "--root", suite];
    const { code, stdout } = await runScript("scripts/loaded.ts", args);
    const lines = stdout.replace(/\d+ s,/g, "N s,").split("\n");
    const said = "AssertionError: expected 'this' to be 'that' // Object.is equality";
    const run = (i: number) => [`run ${i}: N s, 1 passed, 1 failed`, `  red: ${said}`];
    const red = ["", "red in 2 of 2: red", `  ${said}`];
    expect(lines.slice(0, 7)).toEqual([...run(1), ...run(2), ...red]);
    expect(stdout).not.toContain("green");
    expect(code).toBe(1);
  });

  test("nothing red: says so", async () => {
    const args = ["--runs", "1", "--busy", "0", "--", "--root", suite, "-t", "green"];
    const { code, stdout } = await runScript("scripts/loaded.ts", args);
    expect(stdout).toMatch(/^run 1: \d+ s, 1 passed, 0 failed\nno test failed\n$/);
    expect(code).toBe(0);
  });
});
