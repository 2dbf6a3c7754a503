/** The command line of `npm run faults`. */
import { randomInt } from "node:crypto";
import type { Chapter } from "../../../chapters/manifest.ts";
import { GROUPS, groupOf } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { applies } from "../../../test/harness/case.ts";
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

/** What the options come to; throws a {@link Refusal}. */
export function plan(values: Values<typeof options>, names: readonly string[]) {
  const { group, only, write, seed: given = `${randomInt(MOST_SEED + 1)}` } = values;
  const seed = whole("seed", given, 0, MOST_SEED);
  const all = faults(seed);
  const ids = all.map(({ id }) => id);
  known("group", group, Object.keys(GROUPS));
  known("fault", only, ids);
  const chosen = names.map(column);
  const chapters = columns.filter((each) => chosen.length === 0 || chosen.includes(each));
  const asked = all.filter(
    (each) => (!group || groupOf(each) === group) && (!only || each.id === only),
  );
  const these = asked.filter((fault) => chapters.some(({ id }) => applies(fault, id)));
  const where = chapters.map(({ id }) => id).join(", ");
  if (these.length === 0)
    throw new Refusal(`nothing to run: no fault of these applies to ${where}`);
  /** Every fault against every chapter. */
  const everything = chosen.length === 0 && !group && !only;
  if (write && !everything)
    throw new Refusal("--write needs a run of every fault against every chapter");
  return { seed, faults: these, chapters, whole: everything };
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
