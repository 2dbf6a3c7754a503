/** Some random runs against the real servers; and that a server which is broken is found out. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chapters } from "../chapters/manifest.ts";
import * as target from "../test/harness/target.ts";
import { check } from "../test/model/check.ts";
import { root } from "./lib/root.ts";
import { runScript } from "./lib/script.ts";

describe.concurrent("60 runs are as the model says", () => {
  test.each(["v02", "v06", "v07", "v08"])("%s", async (id) => {
    const chapter = chapters.find((chapter) => chapter.id === id);
    if (!chapter) throw new Error(`no chapter ${id}`);
    const server = target.chapter(chapter);
    const { runs, story } = await check({ chapter: id, target: server, runs: 60, seed: 2024 });
    expect(story).toBeUndefined();
    expect(runs).toBe(60);
  });
});

test("a rename that checks, waits, and then acts is found out: two get one name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "model-"));
  try {
    cpSync(join(root, "chapters/v08-graceful-shutdown"), folder, { recursive: true });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    const change = (file: string, before: string, after: string) => {
      const source = readFileSync(join(folder, file), "utf8");
      expect(source).toContain(before);
      writeFileSync(join(folder, file), source.replace(before, after));
    };
    change("user.ts", 'startsWith("rename|")) this.', 'startsWith("rename|")) await this.');
    change(
      "user.ts",
      "  rename(name: string): void",
      "  async rename(name: string): Promise<void>",
    );
    change("user.ts", "!this.#room.rename(this, name)", "!(await this.#room.rename(this, name))");
    change(
      "room.ts",
      "  rename(user: Member, name: string): boolean",
      "  async rename(user: Member, name: string)",
    );
    change(
      "room.ts",
      "!== user) return false;",
      "!== user) return false;\n    await new Promise((resolve) => setTimeout(resolve));",
    );
    const server = target.folder(folder);
    const options = { chapter: "v08", target: server, runs: 300, seed: 1, shrinkMs: 3000 };
    const { story, path } = await check(options);
    expect(story).toMatch(/^mismatch: /m);
    expect(story).toMatch(/ you are now (.+)\n/);
    expect(path).toMatch(/^\d+(:\d+)*$/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

describe.concurrent("npm run model", () => {
  const run = (...args: string[]) => runScript("scripts/model.ts", args);

  test.each([
    [["--runs", "0"], '--runs must be a whole number from 1 to 1000000, not "0"\n'],
    [["--path", "x"], '--path must be numbers with colons between, not "x"\n'],
    [["--chapter", "v01"], "--chapter: the model knows rooms, and v01 has none: v02 to v09\n"],
    [
      ["--chapter", "v77"],
      'no chapter "v77"; the nearest is v07 (npm run chapter lists them all)\n',
    ],
    [["--cmd", "no-such-program {port}"], "the server ended (spawn no-such-program ENOENT)\n"],
  ])("%j: one line, exit code 1", async (args, message) => {
    const { code, stderr, stdout } = await run(...args);
    expect([code, stderr, stdout]).toEqual([1, message, ""]);
  });

  test("any command line is a server; says how much was done, and the seed", async () => {
    const v06 = chapters.find(({ id }) => id === "v06");
    const main = join(root, "chapters", v06?.folder ?? "", "main.ts");
    const [node, ...args] = await target.command(main);
    const command = `"${node}" ${args.map((arg) => `"${arg}"`).join(" ")} --port {port}`;
    const options = ["--chapter", "6", "--runs", "5", "--seed", "3"];
    const { code, stdout, stderr } = await run(...options, "--cmd", command);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^v06: 5 runs, \d+ rounds, \d+ deeds, all as the model says; seed 3, \d+\.\d s\n$/,
    );
    expect(code).toBe(0);
  });
});
