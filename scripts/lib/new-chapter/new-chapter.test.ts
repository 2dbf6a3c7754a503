/** `npm run new-chapter`, in a copy of what it reads and writes. */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { applies } from "../../../test/harness/case.ts";
import { find, version } from "../find.ts";
import { root } from "../root.ts";
import { measure } from "../steps.ts";
import { newChapter } from "./new-chapter.ts";

const last = chapters.at(-1) as Chapter;
const id = `v${`${chapters.length + 1}`.padStart(2, "0")}`;
const name = `${id}-made-for-a-test`;

function copy(): string {
  const folder = mkdtempSync(join(tmpdir(), "new-chapter-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of ["README.md", "chapters", "test/cases", "test/harness", "test/chapters"])
    cpSync(join(root, path), join(folder, path), { recursive: true });
  return folder;
}

const files = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

async function courseIn(folder: string): Promise<readonly Chapter[]> {
  return (await import(pathToFileURL(join(folder, "chapters/manifest.ts")).href)).chapters;
}

test("the code is that of the last chapter, and the steps hold", async () => {
  const at = copy();
  newChapter(at, name);
  const course = await courseIn(at);
  const made = course.at(-1) as Chapter;
  expect(made).toMatchObject({ id, folder: name, title: "made for a test", changes: {}, cap: 30 });
  expect(course.slice(0, -1)).toEqual(chapters);
  const steps = measure(join(at, "chapters"), course);
  expect(steps.flatMap(({ broken }) => broken)).toEqual([]);
  expect(steps.at(-1)).toMatchObject({ changed: 0, lines: steps.at(-2)?.lines });
});

test("its cases are those of all before it, and one that is to be written", async () => {
  const at = copy();
  newChapter(at, name);
  const { cases } = await import(pathToFileURL(join(at, "test/cases/index.ts")).href);
  const before = await import("../../../test/cases/index.ts");
  expect(cases.map((each: { id: string }) => each.id)).toEqual([
    ...before.cases.map((each) => each.id),
    `${id}/to-be-written`,
  ]);
  expect(applies(cases.at(-1), id)).toBe(true);
  expect(applies(cases.at(-1), last.id)).toBe(false);
  expect(readFileSync(join(at, `test/chapters/${id}.test.ts`), "utf8")).toContain(
    `proveChapter("${id}")`,
  );
  const index = readFileSync(join(at, "test/cases/index.ts"), "utf8").split("\n");
  expect(Math.max(...index.slice(1).map((line) => line.length))).toBeLessThanOrEqual(100);
});

test("its guide has the sections of the others, its markers draw nothing yet, and the others know of it", () => {
  const at = copy();
  newChapter(at, name);
  const read = (file: string) => readFileSync(join(at, file), "utf8");
  const guide = read(`chapters/${name}/README.md`);
  const sections = (text: string) => text.match(/^## .*$/gm);
  expect(sections(guide)).toEqual(sections(read("chapters/v08-graceful-shutdown/README.md")));
  expect(guide).toMatch(/^# V\d\.\d Made for a test\n/);
  expect(guide).toContain("<!-- picture life --> <!-- /picture -->");
  expect(guide).not.toMatch(/<!-- (picture|terminal) \S+ -->\n/); // npm run diagrams would look for it
  expect(guide).not.toContain("undefined");
  const link = `[${id}](../${name}/README.md)`;
  expect(read(`chapters/${last.folder}/README.md`).endsWith(` · ${link}\n`)).toBe(true);
  expect(guide.endsWith(`\n[${last.id}](../${last.folder}/README.md)\n`)).toBe(true);
  const row = `| [${id} made for a test](chapters/${name}/README.md) | … |`;
  const table = read("README.md").split("\n");
  expect(table[table.indexOf(row) - 1]).toMatch(`| [${last.id} `);
});

test("a second one goes behind the first", async () => {
  const at = copy();
  newChapter(at, name);
  const course = await courseIn(at);
  const next = `v${`${course.length + 1}`.padStart(2, "0")}-another`;
  newChapter(at, next, course);
  expect(existsSync(join(at, "chapters", next, "server.ts"))).toBe(true);
  expect(readFileSync(join(at, `chapters/${name}/README.md`), "utf8")).toMatch(
    `· [${next.slice(0, 3)}](../${next}/README.md)`,
  );
});

test.each([
  [id, `"${id}" is no folder of a chapter: lower-case words, ${id}-web-socket`],
  [`${id}-Web`, `"${id}-Web" is no folder of a chapter: lower-case words, ${id}-web-socket`],
  [`${id}-`, /is no folder of a chapter/],
  [`${id}-a--b`, /is no folder of a chapter/],
  [`${id}-../x`, /is no folder of a chapter/],
  ["v05-again", `the next chapter is ${id}, not v05`],
  ["v99-far", `the next chapter is ${id}, not v99`],
  [`${id}-who`, '"who" means v04 already: take another name'],
  [`${id}-user-module`, '"user-module" means v03 already: take another name'],
])("%s is refused in one line, and nothing is written", (bad, message) => {
  const at = copy();
  const before = files(at);
  expect(() => newChapter(at, bad)).toThrow(message);
  expect(files(at)).toEqual(before);
});

test("what is there already stays", () => {
  const at = copy();
  cpSync(join(at, "test/cases/v05.ts"), join(at, `test/cases/${id}.ts`));
  const before = files(at);
  expect(() => newChapter(at, name)).toThrow(`test/cases/${id}.ts is there already`);
  expect(files(at)).toEqual(before);
});

test("V1.0 follows V0.9, and is found by that name", () => {
  expect(["v01", "v09", "v10", "v11", "v20"].map((each) => version({ id: each }))).toEqual([
    "V0.1",
    "V0.9",
    "V1.0",
    "V1.1",
    "V2.0",
  ]);
  const tenth = { ...last, id: "v10", folder: "v10-tenth", title: "tenth" };
  const course = [...chapters.slice(0, 9), tenth];
  for (const each of ["v10", "10", "V1.0", "1.0", "tenth", "v10-tenth"])
    expect(find(each, course)).toBe(tenth);
  expect(find("1", course)?.id).toBe("v01");
});
