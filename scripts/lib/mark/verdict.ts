/** What the checker has said of one submission, as a mark. */
import type { Judged, Points, Report } from "../check/report.ts";
import { Refusal } from "../command.ts";
import type { Ended } from "./bounded.ts";
import type { Submission } from "./submission.ts";

type Sum = Omit<Points, "chapter">;

export interface Mark {
  readonly name: string;
  readonly chapter: string;
  /** In words, one line. */
  readonly verdict: string;
  /** Of the chapter itself, and of those before it. */
  readonly own: Sum;
  readonly older: Sum;
  readonly seconds: number;
  readonly cases: readonly Judged[];
  /** Of what it is the mark: {@link fingerprint}. */
  readonly of: string;
  /** If more time could better it: how many seconds it had. 0 if the checker itself has failed. */
  readonly limit?: number;
}

export type Judgement = Pick<Mark, "verdict" | "own" | "older" | "cases" | "limit">;

/** Nothing has been checked, for a reason. */
export function none(verdict: string): Judgement {
  const nothing = { reached: 0, of: 0 };
  return { verdict: inOneLine(verdict), own: nothing, older: nothing, cases: [] };
}

/** What has come of a check that was given so many seconds. */
export function judgement({ chapter }: Submission, ended: Ended, limit: number): Judgement {
  const report = read(ended.stdout);
  const words = ended.late ? `time limit of ${limit} s` : inWords(report, ended);
  const left = ended.left.length > 0 ? `; processes that did not end: ${ended.left}` : "";
  const { points = [], cases = [] } = report ?? {};
  const sum = (which: (each: Points) => boolean): Sum => ({
    reached: points.filter(which).reduce((sum, { reached }) => sum + reached, 0),
    of: points.filter(which).reduce((sum, { of }) => sum + of, 0),
  });
  return {
    verdict: inOneLine(words + left),
    own: sum((each) => each.chapter === chapter),
    older: sum((each) => each.chapter !== chapter),
    cases,
    ...(ended.late ? { limit } : report ? {} : { limit: 0 }),
  };
}

function read(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report;
  } catch {
    return undefined; // the checker was ended, or says on stderr what is wrong
  }
}

function inWords(report: Report | undefined, { stderr, code }: Ended): string {
  if (!report)
    return `the checker ${code === null ? "was ended by a signal" : `failed: ${complaint(stderr)}`}`;
  const ran = report.cases.filter(({ outcome }) => outcome !== "not reached");
  const failed = ran.filter(({ outcome }) => outcome !== "pass");
  const [first] = failed;
  if (!first) return ran.length > 0 ? "all cases pass" : "no case was reached";
  const { id, outcome, why = outcome, report: whole = "" } = first;
  const said = complaint((whole.match(/(?<=^ *stderr: ).*$/gm) ?? []).join("\n"));
  if (ran.every(({ outcome }) => outcome === "server crashed"))
    return `does not start: ${why}${said && `: ${said}`}`;
  return `${failed.length} of ${ran.length} cases fail; the first is ${id}: ${why}`;
}

/** Throws a {@link Refusal} if a step of its building has not done well. */
export function mustHaveWorked(step: string, ended: Ended, limit: number): void {
  const { late, code, stdout, stderr } = ended;
  if (late) throw new Refusal(`does not build: time limit of ${limit} s`);
  if (code !== 0)
    throw new Refusal(`does not build: ${complaint(stderr) || complaint(stdout) || step}`);
}

/** The line that says what is wrong, as Python, Node, Java, Go and the compilers have it; or the last one. */
function complaint(text: string): string {
  const lines = text.trimEnd().split("\n");
  const says = lines.find((line) => /(error|exception|panic)\b[^:]*:/i.test(line));
  return (says ?? lines.at(-1) ?? "").trim();
}

const MOST = 160; // characters: a verdict is read in a table

/** Fit for a terminal, a table and XML: a program may print what it likes. */
function inOneLine(text: string): string {
  const plain = text.replace(/\s+/g, " ").replace(/\p{C}/gu, "?");
  return plain.length > MOST ? `${plain.slice(0, MOST)}…` : plain;
}
