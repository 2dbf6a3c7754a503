/** Lays the next chapter, as a copy of the last one with everything still to be written. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { sources } from "../../../chapters/sources.ts";
import { Refusal } from "../command.ts";
import { find } from "../find.ts";
import { cases, guide } from "./texts.ts";

const CAP = 30;

type Written = [file: string, text: string];

/** Lays the chapter, and gives what there is to say. Throws a {@link Refusal}, with nothing written. */
export function newChapter(root: string, name: string, course = chapters): string[] {
  const chapter = named(name, course);
  const last = course.at(-1) as Chapter;
  const writes = new Map([...made(root, chapter, last), ...entered(root, chapter, last)]);
  for (const [file, text] of writes) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return told(chapter, last);
}

/** The files that are new. */
function made(root: string, chapter: Chapter, last: Chapter): Written[] {
  const { id, folder } = chapter;
  const [from, to] = [`chapters/${last.folder}`, `chapters/${folder}`];
  const own = [to, `test/cases/${id}.ts`, `test/chapters/${id}.test.ts`];
  const taken = own.find((path) => existsSync(join(root, path)));
  if (taken !== undefined) throw new Refusal(`${taken} is there already`);
  const proof = `import { proveChapter } from "../prove.ts";\n\nproveChapter("${id}");\n`;
  return [
    ...[...sources(join(root, from))].map(([file, text]): Written => [`${to}/${file}`, text]),
    [`${to}/README.md`, guide(chapter, last)],
    [`test/cases/${id}.ts`, cases(id)],
    [`test/chapters/${id}.test.ts`, proof],
  ];
}

/** The files that list the chapters, with this one. */
function entered(root: string, chapter: Chapter, last: Chapter): Written[] {
  const edits: Record<string, (text: string) => string | undefined> = {
    "chapters/manifest.ts": (text) => inManifest(text, chapter),
    "test/cases/index.ts": (text) => inIndex(text, chapter.id),
    "README.md": (text) => inTable(text, chapter, last),
    [`chapters/${last.folder}/README.md`]: (text) => linked(text, chapter),
  };
  return Object.entries(edits).map(([file, edit]) => {
    const text = edit(readFileSync(join(root, file), "utf8"));
    if (text === undefined) throw new Refusal(`${file} has no place for it where it used to be`);
    return [file, text];
  });
}

function named(name: string, course: readonly Chapter[]): Chapter {
  const [, number = "", words = ""] = /^v(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)$/.exec(name) ?? [];
  const next = `v${`${course.length + 1}`.padStart(2, "0")}`;
  if (words === "")
    throw new Refusal(`"${name}" is no folder of a chapter: lower-case words, ${next}-web-socket`);
  if (`v${number}` !== next) throw new Refusal(`the next chapter is ${next}, not v${number}`);
  const title = words.replaceAll("-", " ");
  const other = find(words, course) ?? find(title, course);
  if (other) throw new Refusal(`"${words}" means ${other.id} already: take another name`);
  return { id: next, folder: name, title, adds: "…", original: "none", changes: {}, cap: CAP };
}

function inManifest(text: string, { id, folder, title, adds, original, cap }: Chapter) {
  const fields = Object.entries({ id, folder, title, adds, original });
  const lines = fields.map(([key, value]) => `    ${key}: ${JSON.stringify(value)},\n`);
  const entry = `  {\n${lines.join("")}    changes: {},\n    cap: ${cap},\n  },\n`;
  return text.endsWith("\n];\n") ? text.replace(/\];\n$/, `${entry}];\n`) : undefined;
}

/** One name a line: on a single one, they are more than the formatter allows. */
function inIndex(text: string, id: string): string | undefined {
  const parts = /^(.*?;\n)\n(const all = \[)([^\]]*)\];\n(.*)$/s.exec(text);
  if (!parts) return undefined;
  const [, imports, declared, list = "", rest] = parts;
  const names = [...(list.match(/\w+/g) ?? []), id].map((each) => `  ...${each},\n`);
  return `${imports}import { ${id} } from "./${id}.ts";\n\n${declared}\n${names.join("")}];\n${rest}`;
}

function inTable(text: string, { id, folder, title, adds }: Chapter, last: Chapter) {
  const lines = text.split("\n");
  const at = lines.findIndex((line) => line.startsWith(`| [${last.id} `));
  if (at === -1) return undefined;
  lines.splice(at + 1, 0, `| [${id} ${title}](chapters/${folder}/README.md) | ${adds} |`);
  return lines.join("\n");
}

/** The last line of a guide leads to its neighbours. */
function linked(text: string, { id, folder }: Chapter): string | undefined {
  const link = `[${id}](../${folder}/README.md)`;
  return /\n\[[^\n]*\)\n$/.test(text) ? text.replace(/\n$/, ` · ${link}\n`) : undefined;
}

function told({ id, folder }: Chapter, last: Chapter): string[] {
  return [
    `chapters/${folder}: the code of ${last.id}, and a guide whose sections are to be written`,
    `chapters/manifest.ts, test/cases/index.ts, README.md and the guide of ${last.id} know of it`,
    "",
    "next:",
    `  1. chapters/manifest.ts: what ${id} adds, in place of the "…"; README.md the same`,
    `  2. test/cases/${id}.ts: what it promises, as a case; until then one is red: npm test ${id} -- -t ${id}/`,
    `  3. chapters/${folder}: make the case green; npm run steps says what the manifest must name`,
    `  4. chapters/${folder}/README.md: the guide; npm run diagrams fills its markers`,
    `  5. docs/protocol.md: what goes over the wire from ${id} on; its list of cases, in the appendix`,
  ];
}
