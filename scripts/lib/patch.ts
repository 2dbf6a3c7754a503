/** Patches on the code of a chapter: the fault of a mutant, the solution of an exercise. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY, parsePatch } from "diff";
import type { Chapter } from "../../chapters/manifest.ts";
import { sources } from "../../chapters/sources.ts";
import { Refusal } from "./command.ts";
import { root } from "./root.ts";

/** The chapter's files by name, with the patch applied; `name` is the patch's own, for a {@link Refusal}. */
export function patched({ folder }: Chapter, name: string, patch: string): Map<string, string> {
  const base = `chapters/${folder}/`;
  const files = sources(root + base);
  for (const part of parse(name, patch)) {
    const path = part.newFileName ?? "";
    const file = path.replace(base, "");
    if (file === path) throw new Refusal(`${name} changes ${path}, which is no file of ${base}`);
    const text = applyPatch(files.get(file) ?? "", part);
    if (text === false)
      throw new Refusal(
        `${name} does not apply to ${path}: the code has changed there, so make the patch anew (docs/mutants.md and npm run extras -- --help say how)`,
      );
    files.set(file, text);
  }
  return files;
}

/** The patch that makes these files of the chapter's own. */
export function patchFor({ folder }: Chapter, files: ReadonlyMap<string, string>): string {
  const before = sources(`${root}chapters/${folder}`);
  const parts = [...files].map(([file, text]) => {
    const path = `chapters/${folder}/${file}`;
    const old = before.get(file) ?? "";
    if (old === text) return "";
    const options = { context: 3, headerOptions: FILE_HEADERS_ONLY };
    return createTwoFilesPatch(path, path, old, text, undefined, undefined, options);
  });
  return parts.join("");
}

/** Makes the folder hold this code, and no other. */
export function lay(folder: string, files: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  const there = sources(folder);
  for (const file of there.keys()) if (!files.has(file)) rmSync(`${folder}/${file}`);
  for (const [file, text] of files) {
    if (there.get(file) === text) continue; // another process may be reading it just now
    mkdirSync(dirname(`${folder}/${file}`), { recursive: true });
    writeFileSync(`${folder}/${file}`, text);
  }
}

function parse(name: string, patch: string) {
  try {
    return parsePatch(patch);
  } catch (error) {
    throw new Refusal(`${name} holds no diff: ${(error as Error).message}`);
  }
}
