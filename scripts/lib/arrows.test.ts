/** Arrows run one way, as CONTRIBUTING.md draws them, and never in a circle. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path/posix";
import { expect, test } from "vitest";
import { sources } from "../../chapters/sources.ts";
import { type Arrows, against, between, boxOf, circle, drawn, importsOf } from "./arrows.ts";
import { root } from "./root.ts";
import { imports } from "./source.ts";

const TREES = ["chapters", "extras", "scripts", "test"];
const texts = new Map(
  TREES.flatMap((tree) =>
    [...sources(root + tree)].map(([file, text]) => [`${tree}/${file}`, text]),
  ),
);
const { folders, arrows } = drawn(readFileSync(`${root}CONTRIBUTING.md`, "utf8"));
const files = importsOf(texts);

test("no import runs against the arrows, and each arrow is an import", () => {
  const imported = between(files, (file) => boxOf(file, folders));
  expect(against(arrows, imported)).toEqual([]);
  expect(against(imported, arrows)).toEqual([]);
});

test("no circle: neither in the drawing, nor between folders, nor between files", () => {
  // A chapter may import from its own folder only: npm run steps holds that.
  const folderOf = (file: string) => (file.startsWith("chapters/v") ? "chapters" : dirname(file));
  expect(circle(arrows)).toBeUndefined();
  expect(circle(between(files, folderOf))).toBeUndefined();
  expect(circle(files)).toBeUndefined();
});

test("a command that installs no tools of the maintainers imports none", () => {
  const { scripts, dependencies } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  const reached = (file: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(file)) return seen;
    seen.add(file);
    for (const next of files.get(file) ?? []) reached(next, seen);
    return seen;
  };
  const packages = (file: string) =>
    imports(texts.get(file) ?? "").filter((name) => !/^(\.|node:)/.test(name));
  const bare = (name: string) => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name;
  for (const line of Object.values<string>(scripts)) {
    const file = / (scripts\/\S+\.ts)$/.exec(line)?.[1];
    if (file === undefined || line.includes(" --dev ")) continue;
    const foreign = [...reached(file)]
      .flatMap(packages)
      .filter((name) => !(bare(name) in dependencies));
    expect([file, foreign]).toEqual([file, []]);
  }
});

test("what it would say of an upward import, and of a circle", () => {
  const wrong = importsOf(
    new Map([
      ["test/harness/a.ts", 'import type { B } from "../../scripts/lib/b.ts";'],
      ["scripts/lib/b.ts", 'import { c } from "./tool/c.ts";'],
      ["scripts/lib/tool/c.ts", 'export { b } from "../b.ts";'],
    ]),
  );
  const found = between(wrong, (file) => boxOf(file, folders));
  expect(against(arrows, found)).toEqual([
    "test/harness → scripts/lib",
    "scripts/lib → scripts/lib/*",
  ]);
  expect(circle(wrong)).toBe("scripts/lib/b.ts → scripts/lib/tool/c.ts → scripts/lib/b.ts");
  const none: Arrows = new Map([
    ["a", new Set(["b", "c"])],
    ["b", new Set(["c"])],
  ]);
  expect(circle(none)).toBeUndefined();
});
