/** Runs faults against chapters: a few at a time, and those that flood alone. */
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import type { Fault } from "../../../test/faults/fault.ts";
import { proveFault } from "../../../test/faults/lab.ts";
import { applies } from "../../../test/harness/case.ts";
import { Unreachable } from "../../../test/harness/need.ts";
import { inOrder, unreachable } from "../../../test/harness/run.ts";
import { chapter as targetOf } from "../../../test/harness/target.ts";

const AT_ONCE = 2;

/** The chapters with a server of their own: v09 has v08's, file by file. */
export const columns = chapters.filter(({ changes }) =>
  Object.keys(changes).some((file) => !file.startsWith("client/")),
);

export interface Cell {
  readonly fault: Fault;
  readonly chapter: string;
  readonly outcome: "holds" | "fails" | "skipped";
  /** Why it does not hold, or was skipped. */
  readonly report?: string;
  readonly seconds: number;
  /** By how many MiB the server's greatest memory has grown. */
  readonly grown: number;
}

type Run = Pick<Cell, "fault"> & { readonly chapter: Chapter };

/** With `ends`, each fault meets the first chapter that has what it attacks, and the newest, which has all that came since. */
export function runsOf(
  faults: readonly Fault[],
  chapters: readonly Chapter[],
  ends: boolean,
): Run[] {
  return faults.flatMap((fault) => {
    const all = chapters.filter(({ id }) => applies(fault, id));
    const these = ends ? all.filter((each) => each === all[0] || each === all.at(-1)) : all;
    return these.map((chapter) => ({ fault, chapter }));
  });
}

/** In the order of `runs`; `told` hears of each fault when its last chapter is through. */
export async function runAll(
  runs: readonly Run[],
  told: (cells: readonly Cell[]) => void,
): Promise<Cell[]> {
  const done: Cell[] = [];
  for await (const cell of inOrder(runs, AT_ONCE, ({ fault }) => fault.alone, runOne)) {
    done.push(cell);
    if (runs[done.length]?.fault !== cell.fault)
      told(done.filter(({ fault }) => fault === cell.fault));
  }
  return done;
}

async function runOne({ fault, chapter }: Run): Promise<Cell> {
  const target = targetOf(chapter, { probe: true });
  const cell = { fault, chapter: chapter.id, seconds: 0, grown: 0 };
  const missing = unreachable(fault, target);
  if (missing)
    return { ...cell, outcome: "skipped", report: `this system does not give us ${missing}` };
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  try {
    const grown = await proveFault(fault, chapter.id, target);
    return { ...cell, outcome: "holds", seconds: seconds(), grown };
  } catch (error) {
    if (error instanceof Unreachable) return { ...cell, outcome: "skipped", report: error.message };
    const report = error instanceof Error ? error.message : `${error}`;
    return { ...cell, outcome: "fails", seconds: seconds(), report };
  }
}
