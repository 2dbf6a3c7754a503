/** The command line of `npm run faults`. */
import { randomInt } from "node:crypto";
import type { Chapter } from "../../../chapters/manifest.ts";
import { GROUPS, groupOf } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { applies } from "../../../test/harness/case.ts";
import { Refusal, type Values, whole } from "../command.ts";
import { chapterOf } from "../find.ts";
import { nearest } from "../nearest.ts";
import { columns, runsOf } from "./run.ts";

const MOST_SEED = 999_999_999;

export const HELP = `npm run faults           tries every fault on the first chapter that it applies to, and on the newest
npm run faults v05 v06   tries every fault on these chapters
  --all                  try them on every chapter (off)
  --group GROUP          try one group: ${Object.keys(GROUPS).join(", ")} (all)
  --only ID              try one fault: docs/faults.md lists them (all)
  --seed N               use the mutants of an earlier run (random)
  --json FILE            write the results for a program (none)
  --write                renew docs/faults.md and its pages after a run with --all (off)`;

export const options = {
  all: { type: "boolean", default: false },
  group: { type: "string" },
  only: { type: "string" },
  seed: { type: "string" },
  json: { type: "string" },
  write: { type: "boolean", default: false },
} as const;

/** What the options come to; throws a {@link Refusal}. */
export function plan(values: Values<typeof options>, names: readonly string[]) {
  const { all, group, only, write, seed: given = `${randomInt(MOST_SEED + 1)}` } = values;
  const seed = whole("seed", given, 0, MOST_SEED);
  const there = faults(seed);
  const ids = there.map(({ id }) => id);
  known("group", group, Object.keys(GROUPS));
  known("fault", only, ids);
  const chosen = names.map(column);
  const chapters = columns.filter((each) => chosen.length === 0 || chosen.includes(each));
  const asked = there.filter(
    (each) => (!group || groupOf(each) === group) && (!only || each.id === only),
  );
  const these = asked.filter((fault) => chapters.some(({ id }) => applies(fault, id)));
  const where = chapters.map(({ id }) => id).join(", ");
  if (these.length === 0)
    throw new Refusal(`there is nothing to run: none of these faults applies to ${where}`);
  const ends = !all && chosen.length === 0;
  const everyFault = chosen.length === 0 && !group && !only;
  if (write && (!everyFault || ends))
    throw new Refusal(
      "--write needs a run of every fault against every chapter: npm run faults -- --all --write",
    );
  return { seed, faults: these, chapters, runs: runsOf(these, chapters, ends), whole: everyFault };
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
