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

const HELP = `npm run mark -- FOLDER    marks the submissions in FOLDER; each of them is a folder
  The file run.txt of a submission says in one line how to start it:  python3 server.py {port} {args}
  Lines before it, such as  build: javac *.java  run once. A submission with main.ts needs no run.txt.
  --chapters v02,v05  mark these chapters; FOLDER/NAME/v05 is used before FOLDER/NAME (v08)
  --cmd "COMMAND"     start every submission with this command (its run.txt)
  --as USER           run submissions as this user, who cannot write the marks; only for root;
                      if given N times, N submissions run at once (yourself)
  --jobs N            mark N submissions at once (${JOBS}; with --as one for each user)
  --time-limit S      seconds for each submission, with its build (300)
  --results FOLDER    keep the marks there: a second run marks only what is missing or has
                      changed (FOLDER.marks)
  --again             mark everything again (off)
  --csv FILE          write the table for a spreadsheet (none)
  --junit FOLDER      write a file for each submission (none)
  --case ID           run only this case; may be given more than once (all)
  --seed N            use the same seed for every submission (random)
  --lenient           as for npm run check (off)`;

const UNPROTECTED = `without --as USER, a submission runs with your rights: it can read and write all that you can,
also the course and these marks (docs/teaching.md, Marking a class)`;

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
    begin: ({ name, chapter }) => console.error(`marking ${name} (${chapter}) …`),
    tell: ({ name, chapter, verdict }, kept) =>
      console.error(
        `${++told} of ${handedIn.length}  ${name} ${chapter}: ${verdict}${kept ? " (kept)" : ""}`,
      ),
  });
  write(marks, values);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  const done = `${marks.length} of ${handedIn.length} marked in ${seconds} s`;
  console.log(`\n${table(marks)}\n\n${done}; kept in ${results.folder}`);
  if (marks.length < handedIn.length) console.log("run the same command again to mark the rest");
  if (values.as === undefined) console.error(UNPROTECTED);
}

/** One for each submission at a time, and the user that it runs as. */
function workersOf(values: Asked): (User | undefined)[] {
  const users = [...new Set(values.as)].map(user);
  const jobs = whole("jobs", values.jobs ?? `${users.length || JOBS}`, 1, 99);
  if (users.length > 0 && jobs > users.length)
    throw new Refusal(`--jobs ${jobs} needs ${jobs} users: give --as NAME once for each of them`);
  return Array.from({ length: jobs }, (_, i) => users[i]);
}

function checkOptions({ cmd, case: ids = [], seed, lenient }: Asked): string[] {
  if (cmd !== undefined && !cmd.includes("{port}"))
    throw new Refusal(`--cmd must contain {port}, where the port goes: "${cmd}"`);
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
