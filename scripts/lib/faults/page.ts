/** What is made of the pages about faults: the matrix of docs/faults.md as it was observed, and in docs/faults/ the order and the conditions. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { type Fault, GROUPS, type Group, groupOf, MEMORY } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { told } from "../../../test/faults/told.ts";
import { applies } from "../../../test/harness/case.ts";
import { NEEDS, needs } from "../../../test/harness/need.ts";
import { renewMarked } from "../marked.ts";
import { root } from "../root.ts";
import { type Cell, columns } from "./run.ts";
import { outcomeOf, SIGNS } from "./tell.ts";

const docs = `${root}docs/`;
const groups = Object.keys(GROUPS) as Group[];

/** Whether the pages show what was observed; with `mend`, they do from now on. What was not run is taken to hold. */
export function isAsObserved(cells: readonly Cell[], mend = false): boolean {
  const whole = readFileSync(`${docs}faults.md`, "utf8");
  const made = new Map([["faults.md", renewMarked(whole, { faults: () => matrix(cells) })]]);
  for (const group of groups) made.set(`faults/${group}.md`, groupPage(group));
  const stale = [...made].filter(([file, text]) => text !== readIf(docs + file));
  if (mend) for (const [file, text] of stale) writeFileSync(docs + file, text);
  return mend || stale.length === 0;
}

const readIf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
const ofGroup = (group: Group) => faults(0).filter((fault) => groupOf(fault) === group);

function matrix(cells: readonly Cell[]): string {
  const tried = cells.filter(({ outcome }) => outcome !== "skipped");
  const row = (fault: Fault) =>
    `| [${fault.id}](faults/${groupOf(fault)}.md#${anchor(fault)}) | ${marks(tried, fault)} | ${fault.how} |`;
  const head = "| fault | holds in | what happens in ours |\n| --- | --- | --- |";
  const tables = groups.map((group) =>
    [`### [${GROUPS[group]}](faults/${group}.md)\n`, head, ...ofGroup(group).map(row)].join("\n"),
  );
  return tables.join("\n\n");
}

/** From the first chapter to the last that holds, and each that does not. */
function marks(cells: readonly Cell[], fault: Fault): string {
  const there = columns.filter(({ id }) => applies(fault, id));
  const bad = there.filter((each) => !/holds|not run/.test(outcomeOf(cells, fault, each)));
  const [first, last] = [there[0]?.id, there.at(-1)?.id];
  const span = first === last ? `${first}` : `${first} to ${last}`;
  const but = bad.map((each) => `${SIGNS[outcomeOf(cells, fault, each)]} ${each.id}`);
  return [span, ...but].join(", ");
}

/** The heading's own, as GitHub and the site make it. */
function anchor(fault: Fault): string {
  return told(fault)
    .title.toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");
}

function groupPage(group: Group): string {
  const intro = `[What a client can do to a server](../faults.md) says what it means that a fault *holds*, and how these pages
are made. "By hand" means: start a chapter (\`npm run chapter v08\`, or a later one where the fault needs it), and type the
command into another terminal. The commands are for bash, with the \`nc\` of Linux.`;
  return `# ${GROUPS[group]}\n\n${intro}\n\n${ofGroup(group).map(describe).join("\n\n")}\n`;
}

function spanOf({ since, until }: Fault): string {
  if (until === undefined) return `since ${since}`;
  return until === since ? `${since} only` : `${since} to ${until}`;
}

function describe(fault: Fault): string {
  const { title, does, breaks, ours, where, byHand } = told(fault);
  const conditions = [
    `\`${fault.id}\``,
    spanOf(fault),
    ...(fault.wraps ? [`runs the case \`${fault.wraps}\``] : []),
    `at most ${fault.memory ?? MEMORY} MiB`,
    ...needs(fault)
      .filter((need) => need !== "args")
      .map((need) => `needs ${NEEDS[need]}`),
  ];
  return `## ${title}\n\n${conditions.join("; ")}.

- **What a client does.** ${does}
- **What breaks in a naive server.** ${breaks}
- **What ours does.** ${ours} (${where})
- **Try it.** \`npm run faults -- --only "${fault.id}"\`${byHand && `, or by hand: ${byHand}`}`;
}
