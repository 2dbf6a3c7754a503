/** That the first page leads to each chapter. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { root } from "../root.ts";
import { startText } from "./start.ts";

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
