/** Which lines a chapter brings, and where a piece of code stands. */
import { expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { type CodeFile, compared, findLines } from "./code.ts";
import { type Snippet, withCaptions } from "./snippets.ts";

test("a line in the place of others is changed, one between them is new", () => {
  const { marks, removed } = compared("a\nb\nc\nd\n", "a\nB\nC\nX\nd\nnew\n");
  expect(marks).toEqual(["same", "changed", "changed", "new", "same", "new"]);
  expect(removed).toBe(0);
  expect(compared("a\nb\nc\n", "a\n")).toEqual({ marks: ["same"], removed: 2 });
  expect(compared("a\nb\nc\n", "a\nx\n")).toEqual({ marks: ["same", "changed"], removed: 1 });
});

const [chapter] = chapters;
if (!chapter) throw new Error("there are no chapters");
const file = (name: string, text: string): CodeFile => {
  return { chapter, file: name, text, marks: [], removed: 0, isNew: true };
};
const files = [file("one.ts", "a\n  b\n  c\nd\n"), file("two.ts", "x\n  b\n  c\n")];

test("lines are found whole, and first in the file that the heading names", () => {
  expect(findLines(["  b", "  c"], files)).toMatchObject({ code: files[0], from: 2, to: 3 });
  expect(findLines(["  b", "  c"], files, "two.ts")).toMatchObject({ code: files[1], from: 2 });
  expect(findLines(["b"], files)).toBeUndefined();
  expect(findLines(["d"], files)).toMatchObject({ from: 4, to: 4 });
});

test("a piece of code gets its place as a caption, in a list too; what is no code stays", () => {
  const snippets: Snippet[] = [];
  const text =
    "### two.ts\n\n```ts {2}\n  b\n  c\n```\n\n1. so:\n\n   ```ts\n   d\n   ```\n\n```ts\nno code\n```\n";
  const made = withCaptions(text, files, snippets, true);
  expect(made).toContain(`<a href="code:${chapter.folder}/two.ts#L2-L3">two.ts, lines 2–3</a>`);
  expect(made).toContain(`\n   <figure class="snippet">`);
  expect(made).toContain("```ts\nno code\n```");
  expect(snippets.map(({ lit }) => [...lit])).toEqual([[2], []]);
});
