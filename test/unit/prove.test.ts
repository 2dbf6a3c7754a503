/** What a run proves of which chapter: nothing is left out, and nothing is proved twice. */
import { expect, test } from "vitest";
import { type Chapter, chapters } from "../../chapters/manifest.ts";
import { hints } from "../cases/hints.ts";
import { cases } from "../cases/index.ts";
import { applies } from "../harness/case.ts";
import { chosen } from "../prove.ts";

const chapter = (id: string) => chapters.find((each) => each.id === id) as Chapter;
const since = (id: string, brief: boolean) => [
  ...new Set(chosen(chapter(id), brief).map((each) => each.since)),
];

test("everything that applies to a chapter, in a run that is not brief", () => {
  expect(chosen(chapter("v05"), false)).toEqual(cases.filter((each) => applies(each, "v05")));
});

test("a brief run: what the chapter brings; a refactor keeps what was promised last", () => {
  expect(since("v05", true)).toEqual(["v05"]);
  expect(since("v03", true)).toEqual(["v02"]);
});

test("the newest server is held against everything, and no second time where another chapter has it", () => {
  const last = chapters.at(-1) as Chapter;
  const newest = chosen(last, false);
  expect(chosen(last, true)).toEqual(newest.filter(({ wire }) => !wire));
  expect(newest).toEqual(cases.filter((each) => applies(each, last.id)));
  for (const brief of [true, false]) expect(chosen(chapter("v09"), brief)).toEqual([]);
});

test("each case is proved in a brief run, of the chapter that brings it, on the wire that it brings", () => {
  const proved = new Set(
    chapters.flatMap((each) => chosen(each, true).filter(({ since }) => since === each.id)),
  );
  expect(cases.filter((each) => !each.wire && !proved.has(each))).toEqual([]);
});

test("each hint is a case's, and what a learner's server may fail at has one", () => {
  const ids = cases.map(({ id }) => id);
  expect(Object.keys(hints).filter((id) => !ids.includes(id))).toEqual([]);
  const without = cases.filter(({ since, needs = [], hint }) => {
    const ofTheWire = needs.every((need) => need === "memory" || need === "cpu");
    return since < "v07" && ofTheWire && hint === undefined;
  });
  expect(without.map(({ id }) => id)).toEqual(["v01/reset"]); // what crashed has a hint of its own
});
