/** Marks a class: all that was handed in, some at once, and what was marked before is kept. */
import { copied } from "./copied.ts";
import { hold, type Terms } from "./hold.ts";
import type { Results } from "./results.ts";
import { fingerprint, type Submission } from "./submission.ts";
import type { User } from "./user.ts";
import type { Mark } from "./verdict.ts";

export interface Plan extends Terms {
  readonly submissions: readonly Submission[];
  readonly results: Results;
  /** Mark anew what was marked before. */
  readonly again: boolean;
  /** Works on one submission each, as this user: as many as there are, at once. */
  readonly workers: readonly (User | undefined)[];
  /** Hears of each submission that is run, when it begins. */
  readonly begin: (submission: Submission) => void;
  /** Hears of each mark; `kept` ones are from a run before. */
  readonly tell: (mark: Mark, kept: boolean) => void;
}

/** The marks there are when it ends, or is ended by the signal, in the order of the submissions. */
export async function markAll(plan: Plan): Promise<Mark[]> {
  const { submissions, workers, signal, results } = plan;
  const marks = new Map<Submission, Mark>();
  const waiting = submissions.values(); // shared: each worker takes the next one
  const work = async (user: User | undefined) => {
    for (const submission of waiting) {
      const mark = await markOne(submission, plan, user);
      if (signal.aborted) return; // what was cut off is no mark
      marks.set(submission, mark);
    }
  };
  await Promise.all(workers.map(work));
  const all = submissions.flatMap((submission) => marks.get(submission) ?? []);
  for (const mark of all) results.keep(mark); // again: a submission may have written into them
  return all;
}

async function markOne(submission: Submission, plan: Plan, user: User | undefined): Promise<Mark> {
  const { results, limit, cmd = "", check, begin, tell, signal } = plan;
  const { name, chapter, folder } = submission;
  const of = fingerprint(folder, cmd, ...check);
  const before = plan.again ? undefined : results.read(submission);
  const outOfTime = before?.limit !== undefined && before.limit < limit;
  if (before?.of === of && !outOfTime) {
    tell(before, true);
    return before;
  }
  begin(submission);
  const began = performance.now();
  const judgement = await hold(submission, plan, user);
  const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
  const course = copied(submission);
  const verdict = [course ?? [], judgement.verdict].flat().join("; ");
  const mark = { name, chapter, seconds, ...judgement, verdict, of };
  if (signal.aborted) return mark;
  results.keep(mark);
  tell(mark, false);
  return mark;
}
