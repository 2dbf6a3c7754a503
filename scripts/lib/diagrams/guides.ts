/** The parts of the guides and of docs/ that are made, not written: pictures, snippets, lists. */
import { existsSync, readdirSync } from "node:fs";
import { distance } from "fastest-levenshtein";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { sources } from "../../../chapters/sources.ts";
import { cases } from "../../../test/cases/index.ts";
import { applies } from "../../../test/harness/case.ts";
import { Refusal } from "../command.ts";
import { renewMarked } from "../marked.ts";
import { mutantTable } from "../mutants/read.ts";
import { root } from "../root.ts";
import { packetScenes } from "./packet-scenes.ts";
import type { Pictures } from "./pictures.ts";
import { clientScenes, scenes } from "./scenarios.ts";

export interface Guide {
  readonly name: string;
  readonly path: string;
  /** Of which chapter; the README and the pages in docs/ are of none. */
  readonly chapter?: Chapter;
}

/** What real runs gave. */
export interface Observed {
  /** By chapter. */
  readonly pictures: ReadonlyMap<string, Pictures>;
  /** What a terminal shows, by talk and number: `v09 2`, `v09/away 2`. */
  readonly screens: ReadonlyMap<string, string>;
  /** What a command prints. */
  readonly printed: ReadonlyMap<string, string>;
}

export function guides(): Guide[] {
  const of = chapters.map((chapter) => ({ name: `chapters/${chapter.folder}/README.md`, chapter }));
  const pages = readdirSync(`${root}docs`).filter((file) => file.endsWith(".md"));
  const others = ["README.md", "CONTRIBUTING.md", ...pages.map((page) => `docs/${page}`)];
  const all = [...of, ...others.map((name) => ({ name }))];
  const there = all.filter(({ name }) => existsSync(root + name));
  return there.map((guide) => ({ ...guide, path: root + guide.name }));
}

/** The commands whose output a guide shows. */
export function commandsOf(text: string): string[] {
  return [...text.matchAll(/<!-- command (.+) -->/g)].map(([, command = ""]) => command);
}

/** The same text with everything in it made anew. */
export function renew(text: string, guide: Guide, observed: Observed): string {
  const make = {
    picture: (what: string) => picture(guide, what, observed),
    cases: (what: string) => caseList(what),
    terminal: (what: string) => terminal(guide, what, observed),
    table: () => mutantTable(),
    command: (what: string) => block(`$ ${what}\n${observed.printed.get(what)}`),
  };
  return renewSnippets(renewMarked(text, make), guide);
}

function block(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

const OTHER_CAPTIONS: Record<string, string> = {
  states:
    "The states of a connection, as they were seen in all these runs; each arrow says what moved it.",
  tasks: "The tasks: who starts whom, what each waits for, what it hands on, and what ends it.",
  phases:
    "The life of a connection, as it was seen in all these runs; each arrow says what moved it, and why it was closed.",
  link: "The states of the client's link, as they were seen in all these runs; each arrow says what moved it.",
  claim:
    "A claim, and a race: mei at node a and lin at node c ask for one name at the same moment. A bucket refuses a change if the last revision is not the one that was looked at.",
  node: "The states of a node, as it sees itself; each arrow says what moved it.",
  neighbour: "The states of another node, as one sees it; each arrow says what moved it.",
  "client-tasks":
    "The client's tasks: who starts whom, what each waits for, what it touches, and what ends it.",
};

function picture(guide: Guide, id: string, { pictures }: Observed): string {
  const chapter = guide.chapter?.id ?? "";
  const mermaid = pictures.get(chapter)?.texts.get(id);
  if (mermaid === undefined) throw new Refusal(`${guide.name}: there is no picture ${id}`);
  const scene = [...scenes, ...clientScenes, ...packetScenes].find(
    (each) => each.id === id && applies(each, chapter),
  );
  return `${scene?.caption ?? OTHER_CAPTIONS[id]}\n\n\`\`\`mermaid\n${mermaid}\n\`\`\``;
}

/** `terminal 2` is of the chapter's main talk, `terminal 2 away` of a further one. */
function terminal({ name, chapter }: Guide, what: string, { screens }: Observed): string {
  const [number = "", further] = what.split(" ");
  const talk = [chapter?.id, further].filter(Boolean).join("/");
  const screen = screens.get(`${talk} ${number}`);
  if (screen === undefined) throw new Refusal(`${name}: nothing happens in terminal ${what}`);
  return block(screen);
}

/** The cases that begin with a chapter, by the clause that they hold; what they hold over another wire is no clause of its own. */
function caseList(since: string): string {
  const clauses = new Map<string, string[]>();
  for (const { id, clause } of cases.filter((each) => each.since === since && !each.wire)) {
    clauses.set(clause, [...(clauses.get(clause) ?? []), `\`${id}\``]);
  }
  const rows = [...clauses].map(
    ([clause, ids]) => `| ${clause.replaceAll("|", "\\|")} | ${ids.join(", ")} |`,
  );
  return ["| clause | held by |", "|---|---|", ...rows].join("\n");
}

/** What share of a snippet may have changed for it to be the same one. */
const MOST_CHANGED = 0.4;
/** What may stand behind `ts`, in braces, says to the site which lines to mark. */
const SNIPPET = /^( *)```ts( \{[\d,-]+\})?\n(.*?)^ *```$/gms;

/**
 * A snippet stands in the code word for word, or it is taken anew. A guide's code is its chapter's,
 * the other pages' is that of any chapter.
 */
function renewSnippets(text: string, { name, chapter }: Guide): string {
  const texts = (chapter ? [chapter] : chapters.toReversed()).flatMap(sourcesOf);
  return text.replace(SNIPPET, (same, indent: string, lit = "", code: string) => {
    const lines = code
      .trimEnd()
      .split("\n")
      .map((line) => line.slice(indent.length));
    if (texts.some((source) => source.includes(`${lines.join("\n")}\n`))) return same;
    const now = nearest(lines, texts);
    if (now === undefined)
      throw new Refusal(`${name}: this is not in the code: ${lines[0]?.trim()}`);
    const fresh = now.map((line) => (line ? indent + line : line));
    return `${indent}\`\`\`ts${lit}\n${fresh.join("\n")}\n${indent}\`\`\``;
  });
}

function sourcesOf({ folder }: Chapter): string[] {
  return [...sources(`${root}chapters/${folder}`).values()];
}

/** As many lines, from the place that is most like it; none if nothing is like it. */
function nearest(lines: readonly string[], texts: readonly string[]): string[] | undefined {
  const wanted = lines.join("\n");
  let best: string[] | undefined;
  let least = wanted.length * MOST_CHANGED;
  for (const source of texts) {
    const all = source.split("\n");
    for (let at = 0; at + lines.length <= all.length; at++) {
      const found = all.slice(at, at + lines.length);
      const far = distance(wanted, found.join("\n"));
      if (far < least) [best, least] = [found, far];
    }
  }
  return best;
}
