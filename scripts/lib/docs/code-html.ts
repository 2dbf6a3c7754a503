/** Code as HTML: numbered lines one can link to, what the chapter brings marked; and pieces of it. */
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { count } from "../count.ts";
import { version } from "../find.ts";
import { anchorOf, type CodeFile, codeOf, type Mark, type Place } from "./code.ts";
import { fileLink, tree } from "./code-tree.ts";

/** Colours a whole file: a piece of one, alone, would be taken for something else. */
export type Highlight = (text: string, language: string) => string;

export const codeLink = ({ code: { chapter, file }, from, to }: Place) =>
  `${fileLink(chapter, file)}#${anchorOf(from, to)}`;

/** As the lines are marked, too, for those who see no colours. */
const SIGNS = { new: "+", changed: "~" } as const;

/** All that the page of a file shows. */
export function filePage(code: CodeFile, ranges: ReadonlySet<string>, highlight: Highlight) {
  const { chapter, file } = code;
  return `<h1>${file}</h1>
<p>${facts(code)}</p>
<details class="files"><summary>The files of ${version(chapter)}</summary>${tree(chapter, file)}</details>
<pre class="code"><code tabindex="0">${numbered(code, ranges, highlight)}</code><button type="button">Copy</button></pre>`;
}

function facts(code: CodeFile): string {
  const { chapter, file, marks } = code;
  const at = chapters.indexOf(chapter);
  const others = [chapters[at - 1], chapters[at + 1]].filter(
    (other) => other && codeOf(other).some((each) => each.file === file),
  );
  const links = others.map(
    (other) => `<a href="${fileLink(other as Chapter, file)}">${version(other as Chapter)}</a>`,
  );
  const neighbours = links.length > 0 ? ` The same file in ${links.join(" and ")}.` : "";
  return `${count(marks.length, "line")}. ${changes(code)}${neighbours}`;
}

/** What became of the file in its chapter. */
export function changes({ chapter, marks, removed, isNew }: CodeFile): string {
  const before = chapters[chapters.indexOf(chapter) - 1];
  if (isNew) return `The file is new in ${version(chapter)}.`;
  const many = (mark: Mark) => marks.filter((each) => each === mark).length;
  const parts = (["new", "changed"] as const)
    .filter((mark) => many(mark) > 0)
    .map((mark) => `<span class="mark-${mark}">${many(mark)} ${mark} (${SIGNS[mark]})</span>`);
  if (removed > 0) parts.push(`${removed} removed`);
  if (parts.length > 0) return `In ${version(chapter)}: ${parts.join(", ")}.`;
  return `As it was in ${version(before as Chapter)}.`;
}

const coloured = new Map<string, readonly string[]>();

/** The lines of a file, each in colours. */
function linesOf({ file, text }: CodeFile, highlight: Highlight): readonly string[] {
  const language = file.endsWith(".html") ? "html" : "ts";
  const whole = `${text.trimEnd()}\n`; // TypeDoc takes what is behind the last newline away
  const lines = coloured.get(text) ?? highlight(whole, language).split(/<br\s*\/?>/);
  coloured.set(text, lines);
  return lines;
}

/** `ranges` are those that somebody links to: each gets a place to go to, which needs no script. */
function numbered(code: CodeFile, ranges: ReadonlySet<string>, highlight: Highlight): string {
  const places = new Map<number, string>();
  for (const range of ranges) {
    const line = Number.parseInt(range.slice(1), 10);
    places.set(line, `${places.get(line) ?? ""}<i id="${range}"></i>`);
  }
  return linesOf(code, highlight)
    .map((line, i) => {
      const [n, mark] = [i + 1, code.marks[i]];
      const kind = mark === "same" || code.isNew ? "" : ` class="${mark}"`;
      const link = `<a href="#L${n}" tabindex="-1" aria-label="Line ${n}"></a>`;
      return `<span id="L${n}"${kind}>${link}${places.get(n) ?? ""}${line}</span>`;
    })
    .join("\n");
}

/** A piece of a file, without the indent that all of its lines have; `lit` lines are marked. */
export function snippet(
  { code, from, to }: Place,
  lit: ReadonlySet<number>,
  highlight: Highlight,
): string {
  const raw = code.text.split("\n").slice(from - 1, to);
  const indent = Math.min(...raw.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  const lines = linesOf(code, highlight).slice(from - 1, to);
  const inner = lines.map((line, i) => {
    const html = dedent(line, indent);
    const tag = lit.has(i + 1) ? "mark" : "span";
    return `<${tag}>${html}</${tag}>`;
  });
  return `<pre><code class="ts">${inner.join("\n")}\n</code><button type="button">Copy</button></pre>`;
}

/** Takes blanks away from the front of what is seen, not of the HTML. */
function dedent(line: string, blanks: number): string {
  let left = blanks;
  return line.replace(/^(?:<[^>]*>| )+/, (front) =>
    front.replace(/<[^>]*>| /g, (part) => (part === " " && left-- > 0 ? "" : part)),
  );
}
