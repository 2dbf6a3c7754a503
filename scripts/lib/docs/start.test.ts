/** That the first page leads to each chapter. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { root } from "../root.ts";
import { startText, systemPicture } from "./start.ts";

test("each table of README.md is a path, and each chapter a stop of one", () => {
  const text = startText(readFileSync(`${root}README.md`, "utf8"));
  const paths = [...text.matchAll(/<ol class="path">\n(.*?)<\/ol>/gs)].map(([, list = ""]) => list);
  const stops = paths.map((list) =>
    [...list.matchAll(/<a href="\.\/(v\d\d)\.md">/g)].map(([, id]) => id),
  );
  expect(text).not.toContain("| chapter | adds |");
  expect(stops).toHaveLength(2);
  expect(stops.flat()).toEqual(chapters.map(({ id }) => id));
});

test("the first picture leaves out who starts whom, and boxes that nothing leads to or from", () => {
  const picture = systemPicture();
  expect(picture).not.toMatch(/starts|ends when/);
  expect(picture).toMatch(/\n```mermaid\nflowchart TB\n {2}lines\["/);
  expect(picture).toMatch(/\n```$/);
  const boxes = [...picture.matchAll(/^ {2}(\w+)\(?\["/gm)].map(([, box]) => box);
  const arrows = [...picture.matchAll(/^ {2}(\w+) (?:--|==) .* (\w+)$/gm)].flatMap(
    ([, ...ends]) => ends,
  );
  expect(boxes.length).toBeGreaterThan(10);
  expect(boxes.sort()).toEqual([...new Set(arrows)].sort());
});
