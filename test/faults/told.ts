/** What is told of a fault: it is written in docs/faults/, a page for each group, and only there. */
import { readdirSync, readFileSync } from "node:fs";
import type { Fault } from "./fault.ts";

export interface Told {
  readonly title: string;
  /** What a client does. */
  readonly does: string;
  /** What breaks in a naive server. */
  readonly breaks: string;
  /** What ours does. */
  readonly ours: string;
  /** Where: files of a chapter, and words of their code that a reader should look for. */
  readonly where: string;
  /** How to do it by hand, if that can be typed. */
  readonly byHand: string;
}

const PAGES = new URL("../../docs/faults/", import.meta.url);
const TEXT = readdirSync(PAGES)
  .map((file) => readFileSync(new URL(file, PAGES), "utf8"))
  .join("\n");
const SECTION =
  /^## (.*)\n\n`(.*?)`;.*\n\n- \*\*.*?\*\* (.*)\n- \*\*.*?\*\* (.*)\n- \*\*.*?\*\* (.*) \((.*?)\)(?:\n- \*\*.*?\*\* `.*?`(?:, or by hand: (.*))?)?$/gm;
const sections = new Map(
  [...TEXT.matchAll(SECTION)].map(
    ([, title = "", id = "", does = "", breaks = "", ours = "", where = "", byHand = ""]) => [
      id,
      { title, does, breaks, ours, where, byHand },
    ],
  ),
);

export function told({ id }: Fault): Told {
  const section = sections.get(id);
  if (section) return section;
  throw new Error(`no page of docs/faults/ tells of ${id}: a section like the others`);
}
