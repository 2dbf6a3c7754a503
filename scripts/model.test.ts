/** Some random runs against the real servers; and that a server which is broken is found out. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as target from "../test/harness/target.ts";
import { check } from "../test/model/check.ts";
import { chapterOf } from "./lib/find.ts";
import { lay, type Mutant, readMutants } from "./lib/mutants/read.ts";
import { root } from "./lib/root.ts";
import { runScript } from "./lib/script.ts";
import { refuses } from "./lib/testing.ts";

describe.concurrent("60 runs are as the model says", () => {
  test.each(["v02", "v06", "v07", "v08", "v13"])("%s", async (id) => {
    const server = target.chapter(chapterOf(id));
    const { runs, story } = await check({ chapter: id, target: server, runs: 60, seed: 2024 });
    expect(story).toBeUndefined();
    expect(runs).toBe(60);
  });
});

describe.concurrent("60 runs are as the model says over another wire", () => {
  test.each([
    ["v12", "websocket"],
    ["v15", "packets"],
  ] as const)("%s, %s", async (id, wire) => {
    const server = target.chapter(chapterOf(id));
    const { runs, story } = await check({
      chapter: id,
      target: server,
      wire,
      runs: 60,
      seed: 2024,
    });
    expect(story).toBeUndefined();
    expect(runs).toBe(60);
  });
});

test("a rename that checks, waits, and then acts is found out: two get one name", async () => {
  const twoKings = readMutants().find(({ number }) => number === 22) as Mutant;
  const server = target.folder(root + lay(twoKings, "mutants/model"));
  const options = { chapter: twoKings.chapter.id, target: server, runs: 300, seed: 1 };
  const { story, path } = await check({ ...options, shrinkMs: 3000 });
  expect(story).toMatch(/^mismatch: /m);
  expect(story).toMatch(/ you are now (.+)\n/);
  expect(path).toMatch(/^\d+(:\d+)*$/);
});

describe.concurrent("npm run model", () => {
  const run = (...args: string[]) => runScript("scripts/model.ts", args);

  refuses(
    "model",
    [["--runs", "0"], '--runs must be a whole number from 1 to 1000000, not "0"'],
    [["--path", "x"], '--path must be numbers with colons between them, not "x"'],
    [["--wire", "x"], '--wire must be lines, websocket or packets, not "x"'],
    [["--wire", "packets", "--chapter", "v14"], "--wire packets is possible from v15 on"],
    [
      ["--chapter", "v01"],
      "--chapter must be v02 or later: v01 has no room, and the model is about a room",
    ],
    [["--cmd", "no-such-program {port}"], "the server ended (spawn no-such-program ENOENT)"],
  );

  test("any command line is a server; says how much was done, and the seed", async () => {
    const main = join(root, "chapters", chapterOf("v06").folder, "main.ts");
    const options = ["--chapter", "6", "--runs", "5", "--seed", "3"];
    const { code, stdout, stderr } = await run(...options, "--cmd", await target.commandLine(main));
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^v06: 5 runs, \d+ rounds, \d+ deeds, all as the model says; seed 3, \d+\.\d s\n$/,
    );
    expect(code).toBe(0);
  });
});
