/** `npm run bench:page [FILE]`: the tables and the chart of docs/performance.md, from measured results. */
import { renew } from "./lib/bench/page.ts";
import { readResults } from "./lib/bench/results.ts";
import { command, Refusal } from "./lib/command.ts";
import { read, write } from "./lib/files.ts";
import { root } from "./lib/root.ts";

const PAGE = `${root}docs/performance.md`;
const FOLDER = `${root}scripts/lib/bench/results/`;

const HELP = `npm run bench:page            makes the tables of docs/performance.md from the results in the repository
npm run bench:page FILE       makes them from FILE, which another run wrote: npm run bench -- --json FILE
  --check                     only say whether the page has the figures of the results (off)`;

await command(
  {
    command: "npm run bench:page",
    help: HELP,
    names: [0, 1],
    options: { check: { type: "boolean" } },
  },
  ({ check }, [file]) => {
    const before = read(PAGE);
    const given = file === undefined ? undefined : readResults(file);
    const after = renew(before, (comparison) =>
      given && comparison === (given.comparison ?? "all")
        ? given
        : readResults(`${FOLDER}${comparison}.json`),
    );
    if (before === after) return console.log("docs/performance.md has the figures of the results");
    if (check)
      throw new Refusal(
        "docs/performance.md does not have the figures of the results; to renew it: npm run bench:page",
      );
    write(PAGE, after);
    console.log("docs/performance.md is renewed");
  },
);
