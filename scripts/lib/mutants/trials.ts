/** Proves that mutants are caught: each at its cases, and that these pass on the chapter as it is. */
import type { Chapter } from "../../../chapters/manifest.ts";
import { cases } from "../../../test/cases/index.ts";
import { applies, type Case } from "../../../test/harness/case.ts";
import { inOrder, judge, runCases, type Verdict } from "../../../test/harness/run.ts";
import { folder as targetOf } from "../../../test/harness/target.ts";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";
import { lay, type Mutant, mutated } from "./read.ts";

const AT_ONCE = 4;

/** A case against a mutant, or against the chapter as it is: there it must pass, or it proves nothing. */
export interface Trial {
  readonly test: Case;
  readonly chapter: Chapter;
  readonly folder: string;
  readonly mutant?: Mutant;
}

export interface Outcome extends Trial {
  readonly verdict: Pick<Verdict, "outcome" | "kind" | "why">;
}

/** The cases that are to catch it, in the order of its header. */
export function casesOf({ id, chapter, caughtBy }: Mutant): Case[] {
  return caughtBy.map((caught) => {
    const test = cases.find((each) => each.id === caught.id);
    if (!test) throw new Refusal(`mutants/${id}.patch: there is no case ${caught.id}`);
    if (!applies(test, chapter.id))
      throw new Refusal(`mutants/${id}.patch: ${test.id} does not hold for ${chapter.id}`);
    return test;
  });
}

/** Why the mutant cannot be tried at all, in one line. */
export function flaw(mutant: Mutant): string | undefined {
  try {
    mutated(mutant);
    casesOf(mutant);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.message;
  }
}

/** Runs the cases, one after the other, against the server in a folder of the repository. */
export function prove(chapter: Chapter, folder: string, tests: readonly Case[]) {
  const target = targetOf(root + folder);
  return runCases({ chapter: chapter.id, target, cases: tests, jobs: 1, all: true });
}

/** Those that flood, or that measure the processor, run one by one; the others a few at a time. */
export async function tryAll(mutants: readonly Mutant[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const alone = ({ test }: Trial) => test.alone || test.needs?.includes("cpu");
  const tried = inOrder(trialsOf(mutants), AT_ONCE, alone, async (trial) => {
    const { chapter, folder, test } = trial;
    const verdict = await judge({ chapter: chapter.id, target: targetOf(root + folder) }, test);
    return { ...trial, verdict };
  });
  for await (const outcome of tried) outcomes.push(outcome);
  return outcomes;
}

function trialsOf(mutants: readonly Mutant[]): Trial[] {
  const mutated = mutants.flatMap((mutant) => {
    const folder = lay(mutant, "mutants/proved");
    return casesOf(mutant).map((test) => ({ test, chapter: mutant.chapter, folder, mutant }));
  });
  const plain = new Map<string, Trial>();
  for (const { test, chapter } of mutated)
    plain.set(`${chapter.id} ${test.id}`, { test, chapter, folder: `chapters/${chapter.folder}` });
  return [...mutated, ...plain.values()];
}

/** What is wrong with it, in one line, if anything is. */
export function complaint({ test, chapter, mutant, verdict }: Outcome): string | undefined {
  const { outcome, kind, why } = verdict;
  const hangs = mutant?.caughtBy.some(({ id, hang }) => id === test.id && hang);
  if (outcome === "harness fault") return `${test.id} could not be tried: ${why}`;
  if (!mutant && outcome !== "pass" && outcome !== "not reached")
    return `${test.id} is red on ${chapter.id} as it is, so it proves nothing: ${why}`;
  if (mutant && outcome === "pass") return `mutant ${mutant.id} survives ${test.id}`;
  if (mutant && kind === "hang" && !hangs)
    return `mutant ${mutant.id} only hangs at ${test.id}: name a case that says what is wrong, or write "${test.id} (hang)"`;
  return undefined;
}
