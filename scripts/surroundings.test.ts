/** Where the course may lie, and who may run it: folders with odd names, pnpm, NODE_ENV, a first installation. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { root } from "./lib/root.ts";

/** The course, as far as a command needs it, in a folder of this name; without packages, but those of ours. */
function copy(name: string, packages: boolean): string {
  const above = mkdtempSync(join(tmpdir(), "course-"));
  onTestFinished(() => rmSync(above, { recursive: true }));
  const folder = join(above, name);
  for (const part of ["scripts", "chapters", "test", "package.json", "package-lock.json"])
    cpSync(join(root, part), join(folder, part), { recursive: true });
  if (packages) symlinkSync(join(root, "node_modules"), join(folder, "node_modules"), "junction");
  return folder;
}

function start(folder: string, args: string[], env: Record<string, string> = {}) {
  const argv = ["scripts/run.mjs", ...args];
  const child = spawn(process.execPath, argv, { cwd: folder, env: { ...process.env, ...env } });
  onTestFinished(() => void child.kill());
  const said = { out: "", err: "" };
  child.stdout.on("data", (text) => (said.out += text));
  child.stderr.on("data", (text) => (said.err += text));
  return { child, said };
}

async function run(folder: string, args: string[], env?: Record<string, string>) {
  const { child, said } = start(folder, args, env);
  const [code] = await once(child, "close");
  return { code, ...said };
}

test("a folder with #, %, a space and 张三 in its name: a chapter runs there", async () => {
  const folder = copy("C# 100%20 张三", true);
  const { child, said } = start(folder, ["scripts/chapter.ts", "v07", "--port", "0"]);
  while (!said.out.includes("listening on")) {
    await Promise.race([once(child.stdout, "data"), once(child, "close")]);
    expect(child.exitCode, said.err).toBeNull();
  }
});

test.skipIf(process.platform === "win32")(
  "a folder with a ? in its name: one line says what to do",
  async () => {
    const { code, err } = await run(copy("why?", true), ["scripts/chapter.ts", "v07"]);
    expect([code, err]).toEqual([
      1,
      expect.stringMatching(/^this cannot run in .* without a \?\n$/),
    ]);
  },
);

test("pnpm hands on the -- that npm keeps for itself", async () => {
  const { code, out } = await run(root, ["scripts/chapter.ts", "v07", "--", "--help"]);
  expect([code, out]).toEqual([0, expect.stringContaining("--idle-timeout SECONDS")]);
});

test("what is missing is installed: the tools for whom they are, also where NODE_ENV says production", async () => {
  const folder = copy("course", false);
  const npm = join(folder, "npm-cli.js"); // in the place of the real one: it says how it was called
  writeFileSync(npm, "console.error(process.argv.slice(2).join(' '));");
  writeFileSync(join(folder, "nothing.mjs"), "");
  mkdirSync(join(folder, "node_modules"));
  const env = { npm_execpath: npm, NODE_ENV: "production" };
  const tools = await run(folder, ["--dev", "nothing.mjs"], env);
  expect([tools.code, tools.err]).toEqual([0, expect.stringMatching(/^ci .* --include=dev$/m)]);
  const learner = await run(folder, ["nothing.mjs"], env);
  expect([learner.code, learner.err]).toEqual([0, expect.stringMatching(/^ci .* --omit=dev$/m)]);
});
