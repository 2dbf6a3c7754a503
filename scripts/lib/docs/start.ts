/** The first page: where to begin, and the way through the chapters with what each adds and how long it takes. */
import { existsSync, readFileSync } from "node:fs";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { count } from "../count.ts";
import { version } from "../find.ts";
import { root } from "../root.ts";
import { measure, type Step } from "../steps.ts";
import { prose } from "./diff-page.ts";
import { getTheCode } from "./repository.ts";

/** Words of prose that one reads in a minute, with English as a second language. */
const WORDS_A_MINUTE = 180;

/** The minutes that a text takes, without its code, its pictures and its tables. */
export function minutesOf(markdown: string): number {
  const words = markdown
    .replace(/^ *```.*?^ *```/gms, "")
    .replace(/^\|.*$/gm, "")
    .replace(/<!--.*?-->/gs, "");
  return Math.ceil(words.split(/\s+/).filter(Boolean).length / WORDS_A_MINUTE);
}

const guideOf = ({ folder }: Chapter): string => {
  const path = `${root}chapters/${folder}/README.md`;
  return existsSync(path) ? readFileSync(path, "utf8") : "";
};

/** The map of tasks that the newest run has given, without what matters only there: what is new, starts and endings. */
export function systemPicture(): string {
  const maps = chapters.map((chapter) =>
    /<!-- picture tasks -->\n\n[^\n]*\n\n```mermaid\nflowchart TB\n(.*?)\n```/s.exec(
      guideOf(chapter),
    ),
  );
  const [, mermaid = ""] = maps.findLast((found) => found !== null) ?? [];
  return `<!-- picture system -->

The whole server at work, as it was seen in a run: rounded boxes are tasks, the others are what they wait for and write to.

\`\`\`mermaid
flowchart TB
${withoutStarts(mermaid.replaceAll("✚ ", ""))}
\`\`\``;
}

/** What hands what to whom, and nothing else, from the client's lines on: Mermaid draws above what is named first. */
function withoutStarts(map: string): string {
  const lines = map.split("\n").map((line) => line.replace(/<br\/><i>ends when .*?<\/i>/, ""));
  const arrows = lines.filter((line) => / (--|==) /.test(line));
  const boxOf = (line: string) => /^ *(\w+)/.exec(line)?.[1] ?? "";
  const reached = new Set(["lines"]);
  for (const box of reached)
    for (const arrow of arrows)
      if (boxOf(arrow) === box) reached.add(/\w+$/.exec(arrow)?.[0] ?? "");
  for (const arrow of arrows) reached.add(boxOf(arrow)); // who hands on, and nothing is handed to
  const boxes = [...reached].map((box) =>
    lines.find((line) => line.startsWith(`  ${box}(`) || line.startsWith(`  ${box}[`)),
  );
  return [...boxes, ...arrows].join("\n");
}

/** A table of README.md, a row for each chapter. */
const TABLE = /^\| chapter \| adds \|\n(?:\|.*\n)+/gm;

/** The page of README.md, with a place to begin and with the chapters as a path, part by part. */
export function startText(readme: string): string {
  const [intro = "", ...rest] = readme.replace(/^# .*\n/, "").split(/^(?=## )/m);
  const steps = measure(`${root}chapters`);
  const body = rest.join("").replace(TABLE, (table) => {
    const stops = steps.filter(({ chapter }) => table.includes(`/${chapter.folder}/`)).map(stop);
    return `<ol class="path">\n${stops.join("\n")}\n</ol>\n`;
  });
  return `${intro.trim()}

<p class="begin"><a class="button" href="./${chapters[0]?.id}.md">Begin with v01</a> <a class="button again" hidden href="./${chapters[0]?.id}.md">Go on where you were</a></p>

${getTheCode()}${systemPicture()}

${body}`;
}

function stop({ chapter, lines, changed }: Step): string {
  const { id, title, adds } = chapter;
  const takes = `${count(lines, "line")} of code, ${changed} of them new or changed; ${minutesOf(guideOf(chapter))} min to read`;
  return `<li><a href="./${id}.md">${version(chapter)} ${title}</a> ${prose(adds)}<br><small>${takes}</small></li>`;
}
