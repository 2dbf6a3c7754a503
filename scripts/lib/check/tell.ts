/** What `npm run check` prints for people. */
import { isFailure, STOPPED, type Verdict } from "../../../test/harness/run.ts";
import { paint } from "../colour.ts";
import { count } from "../count.ts";
import { points } from "./report.ts";

/** A line; and of a failure all there is to say, with the command that runs its case alone. */
export function told(verdict: Verdict, again: string): string {
  const { test, outcome, why, report } = verdict;
  const colour = outcome === "pass" ? "green" : isFailure(verdict) ? "red" : "dim";
  const reason = outcome === "not reached" ? `: ${why}` : "";
  const line = `${paint(colour, outcome.padEnd(14))} ${test.id}${reason}`;
  if (!isFailure(verdict)) return line;
  const { id } = test;
  const quoted = id.includes(" ") || id.includes("'") ? JSON.stringify(id) : id;
  const [what, alone] = verdict.seed
    ? ["to run the same talk again", ""]
    : ["to run this case alone", ` --case ${quoted}`];
  return `${line}\n${`${report}\n${what}: ${again}${alone}`.replace(/^/gm, "  ")}\n`;
}

/** Such as the course's own command line, of a server that --cmd starts. */
const NO_POINTS =
  "cases that this server or this machine cannot run are not reached, and cost no points";
const cannotBe = ({ outcome, why }: Verdict) => outcome === "not reached" && why !== STOPPED;

/** The points, chapter by chapter, and what it all comes to. */
export function sum(verdicts: readonly Verdict[], all: boolean): string {
  const stopped = !all && verdicts.some(isFailure);
  const rows = points(verdicts);
  const width = Math.max(...rows.map(({ chapter }) => chapter.length));
  const shown = rows.length > 1 && !stopped ? rows : [];
  const those = (outcome: string) => verdicts.filter((each) => each.outcome === outcome).length;
  const left = those("not reached");
  return [
    ...shown.map(
      (row) => `${row.chapter.padEnd(width)}  ${row.reached} of ${count(row.of, "point")}`,
    ),
    `${those("pass")} of ${count(verdicts.length, "case")} passed${left > 0 ? `, ${left} not reached` : ""}`,
    ...(verdicts.some(cannotBe) ? [NO_POINTS] : []),
    ...(stopped ? ["the check stopped at the first failure; to run all cases: --all"] : []),
  ].join("\n");
}
