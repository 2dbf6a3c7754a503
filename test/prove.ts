/** Holds one chapter against every case that applies to it: those of its own and of all before it. */
import { describe, test } from "vitest";
import { chapters } from "../chapters/manifest.ts";
import { cases } from "./cases/index.ts";
import { applies, type Case } from "./harness/case.ts";
import { NEEDS, needs } from "./harness/need.ts";
import { prove } from "./harness/run.ts";
import { chapter as targetOf } from "./harness/target.ts";

export function proveChapter(id: string): void {
  const chapter = chapters.find((chapter) => chapter.id === id);
  if (!chapter) throw new Error(`no chapter ${id} in chapters/manifest.ts`);
  const target = targetOf(chapter);
  const add = (each: Case) => {
    const [missing] = needs(each).filter((need) => !target.can.includes(need));
    const why = missing ? ` (this system does not give us ${NEEDS[missing]})` : "";
    test.skipIf(missing)(`${each.id}${why}`, () => prove(id, target, each));
  };
  const all = cases.filter((each) => applies(each, id));
  const alone = all.filter((each) => each.alone);
  const together = all.filter((each) => !each.alone);
  if (alone.length > 0) describe(`${chapter.folder}, one by one`, () => alone.forEach(add));
  describe.concurrent(chapter.folder, () => together.forEach(add));
}
