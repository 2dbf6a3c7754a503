/** Each task has a page with its commands, and what gives it away is folded. */
import { expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { extras } from "../../../extras/index.ts";
import { readMutants } from "../mutants/read.ts";
import { chapterTasks, extraTasks, linkTasks, mutantTasks } from "./exercise-pages.ts";

/** What one reads without opening anything. */
const open = (text: string) => text.replace(/<details class="later">.*?<\/details>/gs, "");

test("each exercise, with its commands; its hints are folded", () => {
  expect(chapterTasks().map(({ id }) => id)).toEqual(chapters.map(({ id }) => `exercise-${id}`));
  expect(extraTasks().map(({ id }) => id)).toEqual(extras.map(({ id }) => `exercise-${id}`));
  for (const { id, text } of [...chapterTasks(), ...extraTasks()]) {
    expect(text).toContain(`npm run check ${id.replace("exercise-", "")} `);
    expect(text).toContain("<summary>Hint 1</summary>");
    expect(open(text)).not.toMatch(/^## (Hint|Starter)/m);
  }
});

test("each mutant, with its commands; what is wrong with it is folded", () => {
  const text = mutantTasks()
    .map((each) => each.text)
    .join("\n");
  for (const { number, title } of readMutants()) {
    expect(text).toContain(`## ${number}. ${title}\n`);
    expect(text).toContain(`npm run mutant ${number} -- --check`);
  }
  expect(open(text)).not.toMatch(/^```diff|^(?:---|\+\+\+) chapters/m);
});

test("the tables that list them lead to them", () => {
  const slug = (heading: string) => heading.toLowerCase().replace(/\W+/g, "-");
  expect(linkTasks("| `nick` | 1 |\n| `none` | 1 |", slug)).toBe(
    "| [`nick`](./exercise-nick.md) | 1 |\n| `none` | 1 |",
  );
  expect(linkTasks("| 7 | Nobody hangs up | [v01](x) |", slug)).toBe(
    "| 7 | [Nobody hangs up](./mutants-v01.md#7-nobody-hangs-up) | [v01](x) |",
  );
});
