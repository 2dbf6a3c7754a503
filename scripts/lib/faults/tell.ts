/** What `npm run faults` prints. */
import type { Chapter } from "../../../chapters/manifest.ts";
import type { Fault } from "../../../test/faults/fault.ts";
import { told } from "../../../test/faults/told.ts";
import { applies } from "../../../test/harness/case.ts";
import type { Cell } from "./run.ts";

export const SIGNS = {
  holds: "✓",
  fails: "✗",
  skipped: "?",
  "not run": "·",
  "n/a": "–",
} as const;

/** A line a fault, when its last chapter is through. */
export function progress(count: number): (cells: readonly Cell[]) => void {
  let done = 0;
  return (cells) => {
    const { fault } = cells[0] as Cell;
    const at = `${++done}`.padStart(`${count}`.length);
    const names = cells.map(({ chapter }) => chapter);
    const failing = cells.filter(({ outcome }) => outcome === "fails");
    const skipped = cells.find(({ outcome }) => outcome === "skipped");
    let verdict = `holds in ${names.length > 2 ? `${names[0]} to ${names.at(-1)}` : names.join(" and ")}`;
    if (skipped) verdict = `skipped: ${skipped.report}`;
    if (failing.length > 0) verdict = `FAILS in ${failing.map((cell) => cell.chapter).join(", ")}`;
    const most = (key: "seconds" | "grown") => Math.max(...cells.map((cell) => cell[key]));
    const costs = `${most("seconds").toFixed(1).padStart(5)} s  ${most("grown").toFixed().padStart(4)} MiB`;
    console.log(`${at}/${count}  ${fault.id.padEnd(42)} ${verdict.padEnd(22)} ${costs}`);
  };
}

/** What became of a fault in a chapter. */
export function outcomeOf(
  cells: readonly Cell[],
  fault: Fault,
  { id }: Chapter,
): keyof typeof SIGNS {
  if (!applies(fault, id)) return "n/a";
  const own = cells.find((cell) => cell.fault.id === fault.id && cell.chapter === id);
  return own?.outcome ?? "not run";
}

export function matrix(
  faults: readonly Fault[],
  cells: readonly Cell[],
  chapters: readonly Chapter[],
): string {
  const rows = faults.map((fault) => {
    const signs = chapters.map((chapter) => ` ${SIGNS[outcomeOf(cells, fault, chapter)]} `);
    return `${fault.id.padEnd(42)} ${signs.join(" ")}  ${fault.how}`;
  });
  const head = `${"".padEnd(42)} ${chapters.map(({ id }) => id).join(" ")}  how it gets out of it`;
  const legend = Object.entries(SIGNS).map(([what, sign]) => `${sign} ${what}`);
  return [head, ...rows, "", `${legend.join("  ")}; v09's server is v08's`].join("\n");
}

/** Why a cell does not hold: one report each. */
export function reports(cells: readonly Cell[]): string[] {
  return cells
    .filter(({ outcome }) => outcome === "fails")
    .map(
      ({ fault, chapter, report }) =>
        `${fault.id} in ${chapter}\n  ${told(fault).does}\n  ${report}`,
    );
}

export function summary(cells: readonly Cell[], seconds: number): string {
  const count = (outcome: Cell["outcome"]) =>
    cells.filter((cell) => cell.outcome === outcome).length;
  return `${count("holds")} of ${cells.length} hold, ${count("fails")} fail, ${count("skipped")} skipped, in ${seconds.toFixed()} s`;
}

/** For a program: as npm run faults -- --json FILE writes it. */
export function asJson(done: readonly Cell[], seed: number, seconds: number): string {
  const cells = done.map(({ fault, ...cell }) => ({ fault: fault.id, ...cell }));
  const { version: node, platform } = process;
  return `${JSON.stringify({ node, platform, seed, seconds, cells }, null, 2)}\n`;
}
