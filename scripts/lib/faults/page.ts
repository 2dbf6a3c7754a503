/** The parts of docs/faults.md that are made: the matrix as it was observed, and what is told of each fault. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Fault, GROUPS, groupOf } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { applies } from "../../../test/harness/case.ts";
import { NEEDS, needs } from "../../../test/harness/need.ts";
import { renewMarked } from "../marked.ts";
import { root } from "../root.ts";
import { type Cell, columns } from "./run.ts";
import { SIGNS } from "./tell.ts";

const path = `${root}docs/faults.md`;

/** Whether the page shows what was observed; what was not run is taken to hold. */
export function isAsWritten(cells: readonly Cell[]): boolean {
  const text = readFileSync(path, "utf8");
  return renew(text, cells) === text;
}

export function rewrite(cells: readonly Cell[]): void {
  writeFileSync(path, renew(readFileSync(path, "utf8"), cells));
}

function renew(text: string, cells: readonly Cell[]): string {
  return renewMarked(text, {
    faults: (what) => (what === "matrix" ? matrix(cells) : described()),
  });
}

function matrix(cells: readonly Cell[]): string {
  const head = ["fault", ...columns.map(({ id }) => id), "how ours gets out of it"];
  const rows = faults(0).map((fault) => {
    const signs = columns.map(({ id }) => {
      const cell = cells.find((each) => each.fault.id === fault.id && each.chapter === id);
      if (!applies(fault, id)) return SIGNS["n/a"];
      return cell?.outcome === "fails" ? SIGNS.fails : SIGNS.holds;
    });
    return [`[${fault.id}](#${anchor(fault)})`, ...signs, fault.how];
  });
  const rule = head.map((_, i) => (i === 0 || i === head.length - 1 ? "---" : ":-:"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The heading's own, as GitHub and the site make it. */
function anchor({ title }: Fault): string {
  return title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

function described(): string {
  const all = faults(0);
  return Object.entries(GROUPS)
    .flatMap(([group, title]) => [
      `## ${title}`,
      ...all.filter((fault) => groupOf(fault) === group).map(describe),
    ])
    .join("\n\n");
}

function describe(fault: Fault): string {
  const title = fault.title.charAt(0).toUpperCase() + fault.title.slice(1);
  const conditions = [
    `\`${fault.id}\``,
    fault.until ? `${fault.since} only` : `since ${fault.since}`,
    ...(fault.wraps ? [`runs the case \`${fault.wraps}\``] : []),
    `at most ${fault.memory} MiB`,
    ...needs(fault)
      .filter((need) => need !== "args")
      .map((need) => `needs ${NEEDS[need]}`),
  ];
  return `### ${title}\n\n${conditions.join("; ")}.

- **What a client does.** ${fault.does}
- **What breaks in a naive server.** ${fault.breaks}
- **What ours does.** ${fault.ours} (${places(fault)})`;
}

/** `lines.ts`: `readLines`, `decode` */
function places({ where }: Fault): string {
  const files = new Map<string, string[]>();
  for (const [file = "", word] of where.map((each) => each.split(" ")))
    files.set(file, [...(files.get(file) ?? []), `\`${word}\``]);
  return [...files].map(([file, words]) => `\`${file}\`: ${words.join(", ")}`).join("; ");
}
