/** `npm run model`: holds a server against the model of a room, in many random runs. */
import { parseArgs } from "node:util";
import * as target from "../test/harness/target.ts";
import { Failure } from "../test/harness/transcript.ts";
import { check, type Options, type Outcome } from "../test/model/check.ts";
import { find, unknown } from "./lib/find.ts";
import { bad, refuse, whole } from "./lib/options.ts";

const HELP = `usage: npm run model -- [options]
  --chapter v08      the server to hold against it, and the commands to use: v02 to v08 (v08)
  --cmd "COMMAND"    another server, which is to keep up with that chapter: python3 server.py {port}
  --runs N           how many random runs (1000)
  --seed N           the same runs again
  --path PATH        only the run of that seed that failed, as printed then; up to 100 times
  --help             show this`;

const MOST = 2 ** 31 - 1;

process.once("SIGINT", () => process.exit(130)); // and the server with it

try {
  const { values } = parseArgs({
    options: {
      chapter: { type: "string", default: "v08" },
      cmd: { type: "string" },
      runs: { type: "string", default: "1000" },
      seed: { type: "string", default: `${Math.floor(Math.random() * MOST)}` },
      path: { type: "string" },
      help: { type: "boolean" },
    },
  });
  if (values.help) console.log(HELP);
  else await run(values);
} catch (error) {
  if (error instanceof Failure)
    refuse(bad(error.summary)); // the server could not be started
  else refuse(error);
}

interface Values {
  readonly chapter: string;
  readonly cmd?: string | undefined;
  readonly runs: string;
  readonly seed: string;
  readonly path?: string | undefined;
}

async function run(values: Values): Promise<void> {
  const chapter = find(values.chapter);
  if (!chapter) throw bad(unknown(values.chapter));
  if (chapter.id < "v02")
    throw bad("--chapter: the model knows rooms, and v01 has none: v02 to v09");
  if (values.path !== undefined && !/^\d+(:\d+)*$/.test(values.path))
    throw bad(`--path must be numbers with colons between, not "${values.path}"`);
  const began = performance.now();
  const options = {
    chapter: chapter.id,
    target: values.cmd === undefined ? target.chapter(chapter) : target.program(values.cmd),
    runs: whole("runs", values.runs, 1, 1_000_000),
    seed: whole("seed", values.seed, 0, MOST),
    path: values.path,
    onFailure: (run: number) =>
      console.log(`run ${run} is not as the model says; looking for the smallest that fails …\n`),
  };
  const outcome = await check(options);
  console.log(report(options, outcome, performance.now() - began, values.cmd));
  if (outcome.story !== undefined) process.exitCode = 1;
}

function report(options: Options, outcome: Outcome, ms: number, cmd: string | undefined): string {
  const { chapter, seed } = options;
  const again = [
    `npm run model -- --chapter ${chapter}`,
    ...(cmd === undefined ? [] : [`--cmd ${JSON.stringify(cmd)}`]),
    `--seed ${seed}`,
  ].join(" ");
  const { story, path } = outcome;
  if (path !== undefined) return `${story}\n\nagain:  ${again} --path ${path}`;
  if (story !== undefined)
    return `${story}\n\nThat was seen once, and not when the run was done again, alone.\nall of it again:  ${again} --runs ${options.runs}`;
  if (options.path !== undefined)
    return "that run goes as the model says, 100 times over: it is mended, or a race that did not happen";
  const count = (n: number, what: string) => `${n.toLocaleString("en")} ${what}`;
  const { runs, rounds, deeds } = outcome;
  const done = [count(runs, "runs"), count(rounds, "rounds"), count(deeds, "deeds")].join(", ");
  return `${chapter}: ${done}, all as the model says; seed ${seed}, ${(ms / 1000).toFixed(1)} s`;
}
