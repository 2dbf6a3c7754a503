/** The reference solutions of the extra exercises: their patches, and the code that results. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { sources } from "../../../chapters/sources.ts";
import type { Extra } from "../../../extras/index.ts";
import { Refusal } from "../command.ts";
import { chapterOf } from "../find.ts";
import { mustBeHere } from "../held-back.ts";
import { lay as layCode, patched, patchFor } from "../patch.ts";
import { root } from "../root.ts";

/** The base with the solution on it, as a chapter is laid out, in the place of an older one. Gives the folder. */
export function lay(extra: Extra): string {
  mustBeHere(`${root}extras/${extra.id}`);
  const patch = patchOf(extra);
  const to = laidIn(extra);
  layCode(to, patched(chapterOf(extra.base), patch, readFileSync(root + patch, "utf8")));
  return to;
}

/** Makes the patch anew from the code that {@link lay} laid. Gives the patch's path. */
export function take(extra: Extra): string {
  const from = laidIn(extra);
  if (!existsSync(from))
    throw new Refusal(`there is no code in ${from}; first: npm run extras -- --lay`);
  const patch = patchOf(extra);
  writeFileSync(root + patch, patchFor(chapterOf(extra.base), sources(from)));
  return patch;
}

function laidIn({ id }: Extra): string {
  return `${root}.cache/extras/${id}`;
}

function patchOf({ id }: Extra): string {
  return `extras/${id}/solution.patch`;
}
