/** `npm run check v05`: holds a learner's server, in any language, against a chapter's cases. */
import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { styleText } from "node:util";
import { distance } from "fastest-levenshtein";
import type { Case } from "../test/harness/case.ts";
import { patience } from "../test/harness/client.ts";
import { isFailure, runCases, type Verdict } from "../test/harness/run.ts";
import { folder, program, running, type Target } from "../test/harness/target.ts";
import { learnWords } from "./lib/check/phrasebook.ts";
import { json, junit, points } from "./lib/check/report.ts";
import { clientTests } from "./lib/learn/client.ts";
import { passed } from "./lib/learn/progress.ts";
import { begun, type Subject, subject } from "./lib/learn/subject.ts";
import { fail, options } from "./lib/options.ts";

const HELP = `npm run check v05                    your server in exercises/v05 (npm run exercise v05 makes it)
npm run check v05 -- --cmd "python3 server.py {port} {args}"
                                     a server in any language: it is started for each case, with a
                                     port of its own; {args} are options such as --idle-timeout 3
npm run check v05 -- --connect HOST:PORT
                                     a server that runs already, and that nobody else is using
  --all            go on after the first failure
  --case ID        this case only; may be given more than once
  --lenient        the server may word its sentences differently, in any language
  --patience S     wait so many seconds for a line before it is missed (10)
  --jobs N         so many cases at once (${jobsHere()}; one with --connect)
  --json           the verdicts as JSON on stdout, and nothing else
  --junit FILE     the verdicts as JUnit's XML`;

function jobsHere(): number {
  return Math.min(4, availableParallelism());
}

const { values, positionals } = options("npm run check v05", {
  allowPositionals: true,
  options: {
    cmd: { type: "string" },
    connect: { type: "string" },
    all: { type: "boolean", default: false },
    case: { type: "string", multiple: true, default: [] },
    lenient: { type: "boolean", default: false },
    patience: { type: "string", default: "10" },
    jobs: { type: "string" },
    json: { type: "boolean", default: false },
    junit: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
process.on("SIGINT", () => process.exit(130)); // and the servers end with us
if (values.help) console.log(HELP);
else
  await check(
    await subject(positionals[0] ?? fail("which chapter? For example: npm run check v05")),
  );

async function check(what: Subject): Promise<void> {
  patience.ms = wholeNumber("patience", values.patience) * 1000;
  const exercise = values.case.length === 0 && !values.cmd && !values.connect;
  const server = targetOf(what);
  if (what.client && exercise && !(await clientTests(what))) process.exit(1);
  const target = await words(what, server);
  const cases = values.case.length > 0 ? values.case.map((id) => pick(what, id)) : inOrder(what);
  const jobs = target.address ? 1 : wholeNumber("jobs", values.jobs ?? `${jobsHere()}`);
  const { all } = values;
  if (!values.json) console.log(`${what.title}: ${count(cases.length, "case")}`);
  const verdicts = await runCases({ chapter: what.chapter.id, target, cases, jobs, all, tell });
  if (values.junit) writeFileSync(values.junit, junit(verdicts));
  if (values.json) console.log(json(verdicts));
  else sum(verdicts);
  const green = verdicts.some(({ outcome }) => outcome === "pass") && !verdicts.some(isFailure);
  if (green && exercise) passed(what.id);
  process.exitCode = green ? 0 : 1;
}

function targetOf(what: Subject): Target {
  const { cmd, connect } = values;
  if (cmd !== undefined && connect !== undefined) fail("either --cmd or --connect, not both");
  if (cmd !== undefined) {
    if (!cmd.includes("{port}")) fail(`--cmd must say where the port goes: {port}, not "${cmd}"`);
    return program(cmd);
  }
  if (connect !== undefined) {
    const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(connect) ?? [];
    if (Number(port) < 1 || Number(port) > 65535)
      fail(`--connect must be HOST:PORT, not "${connect}"`);
    return running(host, Number(port));
  }
  if (begun(what)) return folder(what.exercise);
  const { id } = what;
  return fail(
    `there is nothing in exercises/${id} yet: npm run exercise ${id} lays it; or: npm run check ${id} -- --cmd "…"`,
  );
}

/** With --lenient, the server's words are learned first. */
async function words(what: Subject, target: Target): Promise<Target> {
  if (!values.lenient) return target;
  const book = await learnWords(what.chapter.id, target);
  for (const pair of book.alike)
    console.error(`it says the same for ${pair}: cases that tell them apart will fail`);
  return { ...target, translate: book.translate };
}

/** In an exercise, what is new comes first: it is what one waits for. */
function inOrder({ cases, own }: Subject): readonly Case[] {
  if (values.cmd || values.connect) return cases;
  return [...own, ...cases.filter((each) => !own.includes(each))];
}

function pick(what: Subject, id: string): Case {
  const found = what.cases.find((each) => each.id === id);
  if (found) return found;
  const far = (each: Case) => distance(each.id, id);
  const nearest = what.cases.toSorted((a, b) => far(a) - far(b))[0]?.id;
  return fail(`${what.id} has no case "${id}"; the nearest is ${nearest}`);
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9]\d?$/.test(text)) return Number(text);
  return fail(`--${name} must be a whole number from 1 to 99, not "${text}"`);
}

function tell(verdict: Verdict): void {
  if (values.json) return;
  const { test, outcome, why, report } = verdict;
  const colour = outcome === "pass" ? "green" : isFailure(verdict) ? "red" : "dim";
  const shown = process.stdout.isTTY ? styleText(colour, outcome.padEnd(14)) : outcome.padEnd(14);
  console.log(`${shown} ${test.id}${outcome === "not reached" ? `: ${why}` : ""}`);
  if (!isFailure(verdict)) return;
  for (const line of report.split("\n")) console.log(`  ${line}`);
  console.log(`  this case alone: ${again(test)}\n`);
}

/** The command that runs this case alone. */
function again({ id }: Case): string {
  const { cmd, connect, lenient } = values;
  const quoted = id.includes(" ") || id.includes("'") ? JSON.stringify(id) : id;
  const server = cmd ? ` --cmd ${JSON.stringify(cmd)}` : connect ? ` --connect ${connect}` : "";
  return `npm run check ${positionals[0]} --${server}${lenient ? " --lenient" : ""} --case ${quoted}`;
}

function sum(verdicts: readonly Verdict[]): void {
  const rows = points(verdicts);
  const stopped = !values.all && verdicts.some(isFailure);
  if (rows.length > 1 && !stopped) {
    const width = Math.max(...rows.map(({ chapter }) => chapter.length));
    for (const { chapter, reached, of } of rows)
      console.log(`${chapter.padEnd(width)}  ${reached} of ${count(of, "point")}`);
  }
  const left = verdicts.filter(({ outcome }) => outcome === "not reached").length;
  const passed = verdicts.filter(({ outcome }) => outcome === "pass").length;
  const rest = left > 0 ? `, ${left} not reached` : "";
  console.log(`${passed} of ${count(verdicts.length, "case")} passed${rest}`);
  if (stopped) console.log("the first failure ends it; --all goes on");
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
