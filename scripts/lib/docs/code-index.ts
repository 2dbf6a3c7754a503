/** What belongs to a guide: the step that it tells, the code, the exercise, the mutants. */
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { version } from "../find.ts";
import { codeOf } from "./code.ts";
import { changes } from "./code-html.ts";
import { fileLink } from "./code-tree.ts";
import type { Task } from "./exercise-pages.ts";
import { front, type Page } from "./page.ts";

const BESIDE = { diff: "What changed", code: "The code", exercise: "The exercise" };

/** Its pages in the side bar, and the links to them, and to others, below the guide's title. */
export function beside(chapter: Chapter, mutants: readonly Task[]) {
  const pages = Object.entries(BESIDE)
    .filter(([page]) => page !== "diff" || chapter !== chapters[0])
    .map(([page, title]) => ({ id: `${page}-${chapter.id}`, title }));
  const own = mutants.filter(({ id }) => id === `mutants-${chapter.id}`);
  const all = [...pages, ...own.map(({ id }) => ({ id, title: "Its mutants" }))];
  const links = all.map(({ id, title }) => `[${title}](./${id}.md)`);
  return { children: pages.map(({ id }) => `${id}.md`), links: links.join(" · ") };
}

/** The way to each file of a chapter, and what became of it. */
export function codePage(chapter: Chapter): Page {
  const title = `The code of ${version(chapter)}`;
  const rows = codeOf(chapter).map((code) => {
    const link = `<a href="${fileLink(chapter, code.file)}">${code.file}</a>`;
    return `| ${link} | ${code.marks.length} | ${changes(code)} |`;
  });
  const intro = `All files of [${version(chapter)} ${chapter.title}](./${chapter.id}.md); \`npm run chapter ${chapter.id}\` runs them.`;
  const table = ["| file | lines | in this chapter |", "|---|---|---|", ...rows].join("\n");
  return {
    file: `code-${chapter.id}.md`,
    text: `${front(title, "Chapters")}${intro}\n\n${table}\n`,
  };
}
