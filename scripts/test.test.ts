/** What `npm test` makes of what is typed. */
import { describe, expect, test } from "vitest";
import { runScript } from "./lib/script.ts";
import { refuses } from "./lib/testing.ts";

const run = (...args: string[]) => runScript("scripts/test.ts", args);

describe.concurrent("npm test", () => {
  test("a chapter by any of its names; the rest is vitest's", async () => {
    const { code, stdout } = await run("0.7", "-t", "v07/help", "--reporter=json");
    const report = JSON.parse(stdout);
    expect([report.testResults.length, report.numPassedTests, code]).toEqual([1, 1, 0]);
    expect(report.testResults[0].name).toMatch(/test.chapters.v07\.test\.ts$/);
  });

  test("a word of a file's path", async () => {
    const { code, stdout } = await run("unit/tasks", "--reporter=json");
    expect(JSON.parse(stdout).testResults.length).toBe(1);
    expect(code).toBe(0);
  });

  test("what Node prints for an editor is no complaint of a program's", async () => {
    const env = { NODE_OPTIONS: "--import=data:text/javascript,console.error(1)" };
    const { code } = await runScript("scripts/test.ts", ["v09", "-t", "v09/not-connected:"], env);
    expect(code).toBe(0);
  });

  refuses(
    "test",
    [["v77"], /^no chapter "v77"; the nearest is v07 /],
    [["--nonsense"], "Unknown option `--nonsense`"],
  );
});
