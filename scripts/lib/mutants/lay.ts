/** Lays a copy of a chapter with the mutant's fault in it. */
import { lay as layCode, patched } from "../patch.ts";
import { root } from "../root.ts";
import type { Mutant } from "./read.ts";

/** The chapter's files, by name, with the fault in them. */
export function mutated({ id, chapter, diff }: Mutant): Map<string, string> {
  return patched(chapter, `mutants/${id}.patch`, diff);
}

/** Puts the copy into `.cache/PLACE/ID`, whatever was changed there. Gives that path. */
export function lay(mutant: Mutant, place = "mutants"): string {
  const path = `.cache/${place}/${mutant.id}`;
  layCode(root + path, mutated(mutant));
  return path;
}
