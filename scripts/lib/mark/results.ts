/** The marks of a class: kept in a folder, one file each, and told as a table, as CSV and as JUnit's XML. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Submission } from "./submission.ts";
import type { Judged, Mark } from "./verdict.ts";

export class Results {
  readonly folder: string;

  /** Nobody else may look into the folder: the reports in it are personal. */
  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  /** What a run before this one has kept of it. */
  read(submission: Submission): Mark | undefined {
    try {
      return JSON.parse(readFileSync(this.#file(submission), "utf8")) as Mark;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Whole or not at all, whenever we are ended. */
  keep(mark: Mark): void {
    const file = this.#file(mark);
    writeFileSync(`${file}.new`, `${JSON.stringify(mark, null, 2)}\n`);
    renameSync(`${file}.new`, file);
  }

  #file({ name, chapter }: Pick<Mark, "name" | "chapter">): string {
    return join(this.folder, `${name}.${chapter}.json`);
  }
}

const HEAD = ["submission", "chapter", "own", "of", "older", "of", "seconds", "verdict"];

function cells({ name, chapter, own, older, seconds, verdict }: Mark): string[] {
  const numbers = [own.reached, own.of, older.reached, older.of, seconds.toFixed(1)];
  return [name, chapter, ...numbers.map(String), verdict];
}

export function csv(marks: readonly Mark[]): string {
  // A spreadsheet would take what begins like this for a formula.
  const safe = (cell: string) => (/^[=+\-@]/.test(cell) ? `'${cell}` : cell);
  const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const head = [
    "submission",
    "chapter",
    "own",
    "own of",
    "older",
    "older of",
    "seconds",
    "verdict",
  ];
  const rows = [head, ...marks.map((mark) => cells(mark).map(safe))];
  return rows.map((row) => `${row.map(quoted).join(",")}\n`).join("");
}

/** For a terminal: the columns stand below each other. */
export function table(marks: readonly Mark[]): string {
  const rows = [HEAD, ...marks.map(cells)];
  const widths = HEAD.map((_, i) => Math.max(...rows.map((row) => width(row[i] ?? ""))));
  const fill = (cell: string, i: number) => " ".repeat((widths[i] ?? 0) - width(cell));
  const isText = (i: number) => i < 2 || i === HEAD.length - 1;
  const line = (row: string[]) =>
    row.map((cell, i) => (isText(i) ? cell + fill(cell, i) : fill(cell, i) + cell)).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

/** In a terminal's cells: Chinese, Japanese and Korean take two. */
function width(text: string): number {
  const wide = /[\p{sc=Han}\p{sc=Hangul}\p{sc=Hiragana}\p{sc=Katakana}\uff01-\uff60]/gu;
  return [...text].length + (text.match(wide)?.length ?? 0);
}

/** All that was checked of one submission: a suite for each chapter. */
export function junit(marks: readonly Mark[]): string {
  const suites = marks.map(({ chapter, cases, verdict, seconds }) => {
    const ended: Judged = { id: `${chapter}/marked`, outcome: "fail", why: verdict, seconds };
    const all = cases.length > 0 ? cases : [ended];
    const count = (outcome: string) => all.filter((each) => each.outcome === outcome).length;
    const [skipped, failures] = [
      count("not reached"),
      all.length - count("pass") - count("not reached"),
    ];
    const head = `<testsuite name="${chapter}" tests="${all.length}" failures="${failures}" skipped="${skipped}">`;
    return [`  ${head}`, ...all.map(testcase), "  </testsuite>"].join("\n");
  });
  const name = text(marks[0]?.name ?? "");
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="${name}">\n${suites.join("\n")}\n</testsuites>\n`;
}

function testcase({ id, outcome, why = "", report = "", seconds }: Judged): string {
  const start = `    <testcase classname="${text(id.split("/")[0] ?? "")}" name="${text(id)}" time="${seconds}"`;
  if (outcome === "pass") return `${start}/>`;
  if (outcome === "not reached") return `${start}><skipped message="${text(why)}"/></testcase>`;
  return `${start}><failure type="${text(outcome)}" message="${text(why)}">${text(report)}</failure></testcase>`;
}

/** What XML cannot hold, in any way of writing it, becomes a question mark. */
function text(plain: string): string {
  const held = plain.replace(/[^\t\n\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?");
  return held.replace(/[&<>"\n]/g, (char) => `&#${char.charCodeAt(0)};`);
}
