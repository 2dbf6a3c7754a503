/** The museum of mutants: each file of mutants/ is one fault, with its story and its patch. */
import { readdirSync, readFileSync } from "node:fs";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { Refusal } from "../command.ts";
import { lay as layCode, patched } from "../patch.ts";
import { root } from "../root.ts";

export const museum = `${root}mutants/`;

export interface Catch {
  readonly id: string;
  /** The fault shows as a wait without end, so a deadline is what catches it. */
  readonly hang: boolean;
}

export interface Mutant {
  readonly number: number;
  /** `07-nobody-hangs-up`: its file, less the ending. */
  readonly id: string;
  readonly title: string;
  readonly chapter: Chapter;
  /** The cases that go red, each of them. */
  readonly caughtBy: readonly Catch[];
  /** The row or the group of docs/original-faults.md, if it is a fault of the original's. */
  readonly original: string | undefined;
  /** What to do by hand to see it break. */
  readonly tries: string;
  readonly story: string;
  /** What is right instead, and why. */
  readonly mending: string;
  /** A unified diff; its paths begin at the root of the repository. */
  readonly diff: string;
}

const KEYS = ["Title", "Chapter", "Caught by", "Original", "Try", "Mending"];

/** Every mutant there is, by number. Throws a {@link Refusal} of a file that is not as it must be. */
export function readMutants(folder = museum): Mutant[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".patch"));
  const mutants = files.map((file) => parseMutant(file, readFileSync(folder + file, "utf8")));
  mutants.sort((a, b) => a.number - b.number);
  for (const [i, { id, number }] of mutants.entries()) {
    const before = mutants[i - 1];
    if (before?.number === number)
      throw new Refusal(`${before.id} and ${id} have one number: give one of them the next free`);
  }
  return mutants;
}

/** One file: `Key: value` lines, which go on where a line is indented; a blank; the story; the diff. */
export function parseMutant(file: string, text: string): Mutant {
  const fail = (what: string) => new Refusal(`mutants/${file}: ${what}`);
  const number = /^(\d\d+)-[a-z0-9-]+\.patch$/.exec(file)?.[1];
  if (number === undefined) throw fail("is not named like 07-short-name.patch");
  const whole = text.replaceAll("\r\n", "\n");
  const start = whole.search(/^(diff --git|---) /m);
  if (start === -1) throw fail('has no diff: no line begins with "--- "');
  const [header = "", ...paragraphs] = whole.slice(0, start).trim().split("\n\n");
  const fields = new Map<string, string>();
  for (const field of header.split(/\n(?! )/)) {
    const [, key = "", value = ""] = /^([A-Z][a-z ]*):\s*(.*)$/s.exec(field) ?? [];
    if (!KEYS.includes(key)) throw fail(`"${field}" is none of ${KEYS.join(": …, ")}: …`);
    fields.set(key, value.replace(/\n {4}/g, "\n"));
  }
  const field = (key: string) => {
    const value = fields.get(key);
    if (!value) throw fail(`has no "${key}: …"`);
    return value;
  };
  const chapter = chapters.find(({ id }) => id === field("Chapter"));
  if (!chapter) throw fail(`there is no chapter ${field("Chapter")}`);
  if (paragraphs.length === 0) throw fail("has no story between its header and its diff");
  return {
    number: Number(number),
    id: file.replace(/\.patch$/, ""),
    title: field("Title"),
    chapter,
    caughtBy: field("Caught by")
      .split(", ")
      .map((each) => ({ id: each.replace(/ \(hang\)$/, ""), hang: each.endsWith(" (hang)") })),
    original: fields.get("Original"),
    tries: field("Try"),
    story: paragraphs.join("\n\n"),
    mending: field("Mending"),
    diff: whole.slice(start),
  };
}

/** The chapter's files, by name, with the fault in them. */
export function mutated({ id, chapter, diff }: Mutant): Map<string, string> {
  return patched(chapter, `mutants/${id}.patch`, diff);
}

/** Puts these into `.cache/PLACE/ID`, whatever was changed there. Gives that path. */
export function lay(mutant: Mutant, place = "mutants"): string {
  const path = `.cache/${place}/${mutant.id}`;
  layCode(root + path, mutated(mutant));
  return path;
}

/** The list in docs/mutants.md: what they are called, and nothing that gives them away. */
export function mutantTable(mutants = readMutants()): string {
  const rows = mutants.map(
    ({ number, title, chapter }) =>
      `| ${number} | ${title.replaceAll("|", "\\|")} | [${chapter.id}](../chapters/${chapter.folder}/README.md) |`,
  );
  return ["| mutant | name | chapter |", "|---|---|---|", ...rows].join("\n");
}
