/** What one can work on: a chapter, by any of its names, or one of the extra exercises. */
import { existsSync } from "node:fs";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { type Extra, extras } from "../../../extras/index.ts";
import { cases } from "../../../test/cases/index.ts";
import { applies, type Case } from "../../../test/harness/case.ts";
import { Refusal } from "../command.ts";
import { chapterOf, find, namesOf, unknown, version } from "../find.ts";
import { nearest } from "../nearest.ts";
import { root } from "../root.ts";

/** Where a learner's work is; the tests keep out of it. */
export const exercises = process.env.EXERCISES ?? `${root}exercises`;

export interface Subject {
  /** `v05`; the exercise's folder is called so too. */
  readonly id: string;
  /** `V0.5 rename`. */
  readonly title: string;
  /** Whose protocol its server speaks. */
  readonly chapter: Chapter;
  /** Where it starts from; v01 starts from nothing. */
  readonly base: Chapter | undefined;
  /** What its server is held against, those of all chapters before included. */
  readonly cases: readonly Case[];
  /** Those that it brings. */
  readonly own: readonly Case[];
  /** It is about the client, which has tests of its own. */
  readonly client: boolean;
  /** The task, and behind it the hints. */
  readonly text: string;
  readonly exercise: string;
  /** Of an extra exercise, whose solution is a patch; of a chapter, the chapter is the solution. */
  readonly extra?: Extra;
}

/** By any of its names; a {@link Refusal} when there is none. */
export async function subject(name: string): Promise<Subject> {
  const chapter = find(name);
  const extra = extras.find(({ id, title }) => [id, title].includes(name.toLowerCase()));
  if (chapter) return ofChapter(chapter);
  if (extra) return ofExtra(extra);
  const ids = extras.map(({ id }) => id);
  const near = nearest(name, [...chapters.flatMap(namesOf), ...ids]) ?? "";
  throw new Refusal(
    ids.includes(near) ? `no exercise "${name}"; the nearest is ${near}` : unknown(name),
  );
}

function ofChapter(chapter: Chapter): Subject {
  const { id, folder, title } = chapter;
  const all = cases.filter((each) => applies(each, id));
  return {
    id,
    title: `${version(chapter)} ${title}`,
    chapter,
    base: chapters[chapters.indexOf(chapter) - 1],
    cases: all,
    own: all.filter((each) => each.since === id),
    client: chapter === chapters.find(hasClient),
    text: `${root}chapters/${folder}/EXERCISE.md`,
    exercise: `${exercises}/${id}`,
  };
}

/** It brings the client, or a new one. */
export const hasClient = ({ changes }: Chapter) => "client/main.ts" in changes;

async function ofExtra(extra: Extra): Promise<Subject> {
  const { id, title } = extra;
  const base = chapterOf(extra.base);
  const own = await extra.cases();
  return {
    id,
    title: `exercise ${title}`,
    chapter: base,
    base,
    cases: [...ofChapter(base).cases, ...own],
    own,
    client: false,
    text: `${root}extras/${id}/EXERCISE.md`,
    extra,
    exercise: `${exercises}/${id}`,
  };
}

/** The folder of the course that holds its solution, unless it is held back. */
export function solutionOf({ chapter, extra }: Subject): string {
  return root + (extra ? `extras/${extra.id}` : `chapters/${chapter.folder}`);
}

/** Whether the learner has begun. */
export function begun({ exercise }: Subject): boolean {
  return existsSync(`${exercise}/main.ts`);
}

/** What to say to a learner who has not. */
export function nothingYet({ id }: Subject): Refusal {
  return new Refusal(`there is nothing in exercises/${id} yet; to begin: npm run exercise ${id}`);
}

interface Task {
  readonly task: string;
  /** From the first, which only points the way, to the last, which almost says it. */
  readonly hints: readonly string[];
  /** Files to begin with, by name. */
  readonly starter: ReadonlyMap<string, string>;
}

/** The parts of an EXERCISE.md: the task, `## Hint 1` and so on, and `## Starter`. */
export function task(text: string): Task {
  const [task = "", ...rest] = text.split(/^(?=## (?:Hint \d+|Starter)$)/m);
  const hints = rest.filter((part) => part.startsWith("## Hint"));
  const starter = rest.filter((part) => part.startsWith("## Starter")).join("");
  const files = starter.matchAll(/^```ts (\S+)\n(.*?)^```$/gms);
  return {
    task: `${task.trimEnd()}\n`,
    hints: hints.map((hint) => hint.replace(/^## .*\n+/, "").trimEnd()),
    starter: new Map([...files].map(([, name = "", code = ""]) => [name, code])),
  };
}
