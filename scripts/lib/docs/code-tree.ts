/** The files of a chapter, as a tree of links. */
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { version } from "../find.ts";
import { type CodeFile, codeOf } from "./code.ts";

/** Links to code begin with `code:`, until it is known how deep the page lies that they stand on. */
export const fileLink = (chapter: Chapter, file: string) => `code:${chapter.folder}/${file}`;

/** Folders come first; the file that is shown is no link. */
export function tree(chapter: Chapter, shown: string): string {
  const list = branch(codeOf(chapter), "", shown);
  return `<nav class="files" aria-label="The files of ${version(chapter)}">${list}</nav>`;
}

/** Of the files whose paths begin with `folder`: `client/`, or nothing. */
function branch(files: readonly CodeFile[], folder: string, shown: string): string {
  const rests = files.map(({ file }) => file.slice(folder.length));
  const folders = new Set(rests.flatMap((rest) => /^[^/]+\//.exec(rest) ?? []));
  const inner = [...folders].map((name) => {
    const within = files.filter(({ file }) => file.startsWith(folder + name));
    return `<li>${name}${branch(within, folder + name, shown)}</li>`;
  });
  const own = files.filter((_, i) => !rests[i]?.includes("/"));
  const leaves = own.map((code) => `<li>${leaf(code, code.file.slice(folder.length), shown)}</li>`);
  return `<ul>${[...inner, ...leaves].join("")}</ul>`;
}

function leaf(code: CodeFile, name: string, shown: string): string {
  const { chapter, file } = code;
  const state = stateOf(code);
  const sign = state ? ` <small class="mark-${state}">${state}</small>` : "";
  return file === shown
    ? `<b aria-current="page">${name}</b>${sign}`
    : `<a href="${fileLink(chapter, file)}">${name}</a>${sign}`;
}

function stateOf({ chapter, isNew, marks, removed }: CodeFile): string {
  if (chapter === chapters[0]) return ""; // there, all is new
  if (isNew) return "new";
  return removed > 0 || marks.some((mark) => mark !== "same") ? "changed" : "";
}
