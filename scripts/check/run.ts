/** Runs cases against a server, several side by side, and says of each what became of it. */
import { type Case, NEEDS, needs } from "../../test/harness/case.ts";
import { Server } from "../../test/harness/server.ts";
import type { Target } from "../../test/harness/target.ts";
import { Failure } from "../../test/harness/transcript.ts";

export type Outcome = "pass" | "fail" | "not reached" | "server crashed" | "harness fault";

export interface Verdict {
  readonly test: Case;
  readonly outcome: Outcome;
  /** Of a failure of the server's. */
  readonly kind?: Failure["kind"];
  /** In one line; empty for a pass. */
  readonly why: string;
  /** All there is to say of a failure, transcripts included. */
  readonly report: string;
  readonly seconds: number;
}

export interface Run {
  readonly chapter: string;
  readonly target: Target;
  readonly cases: readonly Case[];
  /** How many at once; floods run alone all the same. */
  readonly jobs: number;
  /** Go on after a failure. */
  readonly all: boolean;
  /** Hears of each verdict in the order of the cases. */
  readonly tell: (verdict: Verdict) => void;
}

/** The verdicts, in the order of the cases. */
export async function runCases(run: Run): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for await (const verdict of inOrder(run)) {
    verdicts.push(verdict);
    run.tell(verdict);
    if (isFailure(verdict) && !run.all) break;
  }
  const rest = run.cases.slice(verdicts.length);
  return [...verdicts, ...rest.map((test) => notReached(test, "a case before it failed"))];
}

export function isFailure({ outcome }: Verdict): boolean {
  return outcome !== "pass" && outcome !== "not reached";
}

/** A window slides over the cases: its first is waited for while the others in it run too. */
async function* inOrder(run: Run): AsyncGenerator<Verdict, void, undefined> {
  const window: Promise<Verdict>[] = [];
  try {
    for (const test of run.cases) {
      const most = test.alone ? 1 : run.jobs;
      while (window.length > 0 && (test.alone || window.length >= most)) yield* first(window);
      window.push(prove(run, test));
      if (test.alone) yield* first(window);
    }
    while (window.length > 0) yield* first(window);
  } finally {
    await Promise.all(window); // their servers end before we do
  }
}

async function* first(window: Promise<Verdict>[]): AsyncGenerator<Verdict, void, undefined> {
  const verdict = await window[0];
  window.shift();
  if (verdict) yield verdict;
}

async function prove({ chapter, target }: Run, test: Case): Promise<Verdict> {
  const [missing] = needs(test).filter((need) => !target.can.includes(need));
  if (missing) return notReached(test, `it needs ${NEEDS[missing]}`);
  const start = performance.now();
  const verdict = (outcome: Outcome, why = "", report = ""): Verdict => {
    return { test, outcome, why, report, seconds: (performance.now() - start) / 1000 };
  };
  try {
    await Server.prove(chapter, target, test);
    return verdict("pass");
  } catch (error) {
    if (!(error instanceof Failure))
      return verdict("harness fault", `${error}`, (error as Error).stack);
    const outcome = error.kind === "crash" ? "server crashed" : "fail";
    return { ...verdict(outcome, error.summary, error.message), kind: error.kind };
  }
}

function notReached(test: Case, why: string): Verdict {
  return { test, outcome: "not reached", why, report: "", seconds: 0 };
}
