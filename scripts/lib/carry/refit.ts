/** Patches on chapters (the mutants, the solutions of exercises) that a change has pulled the ground from under. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  applyPatch,
  FILE_HEADERS_ONLY,
  formatPatch,
  parsePatch,
  type StructuredPatch,
  structuredPatch,
} from "diff";
import { BYTES, merge } from "./git.ts";

/** Texts by their path from the root: `chapters/v05-rename/user.ts`. */
export type Texts = ReadonlyMap<string, string>;

/** The patch as it must read now, or why no machine can tell. */
export type Fit = { readonly patch: string } | { readonly conflict: string };

/**
 * Fits a unified diff, of one file or more, to the files as they are now. One that still applies
 * is left as it is, byte for byte; so is what stands above the first file of one that does not.
 */
export function refit(patch: string, before: Texts, after: Texts): Fit {
  const story = patch.slice(0, /^(diff --git |--- .*\n\+\+\+ )/m.exec(patch)?.index ?? 0);
  let parsed: StructuredPatch[];
  try {
    parsed = parsePatch(patch.slice(story.length));
  } catch (error) {
    return { conflict: `it cannot be read: ${(error as Error).message}` };
  }
  let moved = false;
  const files: StructuredPatch[] = [];
  for (const file of parsed) {
    const path = pathOf(file);
    const [old, now] = [before.get(path), after.get(path)];
    if (old === now || (now !== undefined && applyPatch(now, file) !== false)) {
      files.push(file);
      continue;
    }
    if (old === undefined || now === undefined) return { conflict: `${path} has come or gone` };
    const hunks = refitFile(old, now, file);
    if (typeof hunks === "string") return { conflict: `${path}: ${hunks}` };
    files.push({ ...file, hunks });
    moved = true;
  }
  if (!moved) return { patch };
  return { patch: story + formatPatch(files, FILE_HEADERS_ONLY) };
}

/** The hunks that do to `now` what the patch did to `old`, or why there are none. */
function refitFile(old: string, now: string, file: StructuredPatch) {
  const patched = applyPatch(old, file);
  if (patched === false) return "it did not fit before the change either";
  const labels = { ours: "with the patch", base: "before the change", theirs: "with the change" };
  const merged = merge(patched, old, now, labels);
  if (merged === undefined || merged.conflicts > 0) return "both change the same lines";
  if (merged.text === now) return "the change does what the patch did: nothing is left of it";
  return structuredPatch("", "", now, merged.text, "", "", { context: 3 }).hunks;
}

/** Without the `a/` that git puts before it. */
function pathOf({ oldFileName = "", newFileName = "" }: StructuredPatch): string {
  const name = oldFileName === "/dev/null" ? newFileName : oldFileName;
  return name.replace(/^[ab]\//, "");
}

/** Refits every patch there is, and gives what there is to say of each that no longer applied. */
export function refitAll(root: string, before: Texts, after: Texts, write: boolean) {
  const said: { readonly file: string; readonly conflict?: string }[] = [];
  for (const file of patches(root)) {
    const patch = readFileSync(join(root, file), BYTES);
    const fit = refit(patch, before, after);
    if ("conflict" in fit) said.push({ file, conflict: fit.conflict });
    else if (fit.patch !== patch) {
      if (write) writeFileSync(join(root, file), fit.patch, BYTES);
      said.push({ file });
    }
  }
  return said;
}

function patches(root: string): string[] {
  const list = (folder: string) =>
    existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : [];
  const mutants = list("mutants").filter((file) => file.endsWith(".patch"));
  const extras = list("extras").map((folder) => `extras/${folder}/solution.patch`);
  return [
    ...mutants.map((file) => `mutants/${file}`),
    ...extras.filter((file) => existsSync(join(root, file))),
  ];
}
