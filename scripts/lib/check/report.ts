/** Verdicts for machines: JSON, and JUnit's XML as CI systems read it. */
import type { Case } from "../../../test/harness/case.ts";
import { isFailure, STOPPED, type Verdict } from "../../../test/harness/run.ts";

export interface Points {
  readonly chapter: string;
  readonly reached: number;
  readonly of: number;
}

/**
 * A case is a point, unless the chapter before passes it already, which is no merit, or the server cannot be
 * asked for it, which is no fault.
 */
export function points(verdicts: readonly Verdict[]): Points[] {
  const chapters = [...new Set(verdicts.map(({ test }) => group(test.id)))];
  return chapters.map((chapter) => {
    const own = verdicts.filter(
      ({ test, outcome, why }) =>
        group(test.id) === chapter &&
        worth(test) > 0 &&
        (outcome !== "not reached" || why === STOPPED),
    );
    const reached = own.filter(({ outcome }) => outcome === "pass").length;
    return { chapter, reached, of: own.length };
  });
}

const worth = ({ already }: Case) => (already === undefined ? 1 : 0);
const group = (id: string) => id.split("/")[0] ?? "";

/** With the seed that draws the same again. */
export function json(verdicts: readonly Verdict[], seed: number): string {
  const cases = verdicts.map(({ test, outcome, why, report, seconds }) => ({
    id: test.id,
    clause: test.clause,
    outcome,
    points: outcome === "pass" ? worth(test) : 0,
    ...(why && { why }),
    ...(report && { report }),
    seconds: Number(seconds.toFixed(3)),
  }));
  return JSON.stringify({ seed, points: points(verdicts), cases }, null, 2);
}

/** As Jenkins, GitLab and GitHub's actions read it: one suite a chapter. */
export function junit(verdicts: readonly Verdict[]): string {
  const chapters = [...new Set(verdicts.map(({ test }) => group(test.id)))];
  const suites = chapters.map((chapter) => {
    const own = verdicts.filter(({ test }) => group(test.id) === chapter);
    const failures = own.filter((verdict) => isFailure(verdict)).length;
    const skipped = own.filter(({ outcome }) => outcome === "not reached").length;
    const counts = `tests="${own.length}" failures="${failures}" skipped="${skipped}"`;
    return `  <testsuite name="${chapter}" ${counts}>\n${own.map(junitCase).join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${suites.join("\n")}\n</testsuites>\n`;
}

function junitCase(verdict: Verdict): string {
  const { test, outcome, why, report, seconds } = verdict;
  const start = `    <testcase classname="${group(test.id)}" name="${xml(test.id)}" time="${seconds.toFixed(3)}"`;
  if (outcome === "pass") return `${start}/>`;
  const body = isFailure(verdict)
    ? `<failure type="${outcome}" message="${xml(why)}">${xml(report)}</failure>`
    : `<skipped message="${xml(why)}"/>`;
  return `${start}>${body}</testcase>`;
}

/** What XML cannot hold at all, control characters, becomes a question mark. */
function xml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
  };
  const plain = text.replace(/[^\P{Cc}\n\t]|\p{Cs}|[\ufffe\uffff]/gu, "?");
  return plain.replace(/[&<>"]/g, (char) => entities[char] ?? char).replaceAll("\n", "&#10;");
}
