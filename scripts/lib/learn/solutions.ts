/** The reference solutions of the extra exercises: their patches, and the code that results. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY, parsePatch } from "diff";
import { chapters } from "../../../chapters/manifest.ts";
import type { Extra } from "../../../extras/index.ts";
import { root } from "../root.ts";

/** Where {@link lay} puts the code, and {@link take} looks for it. */
export function laidIn({ id }: Extra): string {
  return `${root}.cache/extras/${id}`;
}

/** The base with the solution on it, as a chapter is laid out, in the place of an older one. Gives the folder. */
export function lay(extra: Extra): string {
  const to = laidIn(extra);
  const files = solution(extra); // before anything is deleted
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const [file, text] of files) writeFileSync(`${to}/${file}`, text);
  return to;
}

/** Makes the patch anew from the code in {@link laidIn}. Gives the patch's path. */
export function take(extra: Extra): string {
  const from = laidIn(extra);
  if (!existsSync(from)) throw misshapen(`nothing is laid in ${from}`);
  const before = sources(`${root}${base(extra)}`);
  const parts = [...sources(from)]
    .filter(([file, text]) => before.get(file) !== text)
    .map(([file, text]) => {
      const path = `${base(extra)}/${file}`;
      return createTwoFilesPatch(path, path, before.get(file) ?? "", text, undefined, undefined, {
        context: 3,
        headerOptions: FILE_HEADERS_ONLY,
      });
    });
  const patch = `extras/${extra.id}/solution.patch`;
  writeFileSync(root + patch, parts.join(""));
  return patch;
}

/** The files of the base by their names, with the patch applied. Throws when it does not fit. */
function solution(extra: Extra): Map<string, string> {
  const files = sources(`${root}${base(extra)}`);
  const patch = readFileSync(`${root}extras/${extra.id}/solution.patch`, "utf8");
  for (const part of parsePatch(patch)) {
    const file = (part.newFileName ?? "").replace(`${base(extra)}/`, "");
    const text = applyPatch(files.get(file) ?? "", part);
    if (text === false) {
      throw misshapen(`extras/${extra.id}/solution.patch does not fit ${part.newFileName}`);
    }
    files.set(file, text);
  }
  return files;
}

/** Not our code's fault, so one line of words is enough. */
function misshapen(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_EXTRA" });
}

function base(extra: Extra): string {
  return `chapters/${chapters.find(({ id }) => id === extra.base)?.folder}`;
}

function sources(path: string): Map<string, string> {
  const files = readdirSync(path).filter((file) => file.endsWith(".ts"));
  return new Map(files.map((file) => [file, readFileSync(`${path}/${file}`, "utf8")]));
}
