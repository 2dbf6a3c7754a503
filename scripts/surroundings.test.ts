/** Where the course may lie, and who may run it: folders with odd names, pnpm, NODE_ENV, a first installation. */
import { once } from "node:events";
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./lib/root.ts";
import { runScript, start } from "./lib/script.ts";
import { scratch } from "./lib/testing.ts";

/** The course, as far as a command needs it, in a folder of this name; without packages, but those of ours. */
function copy(name: string, packages: boolean): string {
  const folder = join(scratch(), name);
  for (const part of ["scripts", "chapters", "test", "package.json", "package-lock.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  if (packages) symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}

test("a folder with #, %, a space and 张三 in its name: a chapter runs there", async () => {
  const folder = copy("C# 100%20 张三", true);
  const { child, output } = start("scripts/chapter.ts", ["v07", "--port", "0"], {}, folder);
  onTestFinished(() => void child.kill());
  while (!output.stdout.includes("listening on")) {
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    expect(child.exitCode, output.stderr).toBeNull();
  }
});

test.skipIf(process.platform === "win32")(
  "a folder with a ? in its name: one line says what to do",
  async () => {
    const folder = copy("why?", true);
    const { code, stderr } = await runScript("scripts/chapter.ts", ["v07"], {}, folder);
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^this cannot run in .* without a \?\n$/),
    ]);
  },
);

test("pnpm hands on the -- that npm keeps for itself", async () => {
  const { code, stdout } = await runScript("scripts/chapter.ts", ["v07", "--", "--help"]);
  expect([code, stdout]).toEqual([0, expect.stringContaining("--idle-timeout SECONDS")]);
});

test("what is missing is installed: the tools for whom they are, also where NODE_ENV says production", async () => {
  const folder = copy("course", false);
  const npm = join(folder, "npm-cli.js"); // in the place of the real one: it says how it was called
  writeFileSync(npm, "console.error(process.argv.slice(2).join(' '));");
  writeFileSync(join(folder, "nothing.mjs"), "");
  mkdirSync(join(folder, "node_modules"));
  const env = { npm_execpath: npm, NODE_ENV: "production" };
  const tools = await runScript("--dev", ["nothing.mjs"], env, folder);
  expect([tools.code, tools.stderr]).toEqual([0, expect.stringMatching(/^ci .* --include=dev$/m)]);
  const learner = await runScript("nothing.mjs", [], env, folder);
  expect([learner.code, learner.stderr]).toEqual([0, expect.stringMatching(/^ci .* --omit=dev$/m)]);
});
