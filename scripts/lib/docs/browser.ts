/** What runs in the reader's browser: plain JavaScript, each file by itself. */
import { readFileSync } from "node:fs";

const FILES = ["lines.js", "search.js"];

export function browserScripts(): string {
  const texts = FILES.map((file) =>
    readFileSync(new URL(`browser/${file}`, import.meta.url), "utf8"),
  );
  return texts.map((text) => `(() => {\n${text}})();\n`).join("");
}
