/** What `npm run exercise` lays, and the first check of it. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { sources } from "../../../chapters/sources.ts";
import { patience } from "../../../test/harness/client.ts";
import { isFailure, runCases } from "../../../test/harness/run.ts";
import { folder } from "../../../test/harness/target.ts";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";
import { clientTests } from "./client.ts";
import { type Subject, task } from "./subject.ts";

const FIRST_MS = 2000;

/** What is there is never lost. Gives where it is now, if there was anything. */
export function putAside({ exercise, id }: Subject): string | undefined {
  if (!existsSync(exercise)) return undefined;
  let number = 1;
  while (existsSync(`${exercise}.${number}`)) number++;
  renameSync(exercise, `${exercise}.${number}`);
  return `exercises/${id}.${number}`;
}

/** The code of the chapter before, what the exercise begins with, and the task. */
export function lay({ base, chapter, exercise, text }: Subject): void {
  const { task: words, starter } = task(readFileSync(text, "utf8"));
  const code = sources(`${root}chapters/${(base ?? chapter).folder}`);
  for (const [file, content] of [...code, ...starter, ["EXERCISE.md", words] as const]) {
    mkdirSync(dirname(`${exercise}/${file}`), { recursive: true });
    writeFileSync(`${exercise}/${file}`, content);
  }
}

/** Red, and that is as it should be: unless the exercise adds nothing that can be seen from outside. */
export async function firstCheck(what: Subject): Promise<string> {
  const { id, chapter, own, cases, exercise } = what;
  if (what.client) return firstClientTest(what);
  const [first = cases.at(-1)] = own;
  if (!first) throw new Error(`${id} has no cases`);
  patience.ms = FIRST_MS; // it is expected to be red, so nobody should have to wait for it long
  const run = { chapter: chapter.id, target: folder(exercise), jobs: 1, all: false };
  const [verdict] = await runCases({ ...run, cases: [first] });
  if (!verdict) throw new Error("a case without a verdict");
  const { outcome, why, report } = verdict;
  const red = isFailure(verdict) && outcome !== "harness fault";
  const said = `the first check: ${first.id}: ${outcome}${red ? `\n  ${why}` : ""}\n`;
  if (own.length === 0)
    return `${said}This is expected: nothing is to behave differently, so it must stay green.`;
  if (red) return `${said}This is expected: the feature is not there yet. You make it green.`;
  throw new Refusal(`${said}this is not expected: ${why || "it should be red"}\n${report}`);
}

async function firstClientTest(what: Subject): Promise<string> {
  if (await clientTests(what, true))
    throw new Refusal("this is not expected: the client's tests are green");
  return `the first check: the client's tests fail
This is expected: chat.ts, link.ts and screen.ts are not there yet. You write them.`;
}
