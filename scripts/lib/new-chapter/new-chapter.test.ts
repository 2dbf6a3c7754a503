/** `npm run new-chapter`, in a copy of what it reads and writes. */
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import * as before from "../../../test/cases/index.ts";
import { applies, type Case } from "../../../test/harness/case.ts";
import { version } from "../find.ts";
import { root } from "../root.ts";
import { measure } from "../steps.ts";
import { scratch } from "../testing.ts";
import { newChapter } from "./new-chapter.ts";

const last = chapters.at(-1) as Chapter;
const idOf = (number: number) => `v${`${number}`.padStart(2, "0")}`;
const [id, next] = [idOf(chapters.length + 1), idOf(chapters.length + 2)];
const name = `${id}-made-for-a-test`;

const at = scratch();
for (const path of ["README.md", "chapters", "test/cases", "test/harness", "test/chapters"])
  cpSync(join(root, path), join(at, path), { recursive: true });

const read = (file: string) => readFileSync(join(at, file), "utf8");
const files = () => readdirSync(at, { recursive: true }).map(String).sort();
const load = (file: string) => import(pathToFileURL(join(at, file)).href);

test.each([
  [id, `"${id}" is no folder of a chapter: lower-case words, ${id}-web-socket`],
  [`${id}-Web`, `"${id}-Web" is no folder of a chapter: lower-case words, ${id}-web-socket`],
  [`${id}-a--b`, /is no folder of a chapter/],
  [`${id}-../x`, /is no folder of a chapter/],
  ["v05-again", `the next chapter is ${id}, not v05`],
  [`${id}-who`, '"who" means v04 already: take another name'],
  [`${id}-user-module`, '"user-module" means v03 already: take another name'],
  [name, `test/cases/${id}.ts is there already`],
])("%s is refused in one line, and nothing is written", (bad, message) => {
  const taken = join(at, `test/cases/${id}.ts`);
  if (bad === name) cpSync(join(at, "test/cases/v05.ts"), taken);
  const there = files();
  expect(() => newChapter(at, bad)).toThrow(message);
  expect(files()).toEqual(there);
  rmSync(taken, { force: true });
});

describe("one that is laid", () => {
  let course: readonly Chapter[] = [];
  beforeAll(async () => {
    newChapter(at, name);
    ({ chapters: course } = await load("chapters/manifest.ts"));
    newChapter(at, `${next}-another`, course); // and a second one behind it
  });

  test("the code is that of the last chapter, and the steps hold", () => {
    const made = { id, folder: name, title: "made for a test", changes: {}, cap: 30 };
    expect(course).toEqual([...chapters, expect.objectContaining(made)]);
    const steps = measure(join(at, "chapters"), course);
    expect(steps.flatMap(({ broken }) => broken)).toEqual([]);
    expect(steps.at(-1)).toMatchObject({ changed: 0, lines: steps.at(-2)?.lines });
  });

  test("its cases are those of all before it, and one that is to be written", async () => {
    const spoken = (all: readonly Case[]) => all.filter(({ wire }) => !wire);
    const cases = spoken((await load("test/cases/index.ts")).cases);
    const earlier = spoken(before.cases).map(({ id }) => ({ id }));
    const mine = cases[earlier.length] as Case;
    expect(cases.slice(0, earlier.length)).toMatchObject(earlier);
    expect(mine.id).toBe(`${id}/to-be-written`);
    expect([id, last.id].map((each) => applies(mine, each))).toEqual([true, false]);
    expect(read(`test/chapters/${id}.test.ts`)).toContain(`proveChapter("${id}")`);
    const [, ...lines] = read("test/cases/index.ts").split("\n");
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
  });

  test("its guide has the sections of the others, and its markers draw nothing yet", () => {
    const guide = read(`chapters/${name}/README.md`);
    const sections = (text: string) => text.match(/^## .*$/gm);
    expect(sections(guide)).toEqual(sections(read("chapters/v08-graceful-shutdown/README.md")));
    expect(guide).toMatch(/^# V\d\.\d Made for a test\n/);
    expect(guide).toContain("<!-- picture life --> <!-- /picture -->");
    expect(guide).not.toMatch(/<!-- (picture|terminal) \S+ -->\n/); // npm run diagrams would look for it
    expect(guide).not.toContain("undefined");
  });

  test("the others know of it, and it knows of the next", () => {
    const guide = read(`chapters/${name}/README.md`);
    const link = (id: string, folder: string) => `[${id}](../${folder}/README.md)`;
    expect(read(`chapters/${last.folder}/README.md`)).toMatch(new RegExp(` · .*${name}/README`));
    expect(guide.trimEnd().split("\n").at(-1)).toBe(
      `${link(last.id, last.folder)} · ${link(next, `${next}-another`)}`,
    );
    const table = read("README.md").split("\n");
    const row = table.indexOf(`| [${id} made for a test](chapters/${name}/README.md) | … |`);
    expect(table[row - 1]).toMatch(`| [${last.id} `);
  });
});

test("V1.0 follows V0.9", () => {
  const versions = ["v01", "v09", "v10", "v11", "v20"].map((each) => version({ id: each }));
  expect(versions).toEqual(["V0.1", "V0.9", "V1.0", "V1.1", "V2.0"]);
});
