/** `npm run matrix`: every chapter against every chapter's cases, and that what is new is red before. */
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { cases } from "../test/cases/index.ts";
import { patience } from "../test/harness/client.ts";
import { runCases, type Verdict } from "../test/harness/run.ts";
import { chapter as targetOf } from "../test/harness/target.ts";
import { command } from "./lib/command.ts";

const PATIENCE_MS = 3000; // what a chapter does not do yet is waited for in vain
const JOBS = 4;

const help = `npm run matrix    runs every chapter against the cases of every chapter; takes minutes
  --neighbours    only run new cases against the chapter before (off)`;

/** The chapters that bring cases; the others have nothing new that can be seen from outside. */
const columns = chapters.filter(({ id }) => cases.some(({ since }) => since === id));
/** v09's server is v08's. */
const servers = chapters.filter(({ id }) => id <= (columns.at(-1)?.id ?? ""));
const wrong: string[] = [];
const usual = patience.ms;

await command(
  { command: "npm run matrix", help, options: { neighbours: { type: "boolean" } } },
  async ({ neighbours = false }) => {
    const which = neighbours ? "; only what the chapter before makes of them" : "";
    console.log(`passed, of a chapter's own cases${which}`);
    console.log(["server ", ...columns.map(({ id }) => id.padStart(8))].join(""));
    for (const chapter of servers) {
      const cells: string[] = [];
      for (const column of columns) cells.push(await cell(chapter, column, neighbours));
      console.log([chapter.id.padEnd(7), ...cells.map((text) => text.padStart(8))].join(""));
    }
    for (const line of wrong) console.error(line);
    process.exitCode = wrong.length > 0 ? 1 : 0;
  },
);

async function cell(server: Chapter, { id }: Chapter, only: boolean): Promise<string> {
  const own = cases.filter(
    ({ since, until = "v99" }) => since === id && (server.id < since || server.id <= until),
  );
  const later = server.id < id;
  const neighbour = later && before(id) === server;
  if (only && !neighbour) return "";
  // It would not even start with options that it does not know yet.
  const target = { ...targetOf(server), knows: server.id };
  const tried = later ? own.map(({ args: _, ...test }) => test) : own;
  const verdicts: Verdict[] = [];
  for (const expected of ["red", "green"]) {
    patience.ms = expected === "red" ? PATIENCE_MS : usual;
    const those = tried.filter((test) => (later && !test.already) === (expected === "red"));
    const chapter = id < server.id ? server.id : id;
    const run = { chapter, target, jobs: JOBS, all: true };
    verdicts.push(...(await runCases({ ...run, cases: those })));
  }
  if (neighbour) wrong.push(...verdicts.flatMap((verdict) => notAsExpected(server, verdict)));
  if (!later) wrong.push(...verdicts.flatMap((verdict) => red(server, verdict)));
  const reached = verdicts.filter(({ outcome }) => outcome !== "not reached");
  return `${reached.filter(({ outcome }) => outcome === "pass").length}/${reached.length}`;
}

function before(id: string): Chapter | undefined {
  return chapters[chapters.findIndex((chapter) => chapter.id === id) - 1];
}

/** A new case is red on the chapter before, at an assertion; or it says why it is not. */
function notAsExpected({ id }: Chapter, { test, outcome, kind, why }: Verdict): string[] {
  if (outcome === "not reached") return [];
  const passes = outcome === "pass";
  if (passes && test.already === undefined)
    return [`${test.id} passes on ${id} already, and does not say why`];
  if (!passes && test.already !== undefined)
    return [`${test.id} is said to pass on ${id} already, and does not: ${why}`];
  if (!passes && kind !== "mismatch") return [`${test.id} fails on ${id} at no assertion: ${why}`];
  return [];
}

function red({ id }: Chapter, { test, outcome, why }: Verdict): string[] {
  return outcome === "pass" || outcome === "not reached"
    ? []
    : [`${test.id} fails on ${id}: ${why}`];
}
