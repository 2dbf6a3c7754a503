/** `npm run exercise v05`: lays the code of the chapter before, the task, and a first check. */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { patience } from "../test/harness/client.ts";
import { isFailure, runCases } from "../test/harness/run.ts";
import { folder } from "../test/harness/target.ts";
import { main } from "./lib/command.ts";
import { mustBeHere } from "./lib/held-back.ts";
import { clientTests } from "./lib/learn/client.ts";
import { note } from "./lib/learn/progress.ts";
import { begun, type Subject, subject, task } from "./lib/learn/subject.ts";
import { fail, options } from "./lib/options.ts";
import { root } from "./lib/root.ts";

const FIRST_MS = 2000;

const { values, positionals } = options("npm run exercise v05", {
  allowPositionals: true,
  options: { again: { type: "boolean", default: false } },
});
const [name] = positionals;
const what = await subject(name ?? fail("which chapter? For example: npm run exercise v05"));
const { id } = what;

if (begun(what) && !values.again) {
  fail(
    `exercises/${id} is there already: npm run exercise ${id} -- --again puts it aside and begins anew`,
  );
}
await main(() => what.base && mustBeHere(`${root}chapters/${what.base.folder}`));
if (process.exitCode === 1) process.exit();
if (existsSync(what.exercise)) putAside(what);
lay(what);
note(id, { begun: true, passed: undefined, skipped: false });
console.log(
  `exercises/${id} holds ${what.base ? `the code of ${what.base.id}` : "what is given"}, and the task: EXERCISE.md\n`,
);
if (what.client) await firstClientTest(what);
else await firstCheck(what);
console.log(`
npm run check ${id}      holds it against all cases, up to the first that fails
npm run watch ${id}      does so at every save
npm run hint ${id}       gives one hint, and the next time a nearer one`);

function putAside({ exercise, id }: Subject): void {
  let number = 1;
  while (existsSync(`${exercise}.${number}`)) number++;
  renameSync(exercise, `${exercise}.${number}`);
  console.log(`what was there is now in exercises/${id}.${number}`);
}

function lay({ base, chapter, exercise, text }: Subject): void {
  mkdirSync(exercise, { recursive: true });
  const from = `${root}chapters/${(base ?? chapter).folder}`;
  for (const file of readdirSync(from)) {
    if (file.endsWith(".ts")) cpSync(`${from}/${file}`, `${exercise}/${file}`);
  }
  const { task: words, starter } = task(readFileSync(text, "utf8"));
  for (const [file, code] of starter) writeFileSync(`${exercise}/${file}`, code);
  writeFileSync(`${exercise}/EXERCISE.md`, words);
}

/** Red, and that is as it should be: unless the exercise adds nothing that can be seen from outside. */
async function firstCheck({ chapter, own, cases, exercise }: Subject): Promise<void> {
  const [first = cases.at(-1)] = own;
  if (!first) throw new Error(`${id} has no cases`);
  const run = {
    chapter: chapter.id,
    target: folder(exercise),
    cases: [first],
    jobs: 1,
    all: false,
  };
  patience.ms = FIRST_MS; // it is expected to be red, so nobody should have to wait for it long
  const [verdict] = await runCases({ ...run, tell: () => {} });
  if (!verdict) throw new Error("a case without a verdict");
  const red = isFailure(verdict) && verdict.outcome !== "harness fault";
  console.log(`the first check: ${first.id}: ${verdict.outcome}${red ? `\n  ${verdict.why}` : ""}`);
  if (own.length === 0)
    console.log("This is expected: nothing is to behave differently, so it must stay green.");
  else if (red) console.log("This is expected: the feature is not there yet. You make it green.");
  else fail(`this is not expected: ${verdict.why || "it should be red"}\n${verdict.report}`);
}

async function firstClientTest(what: Subject): Promise<void> {
  if (await clientTests(what, true)) fail("this is not expected: the client's tests are green");
  console.log("the first check: the client's tests fail");
  console.log(
    "This is expected: chat.ts, link.ts and screen.ts are not there yet. You write them.",
  );
}
