/** What is told of a fault: it is written in docs/faults.md, and only there. */
import { readFileSync } from "node:fs";
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
}

const PAGE = readFileSync(new URL("../../docs/faults.md", import.meta.url), "utf8");
const SECTION =
  /^### (.*)\n\n`(.*?)`;.*\n\n- \*\*.*?\*\* (.*)\n- \*\*.*?\*\* (.*)\n- \*\*.*?\*\* (.*) \((.*?)\)$/gm;
const sections = new Map(
  [...PAGE.matchAll(SECTION)].map(
    ([, title = "", id = "", does = "", breaks = "", ours = "", where = ""]) => [
      id,
      { title, does, breaks, ours, where },
    ],
  ),
);

export function told({ id }: Fault): Told {
  const section = sections.get(id);
  if (section) return section;
  throw new Error(`docs/faults.md does not tell of ${id}: a section like the others`);
}
