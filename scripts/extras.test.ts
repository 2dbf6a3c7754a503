/** The extra exercises: their solutions pass their cases, and the code they start from passes none. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chapters } from "../chapters/manifest.ts";
import { type Extra, extras } from "../extras/index.ts";
import type { Case } from "../test/harness/case.ts";
import { brief, hold, holdAll } from "../test/harness/hold.ts";
import { prove } from "../test/harness/run.ts";
import { talks } from "../test/harness/talk.ts";
import { chapter, folder } from "../test/harness/target.ts";
import { Failure } from "../test/harness/transcript.ts";
import { lay } from "./lib/learn/solutions.ts";

const all = await Promise.all(extras.map(async (extra) => ({ extra, cases: await extra.cases() })));

/** Where it starts from, a case fails because of what is heard, and not because nothing comes. */
function fails(extra: Extra, cases: readonly Case[]): void {
  const base = chapters.find(({ id }) => id === extra.base) as (typeof chapters)[number];
  const target = chapter(base);
  for (const each of cases.filter(({ already }) => !already)) {
    const { args, ...bare } = each; // an option that it does not know would be its end
    hold(target, each, async () => {
      const failure = await prove(base.id, target, bare).catch((error) => error);
      expect(failure, `${each.id} passes before anything is done`).toBeInstanceOf(Failure);
      expect(failure.kind, failure.message).toBe("mismatch");
    });
  }
}

test("every id is there once, and begins with its exercise's", () => {
  const ids = all.flatMap(({ cases }) => cases.map(({ id }) => id));
  expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  for (const { extra, cases } of all) {
    expect(cases.length).toBeGreaterThanOrEqual(5);
    for (const { id } of cases) expect(id.startsWith(`${extra.id}/`), id).toBe(true);
  }
});

const text = ({ id }: Extra) =>
  readFileSync(new URL(`../extras/${id}/EXERCISE.md`, import.meta.url), "utf8");

describe.each(all)("$extra.id", ({ extra, cases }) => {
  const target = folder(lay(extra)); // fails when the patch does not fit its base any more
  const passes = (title: string, these: readonly Case[]) =>
    holdAll(title, target, these, (each) => prove(extra.base, target, each));
  passes("the solution", cases);
  // What is new in an exercise on frames does not show in lines.
  if (extra.base === "v08")
    passes("the conversation in its text", talks(extra.id, extra.base, text(extra)).slice(0, 1));
  // Only who writes an exercise can break this: CI asks, as it asks npm run matrix of the chapters.
  if (!brief) describe.concurrent("its base", () => fails(extra, cases));
});
