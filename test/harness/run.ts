/** Runs cases against a server, several side by side, and says of each what became of it. */
import type { Case } from "./case.ts";
import { NEEDS, needs, Unreachable } from "./need.ts";
import { Server } from "./server.ts";
import type { Target } from "./target.ts";
import { Failure } from "./transcript.ts";

/** Holds a server of its own against the case; throws a {@link Failure} with every transcript. */
export async function prove(
  chapter: string,
  target: Target,
  test: Case,
  ms = CASE_MS,
): Promise<void> {
  const server = new Server(chapter, target, test);
  try {
    await inTime(test.run(server), ms, () => {
      const failure = new Failure("hang", `the case did not end within ${ms / 1000} s`);
      server.abort(failure);
      return failure;
    });
    server.checkHealth();
  } catch (error) {
    throw error instanceof Failure ? await server.explain(error) : error;
  } finally {
    await server.stop();
  }
}

/** The longest case waits some 20 s for what a right server does; a slow one on a busy machine, a few times as long. */
const CASE_MS = 180_000;

/** What it comes to; or the failure, when that takes longer. */
export async function inTime<T>(work: Promise<T>, ms: number, late: () => Failure): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const end = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), ms);
  });
  return await Promise.race([work, end]).finally(() => clearTimeout(timer));
}

/** Why the case cannot be run against the target, if it cannot. */
export function unreachable(
  test: Pick<Case, "needs" | "args">,
  { can }: Target,
): string | undefined {
  const missing = needs(test).find((need) => !can.includes(need));
  return missing && NEEDS[missing];
}

/**
 * Works on all of them, so many at once, and gives the results in their order: a window slides over
 * them, and its first is waited for while the others in it go on. What is `alone` runs by itself.
 */
export async function* inOrder<Job, Result>(
  jobs: Iterable<Job>,
  atOnce: number,
  alone: (job: Job) => boolean | undefined,
  work: (job: Job) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const window: Promise<Result>[] = [];
  const first = () => window.shift() as Promise<Result>;
  try {
    for (const job of jobs) {
      const room = alone(job) ? 0 : atOnce - 1;
      while (window.length > room) yield await first();
      window.push(work(job));
      if (alone(job)) yield await first();
    }
    while (window.length > 0) yield await first();
  } finally {
    await Promise.allSettled(window); // their servers end before we do
  }
}

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
  /** What it was drawn from, if chance had a part in it. */
  readonly seed?: number;
}

/** Why a case was not reached although it could have been. */
export const STOPPED = "a case before it failed";

export interface Run {
  readonly chapter: string;
  readonly target: Target;
  readonly cases: readonly Case[];
  /** How many at once; floods run alone all the same. */
  readonly jobs: number;
  /** Go on after a failure. */
  readonly all: boolean;
  /** Hears of each verdict in the order of the cases. */
  readonly tell?: (verdict: Verdict) => void;
}

/** The verdicts, in the order of the cases. */
export async function runCases(run: Run): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  const judged = inOrder(
    run.cases,
    run.jobs,
    ({ alone }) => alone,
    (test) => judge(run, test),
  );
  for await (const verdict of judged) {
    verdicts.push(verdict);
    run.tell?.(verdict);
    if (isFailure(verdict) && !run.all) break;
  }
  const rest = run.cases.slice(verdicts.length);
  return [...verdicts, ...rest.map((test) => notReached(test, STOPPED))];
}

export function isFailure({ outcome }: Pick<Verdict, "outcome">): boolean {
  return outcome !== "pass" && outcome !== "not reached";
}

/** One case, whatever comes of it. */
export async function judge(
  { chapter, target }: Pick<Run, "chapter" | "target">,
  test: Case,
): Promise<Verdict> {
  const missing = unreachable(test, target);
  if (missing) return notReached(test, `it needs ${missing}`);
  const start = performance.now();
  const verdict = (outcome: Outcome, why = "", report = ""): Verdict => {
    return { test, outcome, why, report, seconds: (performance.now() - start) / 1000 };
  };
  try {
    await prove(chapter, target, test);
    return verdict("pass");
  } catch (error) {
    if (error instanceof Unreachable) return notReached(test, error.message);
    if (!(error instanceof Failure))
      return verdict("harness fault", `${error}`, (error as Error).stack);
    const outcome = error.kind === "crash" ? "server crashed" : "fail";
    return { ...verdict(outcome, error.summary, error.message), kind: error.kind };
  }
}

function notReached(test: Case, why: string): Verdict {
  return { test, outcome: "not reached", why, report: "", seconds: 0 };
}
