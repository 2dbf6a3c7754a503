/** Lays a copy of a chapter with the mutant's fault in it. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { applyPatch, parsePatch } from "diff";
import { root } from "../root.ts";
import { Misshapen, type Mutant } from "./read.ts";

/** The chapter's files, by name, with the fault in them. */
export function mutated({ id, chapter, diff }: Mutant): Map<string, string> {
  const folder = `chapters/${chapter.folder}/`;
  const names = readdirSync(root + folder).filter((file) => file.endsWith(".ts"));
  const files = new Map(names.map((file) => [file, readFileSync(root + folder + file, "utf8")]));
  for (const patch of parse(id, diff)) {
    const path = patch.newFileName ?? "";
    const name = path.replace(folder, "");
    const before = files.get(name);
    if (before === undefined || patch.oldFileName !== path)
      throw new Misshapen(`mutants/${id}.patch changes ${path}, which is no file of ${folder}`);
    const after = applyPatch(before, patch, { fuzzFactor: 0 });
    if (after === false)
      throw new Misshapen(
        `mutants/${id}.patch does not apply to ${path}: the code has changed there, so make the patch anew (docs/mutants.md says how)`,
      );
    files.set(name, after);
  }
  return files;
}

function parse(id: string, diff: string) {
  try {
    return parsePatch(diff);
  } catch (error) {
    throw new Misshapen(`mutants/${id}.patch holds no diff: ${(error as Error).message}`);
  }
}

/** Puts the copy into `.cache/PLACE/ID`, whatever was changed there. Gives that path. */
export function lay(mutant: Mutant, place = "mutants"): string {
  const files = mutated(mutant);
  const path = `.cache/${place}/${mutant.id}`;
  mkdirSync(root + path, { recursive: true });
  for (const name of readdirSync(root + path))
    if (!files.has(name)) rmSync(`${root}${path}/${name}`, { recursive: true });
  for (const [name, text] of files) {
    const file = `${root}${path}/${name}`;
    // What is as it should be is left alone: another process may be reading it just now.
    if (!existsSync(file) || readFileSync(file, "utf8") !== text) writeFileSync(file, text);
  }
  return path;
}
