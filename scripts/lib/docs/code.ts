/** The code of all chapters, line by line: what is new or changed in each, and where a piece of it stands. */
import { existsSync } from "node:fs";
import { diffLines } from "diff";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { sources } from "../../../chapters/sources.ts";
import { root } from "../root.ts";

/** How a line stands to the chapter before. */
export type Mark = "new" | "changed" | "same";

export interface CodeFile {
  readonly chapter: Chapter;
  /** `user.ts`, `client/main.ts`. */
  readonly file: string;
  readonly text: string;
  readonly marks: readonly Mark[];
  /** How many lines of the chapter before are gone. */
  readonly removed: number;
  /** True when the chapter before has no such file. */
  readonly isNew: boolean;
}

/** A piece of a file, its first and last line. */
export interface Place {
  readonly code: CodeFile;
  readonly from: number;
  readonly to: number;
}

const known = new Map<Chapter, readonly CodeFile[]>();

/** The files of a chapter; none, when it is kept from students. */
export function codeOf(chapter: Chapter): readonly CodeFile[] {
  const files = known.get(chapter) ?? load(chapter);
  known.set(chapter, files);
  return files;
}

function load(chapter: Chapter): CodeFile[] {
  const before = chapters[chapters.indexOf(chapter) - 1];
  const old = textsOf(before);
  return [...textsOf(chapter)].map(([file, text]) => {
    const was = old.get(file);
    return { chapter, file, text, ...compared(was ?? "", text), isNew: was === undefined };
  });
}

function textsOf(chapter: Chapter | undefined): ReadonlyMap<string, string> {
  const folder = `${root}chapters/${chapter?.folder}`;
  return chapter && existsSync(folder) ? sources(folder) : new Map();
}

/** A line that stands where others were taken out is changed; one that came between is new. */
export function compared(before: string, after: string): { marks: Mark[]; removed: number } {
  const marks: Mark[] = [];
  let [removed, gone] = [0, 0];
  for (const part of diffLines(before, after)) {
    if (part.removed) {
      gone = part.count;
      continue;
    }
    for (let i = 0; i < part.count; i++)
      marks.push(part.added ? (i < gone ? "changed" : "new") : "same");
    removed += Math.max(0, gone - (part.added ? part.count : 0));
    gone = 0;
  }
  return { marks, removed: removed + gone };
}

/** Where these lines stand, word for word; first in the files that `heading` names. */
export function findLines(
  lines: readonly string[],
  among: readonly CodeFile[],
  heading = "",
): Place | undefined {
  const wanted = `\n${lines.join("\n")}\n`;
  const named = ({ file }: CodeFile) => Number(heading.includes(file));
  const order = among.toSorted((a, b) => named(b) - named(a));
  for (const code of order) {
    const at = `\n${code.text}`.indexOf(wanted);
    if (at === -1) continue;
    const from = code.text.slice(0, at).split("\n").length;
    return { code, from, to: from + lines.length - 1 };
  }
  return undefined;
}

/** The page of a file, from the site's first folder. */
export const pageOf = ({ chapter, file }: Pick<CodeFile, "chapter" | "file">) =>
  `code/${chapter.folder}/${file}.html`;

/** `L12`, or `L12-L20`: the anchor of lines. */
export const anchorOf = (from: number, to = from) => (from === to ? `L${from}` : `L${from}-L${to}`);
