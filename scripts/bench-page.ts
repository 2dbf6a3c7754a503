/** `npm run bench:page [FILE]`: the tables and the chart of docs/performance.md, from measured results. */
import { renew } from "./lib/bench/page.ts";
import { readResults } from "./lib/bench/results.ts";
import { command, Refusal } from "./lib/command.ts";
import { read, write } from "./lib/files.ts";
import { root } from "./lib/root.ts";

const PAGE = `${root}docs/performance.md`;
const FOLDER = `${root}scripts/lib/bench/results/`;

const HELP = `npm run bench:page            makes the tables of docs/performance.md from the results in the repository
npm run bench:page FILE       what FILE has from another run: npm run bench -- --json FILE
  --check                     only says whether the page is what the results say (off)`;

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
    if (before === after) return console.log("docs/performance.md is what the results say");
    if (check)
      throw new Refusal(
        "docs/performance.md is not what the results say: npm run bench:page mends it",
      );
    write(PAGE, after);
    console.log("docs/performance.md is made anew");
  },
);
