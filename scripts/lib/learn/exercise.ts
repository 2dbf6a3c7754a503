/** What `npm run exercise` lays, and the first check of it. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, relative } from "node:path";
import { sources } from "../../../chapters/sources.ts";
import type { Case } from "../../../test/harness/case.ts";
import { patience } from "../../../test/harness/client.ts";
import { isFailure, runCases, type Verdict } from "../../../test/harness/run.ts";
import { folder } from "../../../test/harness/target.ts";
import { Refusal } from "../command.ts";
import { mustBeHere } from "../held-back.ts";
import { root } from "../root.ts";
import { clientTests } from "./client.ts";
import { of } from "./progress.ts";
import { begun, exercises, type Subject, subject, task } from "./subject.ts";

const FIRST_MS = 2000;

/** What is there is never lost. Gives where it is now, if there was anything. */
export function putAside({ exercise, id }: Subject): string | undefined {
  if (!existsSync(exercise)) return undefined;
  let number = 1;
  while (existsSync(`${exercise}.${number}`)) number++;
  renameSync(exercise, `${exercise}.${number}`);
  return `exercises/${id}.${number}`;
}

/** The code that an exercise begins with. */
export interface Beginning {
  readonly folder: string;
  /** Whose it is. */
  readonly words: string;
  /** It is the learner's own. */
  readonly own: boolean;
}

/** The learner's own code of the chapter before, once it has passed; else, or if it is to be `fresh`, the course's. */
export async function beginning(what: Subject, fresh: boolean): Promise<Beginning> {
  const { id, base, chapter } = what;
  const course = `${root}chapters/${(base ?? chapter).folder}`;
  if (!base) return { folder: course, words: "what is given", own: false };
  const before = await subject(base.id);
  const there = begun(before);
  if (there && of(base.id).passed && !fresh) {
    const words = `your own code of ${base.id} (npm run exercise ${id} -- --again --fresh: the course's)`;
    return { folder: before.exercise, words, own: true };
  }
  mustBeHere(course);
  const why = there && !fresh ? " (yours has not passed yet)" : "";
  return { folder: course, words: `the course's code of ${base.id}${why}`, own: false };
}

/** That code, what the exercise begins with, and the task. Gives the fingerprint of the code. */
export function lay({ exercise, text }: Subject, { folder, own }: Beginning): string {
  const { task: words, starter } = task(readFileSync(text, "utf8"));
  if (own) cpSync(folder, exercise, { recursive: true, filter: isWork });
  const code = own ? [] : sources(folder);
  for (const [file, content] of [...code, ...starter, ["EXERCISE.md", words] as const]) {
    mkdirSync(dirname(`${exercise}/${file}`), { recursive: true });
    writeFileSync(`${exercise}/${file}`, content);
  }
  layEditorSettings();
  return fingerprint(exercise);
}

const isWork = (path: string) => !["node_modules", ".git"].includes(basename(path));

/**
 * What an editor goes by. It is no part of the course's own `tsconfig.json`: that an exercise is not finished is no
 * mistake in the course. And what runs is not called wrong, so it is less strict.
 */
function layEditorSettings(): void {
  const file = `${exercises}/tsconfig.json`;
  if (existsSync(file)) return;
  const settings = {
    extends: relative(exercises, `${root}tsconfig.json`).replaceAll("\\", "/"),
    compilerOptions: {
      ...{ checkJs: false, erasableSyntaxOnly: false, noImplicitOverride: false },
      ...{ noUnusedLocals: false, noUnusedParameters: false, verbatimModuleSyntax: false },
    },
    include: ["."],
  };
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
}

/** Whether the code is still as it was laid. */
export function untouched({ id, exercise }: Subject): boolean {
  return of(id).begun === fingerprint(exercise);
}

function fingerprint(folder: string): string {
  const code = JSON.stringify([...sources(folder)]);
  return createHash("sha256").update(code).digest("hex").slice(0, 16);
}

/** Red, and that is as it should be: unless the exercise adds nothing that can be seen from outside. */
export async function firstCheck(what: Subject, { own: isOwn }: Beginning): Promise<string> {
  const { id, chapter, own, cases, exercise } = what;
  if (what.client) return firstClientTest(what);
  const [first = cases.at(-1) as Case] = own;
  patience.ms = FIRST_MS; // it is expected to be red, so nobody should have to wait for it long
  const run = { chapter: chapter.id, target: folder(exercise), jobs: 1, all: false };
  const [verdict] = (await runCases({ ...run, cases: [first] })) as [Verdict];
  const { outcome, why, report } = verdict;
  const red = isFailure(verdict) && outcome !== "harness fault";
  const said = `the first check: ${first.id}: ${outcome}${red ? `\n  ${why}` : ""}\n`;
  if (own.length === 0 && !red)
    return `${said}This is expected: this exercise changes nothing that a client can see, so all cases must stay green.`;
  if (red && own.length > 0)
    return `${said}This is expected: you have not written the feature yet. When it works, this case is green.`;
  if (isOwn)
    return `${said}This is not expected: your own code has changed since it passed, or it does more than the task asked for. To see more: npm run check ${id}`;
  throw new Refusal(
    `${said}this is not expected: ${why || "the case should fail, and it passes"}\n${report}`,
  );
}

async function firstClientTest(what: Subject): Promise<string> {
  if (!(await clientTests(what, { quiet: true, all: false })).some(isFailure))
    throw new Refusal("this is not expected: the client's tests pass already");
  return `the first check: the client's tests fail
This is expected: client/chat.ts, link.ts and screen.ts do not exist yet. You write them.`;
}
