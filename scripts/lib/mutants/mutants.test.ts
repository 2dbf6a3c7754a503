/** The museum of mutants: that each can be shown, and that what proves them can say no. */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Case } from "../../../test/harness/case.ts";
import { root } from "../root.ts";
import { runScript, start } from "../script.ts";
import { refuses, scratch } from "../testing.ts";
import { type Mutant, museum, mutated, parseMutant, readMutants } from "./read.ts";
import { casesOf, complaint, flaw, type Outcome } from "./trials.ts";

const mutants = readMutants();
const numbered = (number: number) => mutants.find((each) => each.number === number) as Mutant;
const file = (id: string) => readFileSync(`${museum}${id}.patch`, "utf8");
const FILE = "23-own-name-is-taken";

describe("the museum", () => {
  test.each(mutants)("$id applies to $chapter.id, and its cases hold for it", (mutant) => {
    expect(flaw(mutant)).toBeUndefined();
  });

  test.each(mutants)("$id speaks of no other mutant by mistake", ({ id, number, tries }) => {
    const named = [...tries.matchAll(/npm run (?:-s )?mutant (\d+)/g)].map(([, n]) => Number(n));
    expect(new Set([...named, number]).size, id).toBe(1);
  });

  test("they are numbered from 1, and none is missing", () => {
    expect(mutants.map(({ number }) => number)).toEqual(mutants.map((_, i) => i + 1));
  });

  test("the page of the original's faults names each that is one of them, and none that is not there", () => {
    const page = readFileSync(`${root}docs/original-faults.md`, "utf8");
    const named = new Set([...page.matchAll(/\bmutant (\d+)/g)].map(([, n]) => Number(n)));
    const originals = mutants.filter(({ original }) => original).map(({ number }) => number);
    expect(originals.filter((number) => !named.has(number))).toEqual([]);
    expect([...named].filter((number) => !numbered(number))).toEqual([]);
  });
});

describe("a patch that is not as it must be", () => {
  const parse = (change: (text: string) => string, name = `${FILE}.patch`) =>
    parseMutant(name, change(file(FILE)));

  test.each<[string, (text: string) => string, string | RegExp]>([
    ["no diff", (text) => text.replace(/^--- .*/ms, ""), "has no diff"],
    ["no title", (text) => text.replace(/^Title: .*\n/, ""), 'has no "Title: …"'],
    ["no mending", (text) => text.replace(/^Mending: .*?\n\n/ms, "\n"), 'has no "Mending: …"'],
    ["no story", (text) => text.replace(/\n\n.*?(?=\n--- )/s, "\n"), "has no story"],
    ["an unknown key", (text) => `Author: me\n${text}`, '"Author: me" is none of Title: …'],
    ["an unknown chapter", (text) => text.replace("Chapter: v05", "Chapter: v55"), "chapter v55"],
    ["code that has changed", (text) => text.replace("user);", "who);"), /apply to .*room\.ts: /],
    [
      "another chapter's file",
      (text) => text.replaceAll("v05-rename/room", "v06-private/room"),
      /changes chapters\/v06-private\/room\.ts, which is no file of chapters\/v05-rename\/$/,
    ],
    ["lines that are missing", (text) => text.replace(/^ {5}.*\n/m, ""), "holds no diff"],
    ["no such case", (text) => text.replace("v05/rename-own", "v05/rename-n"), "there is no case"],
    [
      "a later chapter's case",
      (text) => text.replace("v05/rename-own-name", "v06/private"),
      "v06/private does not hold for v05",
    ],
  ])("%s", (_, change, message) => {
    const tried = () => {
      const why = flaw(parse(change));
      if (why !== undefined) throw new Error(why);
    };
    expect(tried).toThrow(message);
    expect(tried).toThrow(`mutants/${FILE}.patch`);
  });

  test("a file that is not named like one", () => {
    const whole = (text: string) => text;
    expect(() => parse(whole, "own-name.patch")).toThrow(/own-name\.patch: is not named like 07-/);
  });

  test("two with one number", () => {
    const folder = `${scratch()}/`;
    for (const name of ["07-one", "07-two"]) writeFileSync(`${folder}${name}.patch`, file(FILE));
    expect(() => readMutants(folder)).toThrow("07-one and 07-two have one number");
  });

  test("Windows' line ends do it no harm", () => {
    const mutant = parse((text) => text.replaceAll("\n", "\r\n"));
    expect(mutated(mutant)).toEqual(mutated(numbered(23)));
  });
});

