/** The parts of docs/faults.md that are made: the matrix as it was observed, the order, and the conditions of each fault. */
import { readFileSync, writeFileSync } from "node:fs";
import { type Fault, GROUPS, groupOf, MEMORY } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { told } from "../../../test/faults/told.ts";
import { NEEDS, needs } from "../../../test/harness/need.ts";
import { renewMarked } from "../marked.ts";
import { root } from "../root.ts";
import { type Cell, columns } from "./run.ts";
import { outcomeOf, SIGNS } from "./tell.ts";

const path = `${root}docs/faults.md`;

/** Whether the page shows what was observed; with `mend`, it does from now on. What was not run is taken to hold. */
export function isAsObserved(cells: readonly Cell[], mend = false): boolean {
  const text = readFileSync(path, "utf8");
  const now = renewMarked(text, {
    faults: (what) => (what === "matrix" ? matrix(cells) : described()),
  });
  if (mend) writeFileSync(path, now);
  return mend || now === text;
}

function matrix(cells: readonly Cell[]): string {
  const head = ["fault", ...columns.map(({ id }) => id), "how ours gets out of it"];
  const tried = cells.filter(({ outcome }) => outcome !== "skipped");
  const rows = faults(0).map((fault) => {
    const signs = columns.map((chapter) => {
      const outcome = outcomeOf(tried, fault, chapter);
      return SIGNS[outcome === "not run" ? "holds" : outcome];
    });
    return [`[${fault.id}](#${anchor(fault)})`, ...signs, fault.how];
  });
  const rule = head.map((_, i) => (i === 0 || i === head.length - 1 ? "---" : ":-:"));
  return [head, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** The heading's own, as GitHub and the site make it. */
function anchor(fault: Fault): string {
  return told(fault)
    .title.toLowerCase()
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

function spanOf({ since, until }: Fault): string {
  if (until === undefined) return `since ${since}`;
  return until === since ? `${since} only` : `${since} to ${until}`;
}

function describe(fault: Fault): string {
  const { title, does, breaks, ours, where } = told(fault);
  const conditions = [
    `\`${fault.id}\``,
    spanOf(fault),
    ...(fault.wraps ? [`runs the case \`${fault.wraps}\``] : []),
    `at most ${fault.memory ?? MEMORY} MiB`,
    ...needs(fault)
      .filter((need) => need !== "args")
      .map((need) => `needs ${NEEDS[need]}`),
  ];
  return `### ${title}\n\n${conditions.join("; ")}.

- **What a client does.** ${does}
- **What breaks in a naive server.** ${breaks}
- **What ours does.** ${ours} (${where})`;
}
