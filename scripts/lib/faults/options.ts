/** The command line of `npm run faults`. */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { distance } from "fastest-levenshtein";
import type { Chapter } from "../../../chapters/manifest.ts";
import { GROUPS } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { find, unknown } from "../find.ts";
import { columns } from "./run.ts";

const HELP = `npm run faults                        every fault against every chapter
npm run faults -- v05 v06             these chapters only
npm run faults -- --group floods      one group: ${Object.keys(GROUPS).join(", ")}
npm run faults -- --only ID           one fault: docs/faults.md lists them
npm run faults -- --seed N            the mutants of an earlier run
npm run faults -- --json FILE         the results, for a program
npm run faults -- --write             brings docs/faults.md up to date, after all have been run`;

export interface Options {
  readonly chapters: readonly Chapter[];
  readonly group: string | undefined;
  readonly only: string | undefined;
  readonly seed: number;
  readonly json: string | undefined;
  readonly write: boolean;
}

/** What the user can do wrong: its message is one line that says so. */
export class NoSuch extends Error {}

/** Undefined when only the help was asked for, which is printed. */
export function options(args: readonly string[]): Options | undefined {
  // Without the `--`, npm takes the options for its own and hides them in the environment.
  const eaten = ["group", "only", "seed", "write"].find((key) => process.env[`npm_config_${key}`]);
  if (eaten) throw new NoSuch(`options go behind --: npm run faults -- --${eaten} …`);
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      group: { type: "string" },
      only: { type: "string" },
      seed: { type: "string" },
      json: { type: "string" },
      write: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const { group, only, seed, json, write } = values;
  known("group", group, Object.keys(GROUPS));
  known(
    "fault",
    only,
    faults(0).map(({ id }) => id),
  );
  if (seed !== undefined && !/^\d{1,9}$/.test(seed))
    throw new NoSuch(`--seed must be a whole number of at most nine digits, not "${seed}"`);
  const chosen = positionals.map(chapter);
  if (write && (chosen.length > 0 || group || only))
    throw new NoSuch("--write needs a run of every fault against every chapter");
  return {
    chapters: chosen.length > 0 ? columns.filter((each) => chosen.includes(each)) : columns,
    seed: seed === undefined ? randomInt(1_000_000_000) : Number(seed),
    ...{ group, only, json, write },
  };
}

function known(what: string, name: string | undefined, all: readonly string[]): void {
  if (name === undefined || all.includes(name)) return;
  const [nearest] = all.toSorted((a, b) => distance(a, name) - distance(b, name));
  throw new NoSuch(`no ${what} "${name}"; the nearest is ${nearest}`);
}

function chapter(name: string): Chapter {
  const chapter = find(name);
  if (!chapter) throw new NoSuch(unknown(name));
  if (columns.includes(chapter)) return chapter;
  const server = columns.findLast(({ id }) => id < chapter.id)?.id;
  throw new NoSuch(`${chapter.id}'s server is ${server}'s: npm run faults -- ${server}`);
}
