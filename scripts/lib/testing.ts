/** What the tests of the commands share: folders to try things in, and what is refused. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { root } from "./root.ts";
import { runScript } from "./script.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** An empty folder, until the tests of the file are over. One `within` the course finds its packages. */
export function scratch(within = false): string {
  const above = within ? join(root, ".cache") : tmpdir();
  mkdirSync(above, { recursive: true });
  folders.push(mkdtempSync(join(above, "scratch-")));
  return folders.at(-1) as string;
}

type Refused = [args: string[], line: string | RegExp, env?: Record<string, string>];

/** A test for each: the command prints that line on stderr and nothing else, and its exit code is 1. */
export function refuses(script: string, ...all: Refused[]): void {
  test.concurrent.each(all)(`${script} %j is refused in one line`, async (args, line, env) => {
    const { code, stdout, stderr } = await runScript(`scripts/${script}.ts`, args, env);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr.split("\n")).toEqual([
      typeof line === "string" ? line : expect.stringMatching(line),
      "",
    ]);
  });
}
