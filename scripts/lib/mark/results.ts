/** The marks of a class: kept in a folder, one file each, and told as a table, as CSV and as JUnit's XML. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { junit } from "../check/report.ts";
import { columns } from "../columns.ts";
import type { Submission } from "./submission.ts";
import type { Mark } from "./verdict.ts";

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

const HEAD = ["submission", "chapter", "own", "own of", "older", "older of", "seconds", "verdict"];
const TEXT = ["submission", "chapter", "verdict"].map((title) => HEAD.indexOf(title));

function rows(marks: readonly Mark[]): string[][] {
  const row = ({ name, chapter, own, older, seconds, verdict }: Mark) => {
    const numbers = [own.reached, own.of, older.reached, older.of, seconds.toFixed(1)];
    return [name, chapter, ...numbers.map(String), verdict];
  };
  return [HEAD, ...marks.map(row)];
}

/** For a terminal. */
export function table(marks: readonly Mark[]): string {
  return columns(rows(marks), TEXT).join("\n");
}

export function csv(marks: readonly Mark[]): string {
  // A spreadsheet would take what begins like this for a formula.
  const safe = (cell: string) => (/^[=+\-@]/.test(cell) ? `'${cell}` : cell);
  const quoted = (cell: string) => (/[",\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  const line = (row: string[]) => `${row.map((cell) => quoted(safe(cell))).join(",")}\n`;
  return rows(marks).map(line).join("");
}

/** All that was checked of one submission: a suite for each chapter, and a failure where nothing was checked. */
export function xml(marks: readonly Mark[]): string {
  const suites = marks.map(({ chapter, cases, verdict, seconds }) => {
    const ended = { id: `${chapter}/marked`, outcome: "fail", why: verdict, seconds };
    return [chapter, cases.length > 0 ? cases : [ended]] as const;
  });
  return junit(Object.fromEntries(suites));
}
