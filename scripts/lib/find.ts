/** Chapters by whatever a learner may call them. */
import { distance } from "fastest-levenshtein";
import { type Chapter, chapters } from "../../chapters/manifest.ts";

/** `v07`, `7`, `v7`, `07`, `0.7`, `v0.7`, the folder's name or the title. */
export function find(name: string, course = chapters): Chapter | undefined {
  return course.find((chapter) => names(chapter).includes(name.toLowerCase()));
}

/** What to say when there is none. */
export function unknown(name: string, course = chapters): string {
  const far = (chapter: Chapter) => Math.min(...names(chapter).map((each) => distance(each, name)));
  const nearest = course.toSorted((a, b) => far(a) - far(b))[0]?.id;
  return `no chapter "${name}"; the nearest is ${nearest} (npm run chapter lists them all)`;
}

/** `V0.7`, as the original counts; V1.0 follows V0.9. */
export function version({ id }: Pick<Chapter, "id">): string {
  return `V${(Number(id.slice(1)) / 10).toFixed(1)}`;
}

function names({ id, folder, title }: Chapter): string[] {
  const number = Number(id.slice(1));
  const numbers = [`${number}`, id.slice(1), version({ id }).slice(1)];
  return [...numbers, ...numbers.map((each) => `v${each}`), folder, folder.slice(4), title];
}
