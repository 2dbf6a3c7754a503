/** A short random talk against a model of the room: a server that knows the cases by heart does not know it. */
import { randomInt } from "node:crypto";
import type { Verdict } from "../../../test/harness/run.ts";
import type { Target } from "../../../test/harness/target.ts";
import { Failure } from "../../../test/harness/transcript.ts";
import { check } from "../../../test/model/check.ts";

/** Some seconds for a right server; `npm run model` has a thousand. */
const RUNS = 40;
const SHRINK_MS = 15_000;

export const MOST_SEED = 2 ** 31 - 1;
export const anySeed = () => randomInt(1, MOST_SEED);

/** The model knows rooms, so v01 has no such case; nor has a server that others may be using. */
export const talksAtRandom = (chapter: string, { address }: Target) =>
  chapter >= "v02" && address === undefined;

/** What came of it, as of any other case. */
export async function talkAtRandom(
  chapter: string,
  target: Target,
  seed: number,
): Promise<Verdict> {
  const test = {
    id: `${chapter}/random talk`,
    since: chapter,
    already: "it is no feature of its own",
    clause: "whatever users send, in any order, each of them hears what the protocol says",
    run: async () => {},
  };
  const start = performance.now();
  const verdict = (outcome: Verdict["outcome"], why = "", report = ""): Verdict => {
    return { test, outcome, why, report, seconds: (performance.now() - start) / 1000, seed };
  };
  try {
    const asked = { chapter, target, runs: RUNS, seed, shrinkMs: SHRINK_MS };
    const { story, path } = await check(asked);
    if (path !== undefined && story !== undefined)
      return verdict("fail", "users did not hear what the model of the room says", story);
    return verdict("pass"); // what was seen once, and not again, is no failure
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return verdict("server crashed", error.summary, error.message);
  }
}
