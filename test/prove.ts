/** Holds one chapter against the cases that apply to it: those of its own and of all before it. */
import { fileURLToPath } from "node:url";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { sources } from "../chapters/sources.ts";
import { cases } from "./cases/index.ts";
import { applies, type Case } from "./harness/case.ts";
import { brief, holdAll } from "./harness/hold.ts";
import { prove } from "./harness/run.ts";
import { chapter as targetOf } from "./harness/target.ts";

export function proveChapter(id: string): void {
  const chapter = chapters.find((chapter) => chapter.id === id);
  if (!chapter) throw new Error(`no chapter ${id} in chapters/manifest.ts`);
  const target = targetOf(chapter);
  holdAll(chapter.folder, target, chosen(chapter, brief), (each) => prove(id, target, each));
}

/**
 * What a run proves of a chapter: everything, but nothing that was proved of a chapter before with the same server.
 * A brief one leaves to the newest server what is not the chapter's own, and asks nothing twice over another wire.
 */
export function chosen(chapter: Chapter, brief: boolean): Case[] {
  const spoken = cases.filter(({ wire }) => !(brief && wire));
  const all = spoken.filter((each) => applies(each, chapter.id));
  const twin = chapters.find((each) => holds(chapter, each)) as Chapter; // itself, at the latest
  const later = chapters.slice(chapters.indexOf(chapter));
  if (twin !== chapter) return all.filter(({ since }) => since > twin.id);
  if (!brief || later.every((each) => holds(each, chapter))) return all;
  const own = all.at(-1)?.since; // of a refactor: what was promised last, since that is its promise, too
  return all.filter(({ since }) => since === own);
}

/** Whether all code of one chapter is in another, too, unchanged. */
function holds(chapter: Chapter, other: Chapter): boolean {
  const code = codeOf(chapter);
  return [...codeOf(other)].every(([file, text]) => code.get(file) === text);
}

function codeOf({ folder }: Chapter): Map<string, string> {
  return sources(fileURLToPath(new URL(`../chapters/${folder}`, import.meta.url)));
}
