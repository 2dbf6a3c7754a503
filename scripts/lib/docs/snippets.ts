/** The pieces of code in a text: each gets its file and lines as a caption, and a link to them. */
import { version } from "../find.ts";
import { type CodeFile, findLines, type Place } from "./code.ts";
import { codeLink } from "./code-html.ts";

/** A piece of code in a text; which of its lines are marked, counted from 1. */
export interface Snippet {
  readonly place: Place;
  readonly lit: ReadonlySet<number>;
}

/** ```` ```ts {2,4-6} ````: the braces are the lines to mark. */
const SNIPPET = /^( *)```ts(?: \{([\d,-]+)\})?\n(.*?)^ *```\n/gms;

/**
 * Code that stands in none of the files stays as it is. The rest goes to `snippets`; its HTML is made when there is a theme.
 * In a guide all is of one chapter, which then needs no naming.
 */
export function withCaptions(
  text: string,
  among: readonly CodeFile[],
  snippets: Snippet[],
  isGuide = false,
): string {
  return text.replace(SNIPPET, (same, indent: string, wanted = "", code: string, at: number) => {
    const lines = code.trimEnd().split("\n");
    const plain = lines.map((line) => line.slice(indent.length));
    const place = findLines(plain, among, headingBefore(text, at));
    if (!place) return same;
    const lit = wanted ? numbers(wanted) : isGuide ? brought(place) : new Set<number>();
    const id = snippets.push({ place, lit }) - 1;
    const { chapter } = place.code;
    const of = isGuide ? "" : `${version(chapter)}, `;
    const why = lit.size > 0 && !wanted ? `; what is new in ${version(chapter)} is marked` : "";
    const caption = `<figcaption>${of}${linkTo(place)}${why}</figcaption>`;
    return `${indent}<figure class="snippet">${caption}<pre data-snippet="${id}"></pre></figure>\n\n`;
  });
}

function linkTo(place: Place): string {
  const { code, from, to } = place;
  const lines = from === to ? `line ${from}` : `lines ${from}–${to}`;
  return `<a href="${codeLink(place)}">${code.file}, ${lines}</a>`;
}

function headingBefore(text: string, at: number): string {
  return [...text.slice(0, at).matchAll(/^#{2,4} (.*)$/gm)].at(-1)?.[1] ?? "";
}

/** `2,4-6`. */
function numbers(list: string): Set<number> {
  const ranges = list.split(",").map((part) => part.split("-").map(Number));
  return new Set(
    ranges.flatMap(([from = 0, to = from]) =>
      Array.from({ length: to - from + 1 }, (_, i) => from + i),
    ),
  );
}

/** What the chapter brings, where it stands between lines that were there before; else there is nothing to tell apart. */
function brought({ code, from, to }: Place): Set<number> {
  const marks = code.marks.slice(from - 1, to);
  const lit = marks.flatMap((mark, i) => (mark === "same" ? [] : [i + 1]));
  return new Set(lit.length === marks.length ? [] : lit);
}
