/** The texts of the exercises: their form, what they speak of, and that nothing of a solution is in a task. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { extras } from "../../../extras/index.ts";
import { cases } from "../../../test/cases/index.ts";
import { hold } from "../../../test/harness/hold.ts";
import { prove } from "../../../test/harness/run.ts";
import { talks } from "../../../test/harness/talk.ts";
import { chapter as chapterTarget } from "../../../test/harness/target.ts";
import { brought } from "../compare.ts";
import { version } from "../find.ts";
import { root } from "../root.ts";

const read = (path: string) => readFileSync(root + path, "utf8");

interface Text {
  readonly id: string;
  readonly title: string;
  readonly path: string;
  /** The lines of code that its solution adds. */
  readonly added: () => string[];
}

const texts: Text[] = [
  ...chapters.map((chapter) => ({
    id: chapter.id,
    title: `Exercise ${version(chapter)}: ${chapter.title}`,
    path: `chapters/${chapter.folder}/EXERCISE.md`,
    added: () => brought(chapter),
  })),
  ...extras.map(({ id, title }) => ({
    id,
    title: `Exercise: ${title}`,
    path: `extras/${id}/EXERCISE.md`,
    added: () => read(`extras/${id}/solution.patch`).match(/(?<=^\+)[^+].*$/gm) ?? [],
  })),
];

const known = new Set(cases.map(({ id }) => id));
for (const extra of extras) for (const { id } of await extra.cases()) known.add(id);

describe.each(texts)("$path", ({ id, title, path, added }) => {
  const text = read(path);
  const task = text.slice(0, text.indexOf("\n## "));

  test("has its title, a task that fits on a page, and 3 to 6 hints", () => {
    expect(text.split("\n")[0]).toBe(`# ${title}`);
    const headings = text.match(/^## .*$/gm) ?? [];
    const hints = headings.filter((heading) => heading.startsWith("## Hint"));
    expect(hints).toEqual(hints.map((_, i) => `## Hint ${i + 1}`));
    expect(hints.length).toBeGreaterThanOrEqual(3);
    expect(hints.length).toBeLessThanOrEqual(6);
    expect(headings.slice(hints.length)).toEqual(id === "v01" ? ["## Starter"] : []);
    const lines = task.split("\n").length;
    expect(lines).toBeGreaterThanOrEqual(25);
    expect(lines).toBeLessThanOrEqual(60); // the client has the most to say
  });

  test("says how to work", () => {
    for (const command of ["mine", "check", "watch", "hint", "solution"]) {
      expect(task.replaceAll("\n", " ")).toContain(`npm run ${command} ${id}`);
    }
  });

  test("speaks of cases that exist", () => {
    const spoken = text.match(/(?<=`)(v\d\d|[a-z-]+)\/[\w'-]+(?=`)/g) ?? [];
    const ids = spoken.filter((each) => /^v\d\d\//.test(each) || each.startsWith(`${id}/`));
    expect(ids.filter((each) => !known.has(each))).toEqual([]);
  });

  test("shows nothing of the solution in its task", () => {
    const long = added().filter((line) => line.trim().length > 30);
    expect(long.length).toBeGreaterThan(id === "v04" ? 2 : 4);
    expect(long.filter((line) => task.includes(line.trim()))).toEqual([]);
  });
});

describe.concurrent("the conversations of the chapters' exercises", () => {
  for (const chapter of chapters) {
    const target = chapterTarget(chapter);
    const all = talks(chapter.id, chapter.id, read(`chapters/${chapter.folder}/EXERCISE.md`));
    for (const each of all) hold(target, each, () => prove(chapter.id, target, each));
    if (chapter.id < "v09") test(`${chapter.id} has one`, () => expect(all.length).toBe(1));
  }
});

test("docs/exercises.md lists every extra exercise", () => {
  const page = read("docs/exercises.md");
  for (const { id, level, teaches } of extras) {
    expect(page).toContain(`| \`${id}\` | ${level} | ${teaches} |`);
  }
});
