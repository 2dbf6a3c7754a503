/** The exercises, the extra exercises and the mutants as pages: what to do, its commands, and what is better read later, folded. */
import { existsSync, readFileSync } from "node:fs";
import { chapters } from "../../../chapters/manifest.ts";
import { extras } from "../../../extras/index.ts";
import { version } from "../find.ts";
import { task as parts } from "../learn/subject.ts";
import { type Mutant, readMutants } from "../mutants/read.ts";
import { root } from "../root.ts";
import { prose } from "./diff-page.ts";

export interface Task {
  /** Its page's file, less the ending: `exercise-v05`, `mutants-v05`. */
  readonly id: string;
  readonly title: string;
  readonly text: string;
  /** The file that it is made from, if it is one. */
  readonly path?: string;
}

/** One for each chapter. */
export const chapterTasks = () =>
  chapters.flatMap(({ id, folder }) => pageOf(id, `chapters/${folder}/EXERCISE.md`));

export const extraTasks = () => extras.flatMap(({ id }) => pageOf(id, `extras/${id}/EXERCISE.md`));

function pageOf(id: string, path: string): Task[] {
  if (!existsSync(root + path)) return [];
  const { task, hints } = parts(readFileSync(root + path, "utf8"));
  const [head = "", ...body] = task.split("\n");
  const folded = hints.map((hint, i) => fold(`Hint ${i + 1}`, hint));
  const text = [commands(id), body.join("\n"), ...folded].join("\n\n");
  return [{ id: `exercise-${id}`, title: head.replace(/^# /, ""), text: `${text}\n`, path }];
}

const commands = (id: string) => `\`\`\`sh
npm run exercise ${id}   # makes exercises/${id}: the code to begin with, and this task
npm run mine ${id}       # runs what you have written
npm run watch ${id}      # runs the cases at every save
npm run check ${id}      # runs them once, and stops at the first red one
npm run hint ${id}       # shows the next hint
npm run solution ${id}   # shows our difference, once yours has passed
\`\`\``;

/** With blank lines around it, it is still Markdown inside. */
const fold = (summary: string, text: string) =>
  `<details class="later"><summary>${summary}</summary>\n\n${text.trim()}\n\n</details>`;

/** One page for each chapter that has some. */
export function mutantTasks(mutants = readMutants()): Task[] {
  return chapters.flatMap((chapter) => {
    const own = mutants.filter((mutant) => mutant.chapter === chapter);
    if (own.length === 0) return [];
    const intro = `Each of these servers has one fault. Your task is to break it from outside. It differs from
[${version(chapter)}](./${chapter.id}.md) in a few lines only. [The museum of mutants](./mutants.md) says how to play.`;
    return {
      id: `mutants-${chapter.id}`,
      title: `Mutants of ${version(chapter)}`,
      text: [intro, ...own.map(mutantSection)].join("\n\n"),
    };
  });
}

function mutantSection(mutant: Mutant): string {
  const { number, title, story, tries, mending, diff, caughtBy } = mutant;
  const cases = caughtBy.map(({ id }) => `\`${id}\``).join(" and ");
  const answer = `\`\`\`diff\n${diff.trimEnd()}\n\`\`\`\n\n${paragraphs(mending)}\n\nCaught by ${cases}.`;
  return `## ${number}. ${title}

${paragraphs(story)}

\`\`\`sh
npm run mutant ${number}              # runs it, so that you can break it
npm run mutant ${number} -- --show    # shows what is wrong with it
npm run mutant ${number} -- --check   # runs the case that catches it
\`\`\`

**Try**

\`\`\`sh
${tries.trimEnd()}
\`\`\`

${fold("What is wrong, and what would be right", answer)}`;
}

/** A story is plain text with \`code\` in it: nothing else of it may be taken for Markdown. */
const paragraphs = (text: string) =>
  text
    .split("\n\n")
    .map((each) => `<p>${prose(each)}</p>`)
    .join("\n\n");

/** In the tables that list them, each gets a link to its page. `slug` makes a heading's anchor, as TypeDoc does. */
export function linkTasks(text: string, slug: (heading: string) => string): string {
  return text
    .replace(/^\| `([\w-]+)` \|/gm, (same, id: string) =>
      isTask(id) ? `| [\`${id}\`](./exercise-${id}.md) |` : same,
    )
    .replace(
      /^\| (\d+) \| (.*?) \| (\[(v\d\d)\].*)$/gm,
      (_, number: string, title: string, rest: string, id: string) => {
        const anchor = slug(`${number}. ${title}`);
        return `| ${number} | [${title}](./mutants-${id}.md#${anchor}) | ${rest}`;
      },
    );
}

const isTask = (id: string) => [...chapters, ...extras].some((each) => each.id === id);
