/** Chapters by whatever a learner may call them. */
import { distance } from "fastest-levenshtein";
import { type Chapter, chapters } from "../chapters/manifest.ts";

/** `v07`, `7`, `v7`, `07`, `0.7`, `v0.7`, the folder's name or the title. */
export function find(name: string): Chapter | undefined {
  return chapters.find((chapter) => names(chapter).includes(name.toLowerCase()));
}

/** What to say when there is none. */
export function unknown(name: string): string {
  const far = (chapter: Chapter) => Math.min(...names(chapter).map((each) => distance(each, name)));
  const nearest = chapters.toSorted((a, b) => far(a) - far(b))[0]?.id;
  return `no chapter "${name}"; the nearest is ${nearest} (npm run chapter lists them all)`;
}

/** `V0.7`, as the original counts. */
export function version({ id }: Chapter): string {
  return `V0.${Number(id.slice(1))}`;
}

function names({ id, folder, title }: Chapter): string[] {
  const number = Number(id.slice(1));
  const numbers = [`${number}`, `0${number}`, `0.${number}`];
  return [...numbers, ...numbers.map((each) => `v${each}`), folder, folder.slice(4), title];
}
