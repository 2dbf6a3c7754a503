/** The parts of the guides and of docs/ that are made, not written: pictures, snippets, lists of cases. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Chapter, chapters } from "../../chapters/manifest.ts";
import { cases } from "../../test/cases/index.ts";
import type { Pictures } from "../diagrams.ts";
import { scenes } from "./scenarios.ts";

/** Something that a guide asks for and the code does not give: said in one line. */
export class Unfit extends Error {}

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Guide {
  readonly name: string;
  readonly path: string;
  /** Of which chapter; the pages in docs/ are of none. */
  readonly chapter?: Chapter;
}

export function guides(): Guide[] {
  const of = chapters.map((chapter) => ({ name: `chapters/${chapter.folder}/README.md`, chapter }));
  const pages = readdirSync(`${root}docs`).filter((file) => file.endsWith(".md"));
  const all = [...of, ...pages.map((page) => ({ name: `docs/${page}` }))];
  const there = all.filter(({ name }) => existsSync(root + name));
  return there.map((guide) => ({ ...guide, path: root + guide.name }));
}

/** The same text with everything in it made anew. */
export function renew(text: string, guide: Guide, pictures: ReadonlyMap<string, Pictures>): string {
  const { chapter } = guide;
  const blocks = text.replace(
    /<!-- (picture|cases|terminal) (\S+) -->\n.*?<!-- \/\1 -->/gs,
    (_, kind: string, what: string) => {
      const made =
        kind === "cases"
          ? caseList(what)
          : kind === "picture"
            ? picture(guide, what, pictures)
            : transcript(guide, what, pictures);
      return `<!-- ${kind} ${what} -->\n\n${made}\n\n<!-- /${kind} -->`;
    },
  );
  return chapter ? renewSnippets(blocks, guide, chapter) : blocks;
}

const OTHER_CAPTIONS: Record<string, string> = {
  states:
    "The states of a connection, as they were seen in all these runs; each arrow says what moved it.",
  tasks: "The tasks: who starts whom, what each waits for, what it hands on, and what ends it.",
};

function picture(guide: Guide, id: string, pictures: ReadonlyMap<string, Pictures>): string {
  const chapter = guide.chapter?.id ?? "";
  const mermaid = pictures.get(chapter)?.texts.get(id);
  if (mermaid === undefined) throw new Unfit(`${guide.name}: there is no picture ${id}`);
  const scene = scenes.find(
    (scene) => scene.id === id && scene.since <= chapter && chapter <= (scene.until ?? "v99"),
  );
  return `${scene?.caption ?? OTHER_CAPTIONS[id]}\n\n\`\`\`mermaid\n${mermaid}\n\`\`\``;
}

function transcript(
  guide: Guide,
  terminal: string,
  pictures: ReadonlyMap<string, Pictures>,
): string {
  const shown = pictures.get(guide.chapter?.id ?? "")?.terminals.get(Number(terminal));
  if (shown === undefined)
    throw new Unfit(`${guide.name}: nothing happens in terminal ${terminal}`);
  return `\`\`\`text\n${shown}\n\`\`\``;
}

/** The cases that begin with a chapter, by the clause that they hold. */
function caseList(since: string): string {
  const clauses = new Map<string, string[]>();
  for (const { id, clause } of cases.filter((each) => each.since === since)) {
    clauses.set(clause, [...(clauses.get(clause) ?? []), `\`${id}\``]);
  }
  const rows = [...clauses].map(
    ([clause, ids]) => `| ${clause.replaceAll("|", "\\|")} | ${ids.join(", ")} |`,
  );
  return ["| clause | held by |", "|---|---|", ...rows].join("\n");
}

/**
 * A snippet stands in the chapter's code word for word, or it is taken anew: as many lines as it
 * had, from where its first line stands now.
 */
function renewSnippets(text: string, { name }: Guide, chapter: Chapter): string {
  const folder = `${root}chapters/${chapter.folder}`;
  const sources = readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(`${folder}/${file}`, "utf8"));
  return text.replace(/^( *)```ts\n(.*?)^ *```$/gms, (block, indent: string, code: string) => {
    const lines = code
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(indent.length));
    if (sources.some((source) => source.includes(`${lines.join("\n")}\n`))) return block;
    const [first = ""] = lines;
    const source = sources.find((source) => source.split("\n").includes(first));
    if (source === undefined) throw new Unfit(`${name}: this is not in the code: ${first.trim()}`);
    const all = source.split("\n");
    const at = all.indexOf(first);
    const now = all.slice(at, at + lines.length).map((line) => (line ? indent + line : line));
    return `${indent}\`\`\`ts\n${now.join("\n")}\n${indent}\`\`\``;
  });
}
