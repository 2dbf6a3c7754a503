/** `npm run mark -- FOLDER`: holds what a class has handed in against chapters, and makes a table. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { command, Refusal, type Values, whole } from "./lib/command.ts";
import { write as writeFile } from "./lib/files.ts";
import { chapterOf } from "./lib/find.ts";
import { markAll } from "./lib/mark/mark.ts";
import { csv, Results, table, xml } from "./lib/mark/results.ts";
import { submissions } from "./lib/mark/submission.ts";
import { keepOut, type User, user } from "./lib/mark/user.ts";
import type { Mark } from "./lib/mark/verdict.ts";
import { root } from "./lib/root.ts";

const CORES = availableParallelism();
const JOBS = Math.max(1, Math.floor(CORES / 2)); // a busy machine makes right servers late

const HELP = `npm run mark -- FOLDER    marks what is in FOLDER, a folder for each submission
  Its file run.txt says how it is started, in one line:  python3 server.py {port} {args}
  Lines before it, such as  build: javac *.java  are done once. With main.ts it needs none.
  --chapters v02,v05  hold it against these; FOLDER/NAME/v05 goes before FOLDER/NAME (v08)
  --cmd "COMMAND"     starts every submission, whatever it says itself (its run.txt)
  --as USER           run submissions as this user, who cannot write the marks; for root;
                      given more than once, so many at once (yourself)
  --jobs N            so many at once (${JOBS}; with --as one for each user)
  --time-limit S      seconds for each, building included (300)
  --results FOLDER    where the marks are kept: a second run goes on with what is missing or
                      has changed (FOLDER.marks)
  --again             begins anew: marks also what is kept (off)
  --csv FILE          the table, for a spreadsheet (none)
  --junit FOLDER      a file for each submission (none)
  --case ID           this case only; may be given more than once (all)
  --seed N            the same for every submission (drawn)
  --lenient           as npm run check has it (off)`;

const UNPROTECTED = `without --as USER, a submission runs as you do: it can read and write what you can,
the course and these marks too (docs/teaching.md, Marking a class)`;

const options = {
  chapters: { type: "string", default: "v08" },
  cmd: { type: "string" },
  as: { type: "string", multiple: true },
  jobs: { type: "string" },
  "time-limit": { type: "string", default: "300" },
  results: { type: "string" },
  again: { type: "boolean", default: false },
  csv: { type: "string" },
  junit: { type: "string" },
  case: { type: "string", multiple: true },
  seed: { type: "string" },
  lenient: { type: "boolean" },
} as const;

type Asked = Values<typeof options>;

await command({ command: "npm run mark", help: HELP, names: [1, 1], options }, mark);

async function mark(values: Asked, [name = ""]: readonly string[]): Promise<void> {
  const folder = resolve(name);
  const chapters = values.chapters.split(",").map((each) => chapterOf(each).id);
  const handedIn = submissions(folder, chapters);
  const workers = workersOf(values);
  const limit = whole("time-limit", values["time-limit"], 1, 86_400);
  const results = new Results(resolve(values.results ?? `${folder}.marks`));
  for (const user of workers) if (user) keepOut(user, [root, folder, results.folder]);
  write([], values); // what cannot be written is said before the work
  const began = performance.now();
  let told = 0;
  const marks = await markAll({
    ...{ submissions: handedIn, results, workers, limit },
    ...{ cmd: values.cmd, again: values.again },
    check: checkOptions(values),
    casesAtOnce: Math.min(4, Math.max(1, Math.floor((2 * CORES) / workers.length))),
    signal: interrupted(),
    begin: ({ name, chapter }) => console.error(`holding ${name} (${chapter}) …`),
    tell: ({ name, chapter, verdict }, kept) =>
      console.error(
        `${++told} of ${handedIn.length}  ${name} ${chapter}: ${verdict}${kept ? " (kept)" : ""}`,
      ),
  });
  write(marks, values);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const done = `${marks.length} of ${handedIn.length} marked in ${seconds} s`;
  console.log(`\n${table(marks)}\n\n${done}; kept in ${results.folder}`);
  if (marks.length < handedIn.length) console.log("the same command goes on with the rest");
  if (values.as === undefined) console.error(UNPROTECTED);
}

/** One for each submission at a time, and the user that it runs as. */
function workersOf(values: Asked): (User | undefined)[] {
  const users = [...new Set(values.as)].map(user);
  const jobs = whole("jobs", values.jobs ?? `${users.length || JOBS}`, 1, 99);
  if (users.length > 0 && jobs > users.length)
    throw new Refusal(`--jobs ${jobs} needs as many users: --as NAME, for each of them`);
  return Array.from({ length: jobs }, (_, i) => users[i]);
}

function checkOptions({ cmd, case: ids = [], seed, lenient }: Asked): string[] {
  if (cmd !== undefined && !cmd.includes("{port}"))
    throw new Refusal(`--cmd must say where the port goes: {port}, not "${cmd}"`);
  return [
    ...ids.flatMap((id) => ["--case", id]),
    ...(seed === undefined ? [] : ["--seed", seed]),
    ...(lenient ? ["--lenient"] : []),
  ];
}

/** Aborts when we are asked to end: then all ends, and what is done is kept. */
function interrupted(): AbortSignal {
  const ending = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      process.exitCode = 130;
      ending.abort();
    });
  }
  return ending.signal;
}

function write(marks: readonly Mark[], to: Asked): void {
  if (to.csv !== undefined) writeFile(to.csv, csv(marks));
  if (to.junit === undefined) return;
  mkdirSync(to.junit, { recursive: true });
  for (const name of new Set(marks.map(({ name }) => name)))
    writeFile(join(to.junit, `${name}.xml`), xml(marks.filter((mark) => mark.name === name)));
}