describe("the proof", () => {
  test.each<[string, number | undefined, Outcome["verdict"], RegExp | undefined]>([
    ["the server crashed", 23, { outcome: "server crashed", kind: "crash", why: "" }, undefined],
    ["it hangs", 23, { outcome: "fail", kind: "hang", why: "" }, /^mutant 23-\S+ only hangs at/],
    ["it hangs, and may", 8, { outcome: "fail", kind: "hang", why: "" }, undefined],
    ["red without it", undefined, { outcome: "fail", why: "x" }, /is red on v05 as it is, .*: x$/],
    ["a fault of ours", 23, { outcome: "harness fault", why: "x" }, /could not be tried: x$/],
    ["cannot be run here", 23, { outcome: "not reached", why: "x" }, undefined],
    ["survives", 23, { outcome: "pass", why: "" }, /^mutant 23-\S+ survives v05\/rename-own-name$/],
  ])("%s", (_, number, verdict, expected) => {
    const mutant = numbered(number ?? 23);
    const [caughtBy] = casesOf(mutant);
    const { chapter } = mutant;
    const trial = { test: caughtBy as Case, chapter, folder: "", verdict };
    const said = complaint(number === undefined ? trial : { ...trial, mutant });
    expect(said ?? "").toMatch(expected ?? /^$/);
  });
});

describe.concurrent("the commands", () => {
  const mutant = (...args: string[]) => runScript("scripts/mutant.ts", args);

  test("without a number it lists them: number, chapter, title", async () => {
    const { code, stdout } = await mutant();
    expect(code).toBe(0);
    for (const { number, chapter, title } of mutants)
      expect(stdout).toContain(`${number}  ${chapter.id}  ${title}\n`);
  });

  test("tells the story, does not tell which line it is, and serves", async () => {
    const { child, output } = start("scripts/mutant.ts", ["23", "--port", "0"]);
    while (!output.stdout.includes("listening on 127.0.0.1:")) await once(child.stdout, "data");
    child.kill("SIGKILL");
    const { title, story, tries, mending } = numbered(23);
    const talk = "client -- --chapter v05 --port PORT\n";
    for (const told of [title, story, tries.replace("8888", "PORT"), talk])
      expect(output.stdout).toContain(told);
    for (const secret of ["@@", mending, "v05/rename-own-name"])
      expect(output.stdout).not.toContain(secret);
    await once(child, "close");
  });

  test("--show shows the lines, by any of its names", async () => {
    const { code, stdout } = await mutant("own-name-is-taken", "--show");
    expect(code).toBe(0);
    expect(stdout).toContain("\n+    if (this.#names.has(fold(name))) return false;\n");
    expect(stdout).toContain(numbered(23).mending);
    expect(stdout).toContain("names and commands.\nCaught by v05/rename-own-name.\n");
  });

  test("--check runs the case, and prints how it fails", async () => {
    const { code, stdout } = await mutant(FILE, "--check");
    expect(code).toBe(0);
    expect(stdout).toMatch(/v05\/rename-own-name\nmismatch: .*\n.*you are now al.*\n.*is taken/);
  });

  test("the proof is a table of the mutant, the case, the kind of failure and what it says", async () => {
    const { code, stdout } = await runScript("scripts/mutants.ts", ["23", "29"]);
    for (const row of [
      /^23 v05 {2}v05\/rename-own-name .* mismatch {2}alice, line 3: expected/m,
      /^29 v06 {2}v06\/to-own-name-without-text .* crash .* the server ended/m,
      /\ncaught: 2 of 2 mutants, \d+ s\n$/,
    ])
      expect(stdout).toMatch(row);
    expect(code).toBe(0);
  });

  refuses(
    "mutant",
    [["99"], /^no mutant 99: their numbers are 1 to \d+ \(npm run mutant lists them\)$/],
    [["own-name"], /^no mutant "own-name"; the nearest is 23-own-name-is-taken /],
    [["23", "--show", "--port", "1"], /^--show and --check run .*: --port 1$/],
  );
  refuses("mutants", [["23", "x"], /^no mutant x: /]);
});
