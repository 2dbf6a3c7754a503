/** The step from one chapter to another as HTML, words marked. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import diff2html from "diff2html";
import type { Chapter } from "../../../chapters/manifest.ts";
import { compare, type FileDiff, unified } from "../compare.ts";
import { version } from "../find.ts";

const require = createRequire(import.meta.url);
const bundle = (file: string) =>
  readFileSync(require.resolve(`diff2html/bundles/${file}`), "utf8").replace(/^.*@charset.*?;/, "");

/** diff2html's own and the colours of the code; they follow the reader's choice of light or dark. */
export const diffStyle = () => `${bundle("css/diff2html.min.css")}
.d2h-file-header { display: none }
.hljs-comment { color: light-dark(#6a737d, #8b949e) }
.hljs-keyword, .hljs-type { color: light-dark(#b3202c, #ff7b72) }
.hljs-string, .hljs-regexp { color: light-dark(#0a4f9e, #a5d6ff) }
.hljs-number, .hljs-literal, .hljs-built_in { color: light-dark(#0550ae, #79c0ff) }
.hljs-title { color: light-dark(#6f42c1, #d2a8ff) }`;

/** Colours the code of every diff on the page, once it is loaded. */
export const diffScript = () =>
  `${bundle("js/diff2html-ui-slim.min.js")}
   for (const diff of document.querySelectorAll(".diff"))
     new Diff2HtmlUI(diff, undefined, { highlight: true }).highlightCode();`;

/** The diff of one file. */
export function diffHtml(diff: FileDiff, from: Chapter, to: Chapter): string {
  const body = diff2html.html(unified(diff, from.folder, to.folder), {
    outputFormat: "line-by-line",
    drawFileList: false,
    matching: "words",
    colorScheme: "auto" as never, // its enum, which is not exported from its root
  });
  return `<div class="diff">${body}</div>`;
}

/** A whole page that needs nothing else. */
export function diffPage(from: Chapter, to: Chapter): string {
  const title = `${version(from)} → ${version(to)} ${to.title}`;
  const files = compare(from, to).map(
    (diff) => `<h2>${diff.file}</h2><p>${prose(diff.why ?? "")}</p>${diffHtml(diff, from, to)}`,
  );
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${diffStyle()}
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
</style>
<h1>${title}</h1>
${files.join("\n")}
<script>${diffScript()}</script>
</html>
`;
}

/** A sentence of the manifest's, its `code` marked. */
export const prose = (text: string) =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replace(/`(.*?)`/g, "<code>$1</code>");
