/** The command line of `npm run faults`. */
import { randomInt } from "node:crypto";
import type { Chapter } from "../../../chapters/manifest.ts";
import { GROUPS } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { Refusal, type Values, whole } from "../command.ts";
import { chapterOf } from "../find.ts";
import { nearest } from "../nearest.ts";
import { columns } from "./run.ts";

const MOST_SEED = 999_999_999;

export const HELP = `npm run faults           holds every fault against every chapter
npm run faults v05 v06   these chapters only
  --group GROUP          one group: ${Object.keys(GROUPS).join(", ")} (all)
  --only ID              one fault: docs/faults.md lists them (all)
  --seed N               the mutants of an earlier run (by chance)
  --json FILE            the results, for a program (none)
  --write                brings docs/faults.md up to date, after all have been run (off)`;

export const options = {
  group: { type: "string" },
  only: { type: "string" },
  seed: { type: "string" },
  json: { type: "string" },
  write: { type: "boolean", default: false },
} as const;

export interface Plan {
  readonly chapters: readonly Chapter[];
  readonly group: string | undefined;
  readonly only: string | undefined;
  readonly seed: number;
}

/** What the options come to; throws a {@link Refusal}. */
export function plan(values: Values<typeof options>, names: readonly string[]): Plan {
  const { group, only, write } = values;
  const ids = faults(0).map(({ id }) => id);
  known("group", group, Object.keys(GROUPS));
  known("fault", only, ids);
  const seed = values.seed ?? `${randomInt(MOST_SEED + 1)}`;
  const chosen = names.map(column);
  if (write && (chosen.length > 0 || group || only))
    throw new Refusal("--write needs a run of every fault against every chapter");
  return {
    chapters: chosen.length > 0 ? columns.filter((each) => chosen.includes(each)) : columns,
    seed: whole("seed", seed, 0, MOST_SEED),
    ...{ group, only },
  };
}

function known(what: string, name: string | undefined, all: readonly string[]): void {
  if (name === undefined || all.includes(name)) return;
  throw new Refusal(`no ${what} "${name}"; the nearest is ${nearest(name, all)}`);
}

function column(name: string): Chapter {
  const chapter = chapterOf(name);
  if (columns.includes(chapter)) return chapter;
  const server = columns.findLast(({ id }) => id < chapter.id)?.id;
  throw new Refusal(`${chapter.id}'s server is ${server}'s: npm run faults ${server}`);
}
