/** Verdicts for machines: JSON, and JUnit's XML as CI systems read it. */
import type { Case } from "../../../test/harness/case.ts";
import { STOPPED, type Verdict } from "../../../test/harness/run.ts";

export interface Points {
  readonly chapter: string;
  readonly reached: number;
  readonly of: number;
}

export interface Judged {
  readonly id: string;
  readonly outcome: string;
  /** One line; none for a pass. */
  readonly why?: string;
  /** All there is to say of a failure. */
  readonly report?: string;
  readonly seconds: number;
}

/** As `npm run check -- --json` prints it. */
export interface Report {
  /** It draws the same names, texts and talk again. */
  readonly seed: number;
  readonly points: readonly Points[];
  readonly cases: readonly Judged[];
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

export function reportOf(verdicts: readonly Verdict[], seed: number): Report {
  const cases = verdicts.map(({ test, outcome, why, report, seconds }) => ({
    id: test.id,
    clause: test.clause,
    outcome,
    points: outcome === "pass" ? worth(test) : 0,
    ...(why && { why }),
    ...(report && { report }),
    seconds: Number(seconds.toFixed(3)),
  }));
  return { seed, points: points(verdicts), cases };
}

/** A suite for each chapter that the cases are of. */
export function byChapter(cases: readonly Judged[]): Record<string, readonly Judged[]> {
  const chapters = [...new Set(cases.map(({ id }) => group(id)))];
  return Object.fromEntries(
    chapters.map((chapter) => [chapter, cases.filter(({ id }) => group(id) === chapter)]),
  );
}

/** Suites by their names, as Jenkins, GitLab and GitHub's actions read them. */
export function junit(suites: Readonly<Record<string, readonly Judged[]>>): string {
  const texts = Object.entries(suites).map(([name, cases]) => {
    const those = (outcome: string) => cases.filter((each) => each.outcome === outcome).length;
    const skipped = those("not reached");
    const failures = cases.length - those("pass") - skipped;
    const counts = `tests="${cases.length}" failures="${failures}" skipped="${skipped}"`;
    return `  <testsuite name="${name}" ${counts}>\n${cases.map(junitCase).join("\n")}\n  </testsuite>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n${texts.join("\n")}\n</testsuites>\n`;
}

function junitCase({ id, outcome, why = "", report = "", seconds }: Judged): string {
  const start = `    <testcase classname="${xml(group(id))}" name="${xml(id)}" time="${seconds}"`;
  if (outcome === "pass") return `${start}/>`;
  if (outcome === "not reached") return `${start}><skipped message="${xml(why)}"/></testcase>`;
  return `${start}><failure type="${xml(outcome)}" message="${xml(why)}">${xml(report)}</failure></testcase>`;
}

/** What XML cannot hold, in any way of writing it, becomes a question mark. */
function xml(text: string): string {
  const held = text.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?");
  return held.replace(/[&<>"\n]/g, (char) => `&#${char.charCodeAt(0)};`);
}
