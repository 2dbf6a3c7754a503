import { expect, test } from "vitest";
import { inWords } from "./words.ts";

test("bars: each with its figure", () => {
  const mermaid = `xychart-beta horizontal
  x-axis [v02, redis]
  y-axis "million" 0 --> 9
  bar [8.5, 3]`;
  expect(inWords(mermaid)).toEqual(["v02: 8.5", "redis: 3"]);
});

test("lines: each with what it is at each place", () => {
  const mermaid = `xychart-beta
  x-axis "users" ["100", "1,000"]
  y-axis "million" 0 --> 9
  line "v02" [8, 9]
  line "redis" [3, 2.5]`;
  expect(inWords(mermaid)).toEqual([
    "v02: 8 at 100 users, 9 at 1,000 users",
    "redis: 3 at 100 users, 2.5 at 1,000 users",
  ]);
});
