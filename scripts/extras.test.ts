/**
 * The extra exercises: their solutions pass their cases, and the code they start from passes none. What needs no
 * process of its own is run in this one, which saves half a minute; `npm run extras` runs everything for real.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { chapters } from "../chapters/manifest.ts";
import { type Extra, extras } from "../extras/index.ts";
import { cases as chapterCases } from "../test/cases/index.ts";
import type { Case } from "../test/harness/case.ts";
import { NEEDS, needs } from "../test/harness/need.ts";
import { prove } from "../test/harness/run.ts";
import { talks } from "../test/harness/talk.ts";
import { folder, running, type Target } from "../test/harness/target.ts";
import { Failure } from "../test/harness/transcript.ts";
import { lay } from "./lib/learn/solutions.ts";

const all = await Promise.all(extras.map(async (extra) => ({ extra, cases: await extra.cases() })));

function add(target: Target, each: Case, run: () => Promise<void>): void {
  const [missing] = needs(each).filter((need) => !target.can.includes(need));
  const why = missing ? ` (this system does not give us ${NEEDS[missing]})` : "";
  test.skipIf(missing)(`${each.id}${why}`, run);
}

/** Runs the case against a server of its own in this process, with the options that are the default. */
async function proveHere({ base }: Extra, path: string, each: Case): Promise<void> {
  const { Server: ServerHere } = await import(pathToFileURL(`${path}/server.ts`).href);
  const server = new ServerHere(300);
  const { address, port } = await server.listen("127.0.0.1", 0);
  try {
    await prove(base, running(address, port), each);
  } finally {
    await server.close(0);
  }
}

function passes(extra: Extra, path: string, cases: readonly Case[]): void {
  const target = folder(path);
  for (const each of cases) {
    const here = needs(each).length === 0 && !each.alone;
    add(target, each, () =>
      here ? proveHere(extra, path, each) : prove(extra.base, target, each),
    );
  }
}

/** Where it starts from, a case fails because of what is heard, and not because nothing comes. */
function fails(extra: Extra, cases: readonly Case[]): void {
  const base = chapters.find(({ id }) => id === extra.base) as (typeof chapters)[number];
  const path = fileURLToPath(new URL(`../chapters/${base.folder}`, import.meta.url));
  const target = folder(path);
  for (const each of cases.filter(({ already }) => !already)) {
    const here = !needs(each).includes("cli");
    const run = () => (here ? proveHere(extra, path, each) : prove(extra.base, target, each));
    add(target, each, async () => {
      const failure = await run().catch((error) => error);
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
    const known = chapterCases.map(({ id }) => id);
    for (const id of extra.replaces ?? []) expect(known).toContain(id);
  }
});

const text = ({ id }: Extra) =>
  readFileSync(new URL(`../extras/${id}/EXERCISE.md`, import.meta.url), "utf8");

describe.each(all)("$extra.id", ({ extra, cases }) => {
  const solution = lay(extra); // fails when the patch does not fit its base any more
  const alone = cases.filter((each) => each.alone);
  const together = cases.filter((each) => !each.alone);
  if (alone.length > 0) describe("the solution, one by one", () => passes(extra, solution, alone));
  describe.concurrent("the solution", () => passes(extra, solution, together));
  describe.concurrent("the conversation in its text", () => {
    const [talk] = talks(extra.id, extra.base, text(extra));
    passes(extra, solution, talk ? [talk] : []);
  });
  describe.concurrent("its base", () => fails(extra, cases));
});
