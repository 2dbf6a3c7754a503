/** The command line of `npm run check`: which server, which cases, and how. */
import { availableParallelism } from "node:os";
import type { Case } from "../../../test/harness/case.ts";
import { folder, program, running, type Target } from "../../../test/harness/target.ts";
import { address, Refusal, type Values, whole } from "../command.ts";
import { begun, nothingYet, type Subject } from "../learn/subject.ts";
import { nearest } from "../nearest.ts";
import { anySeed, MOST_SEED } from "./random-talk.ts";

const JOBS = Math.min(4, availableParallelism());
const MOST = 99; // seconds, or cases at once

/** Those of `npm run watch` too. */
export const OPTIONS_HELP = `  --cmd "COMMAND"      check another server, in any language: "python3 server.py {port} {args}"; it is
                       started anew for each case, with another port; {args} become options such as
                       --idle-timeout 3 (yours in exercises/)
  --connect HOST:PORT  check a server that is running already; nobody else may use it meanwhile (none)
  --all                go on after the first failure (off)
  --case ID            run only this case; may be given more than once (all)
  --lenient            let the server use other words for its sentences, in any language (off)
  --patience S         wait S seconds for a line before the case fails (10)
  --jobs N             run N cases at once (${JOBS}; one with --connect)
  --seed N             use the same names, texts and random talk as an earlier run (random)
  --json               print the verdicts as JSON on stdout, and nothing else (off)
  --junit FILE         write the verdicts to FILE, as JUnit's XML (none)`;

export const options = {
  cmd: { type: "string" },
  connect: { type: "string" },
  all: { type: "boolean", default: false },
  case: { type: "string", multiple: true },
  lenient: { type: "boolean", default: false },
  patience: { type: "string", default: "10" },
  jobs: { type: "string", default: `${JOBS}` },
  seed: { type: "string" },
  json: { type: "boolean", default: false },
  junit: { type: "string" },
} as const;

export type Asked = Values<typeof options>;

/** What the options come to; throws a {@link Refusal}. */
export function plan(asked: Asked, what: Subject, name: string) {
  const { cmd, connect, lenient, case: ids } = asked;
  const others = cmd !== undefined || connect !== undefined;
  const target = targetOf(asked, what);
  const server = cmd ? ` --cmd ${JSON.stringify(cmd)}` : connect ? ` --connect ${connect}` : "";
  const jobs = whole("jobs", asked.jobs, 1, MOST);
  const seed = asked.seed === undefined ? anySeed() : whole("seed", asked.seed, 1, MOST_SEED);
  return {
    target,
    cases: ids?.map((id) => pick(what, id)) ?? (others ? what.cases : newFirst(what)),
    jobs: target.address ? 1 : jobs,
    patienceMs: whole("patience", asked.patience, 1, MOST) * 1000,
    /** Of what is drawn by chance. */
    seed,
    /** All of the learner's own exercise is checked: if it is green, it has passed. */
    whole: !others && ids === undefined,
    /** The command that does the same; a case may be put behind it. */
    again: `npm run check ${name} --${server}${lenient ? " --lenient" : ""} --seed ${seed}`,
  };
}

function targetOf({ cmd, connect }: Asked, what: Subject): Target {
  if (cmd !== undefined && connect !== undefined)
    throw new Refusal("use either --cmd or --connect, not both");
  if (cmd !== undefined) {
    if (cmd.includes("{port}")) return program(cmd);
    throw new Refusal(`--cmd must contain {port}, where the port goes: "${cmd}"`);
  }
  if (connect !== undefined) {
    const { host, port } = address("connect", connect);
    return running(host, port);
  }
  if (begun(what)) return folder(what.exercise);
  throw new Refusal(
    `${nothingYet(what).message}; or check another server: npm run check ${what.id} -- --cmd "…"`,
  );
}

/** In an exercise, what is new comes first: it is what one waits for. */
function newFirst({ cases, own }: Subject): readonly Case[] {
  return [...own, ...cases.filter((each) => !own.includes(each))];
}

function pick({ id: subject, cases }: Subject, id: string): Case {
  const found = cases.find((each) => each.id === id);
  if (found) return found;
  const ids = cases.map((each) => each.id);
  throw new Refusal(`${subject} has no case "${id}"; the nearest is ${nearest(id, ids)}`);
}
