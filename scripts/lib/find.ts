/** Chapters by whatever a learner may call them. */
import { type Chapter, chapters } from "../../chapters/manifest.ts";
import { Refusal } from "./command.ts";
import { nearest } from "./nearest.ts";

/** `v07`, `7`, `v7`, `07`, `0.7`, `v0.7`, the folder's name or the title. */
export function find(name: string, course = chapters): Chapter | undefined {
  return course.find((chapter) => namesOf(chapter).includes(name.toLowerCase()));
}

/** As {@link find}; throws a {@link Refusal} when there is none. */
export function chapterOf(name: string, course = chapters): Chapter {
  const chapter = find(name, course);
  if (chapter) return chapter;
  throw new Refusal(unknown(name, course));
}

/** What to say when there is none. */
export function unknown(name: string, course = chapters): string {
  const near = nearest(name, course.flatMap(namesOf)) ?? "";
  return `no chapter "${name}"; the nearest is ${find(near, course)?.id} (npm run chapter lists them all)`;
}

/** `V0.7`, as the original counts; V1.0 follows V0.9. */
export function version({ id }: Pick<Chapter, "id">): string {
  return `V${(Number(id.slice(1)) / 10).toFixed(1)}`;
}

export function namesOf({ id, folder, title }: Chapter): string[] {
  const number = Number(id.slice(1));
  const numbers = [`${number}`, id.slice(1), version({ id }).slice(1)];
  return [...numbers, ...numbers.map((each) => `v${each}`), folder, folder.slice(4), title];
}

const FOLDER = new RegExp(`chapters[\\\\/]+(${chapters.map(({ folder }) => folder).join("|")})`);

/** The folder of the course's that the text names, as whoever starts or imports what is in it must write it. */
export function namedIn(text: string): string | undefined {
  return FOLDER.exec(text)?.[0];
}
