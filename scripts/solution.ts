/** `npm run solution v05`: the step of the course itself, once one's own passes. */
import { coloured } from "./lib/colour.ts";
import { command, Refusal } from "./lib/command.ts";
import { compareFolders, unified } from "./lib/compare.ts";
import { mustBeHere } from "./lib/held-back.ts";
import { of } from "./lib/learn/progress.ts";
import { lay } from "./lib/learn/solutions.ts";
import { begun, nothingYet, type Subject, solutionOf, subject } from "./lib/learn/subject.ts";
import { root } from "./lib/root.ts";

const HELP = `npm run solution v05    shows how the course goes from v04 to v05, when your own has passed
  --anyway              show it even if yours has not passed (off)
  --mine                show what differs between your code and the course's (off)`;

const options = { anyway: { type: "boolean" }, mine: { type: "boolean" } } as const;

await command(
  { command: "npm run solution", help: HELP, names: [1, 1], options },
  async ({ anyway, mine }, [name = ""]) => {
    const what = await subject(name);
    const { id, base, chapter } = what;
    const { passed, elsewhere } = of(id);
    if (!passed && !elsewhere && !anyway)
      throw new Refusal(
        `your own has not passed yet: npm run check ${id}; to see the solution anyway: npm run solution ${id} -- --anyway`,
      );
    mustBeHere(solutionOf(what));
    if (mine) return showMine(what);
    if (!base)
      console.log(
        `There is no chapter before ${id}, so there is nothing to compare: the code is in chapters/${chapter.folder}`,
      );
    else {
      console.log(
        `How the course goes from ${base.id} to ${id}; other solutions are just as good:`,
      );
      show(`${root}chapters/${base.folder}`, base.folder, what);
    }
    console.log(`\ncompared with yours: npm run solution ${id} -- --mine`);
  },
);

function showMine(what: Subject): void {
  if (!begun(what)) throw nothingYet(what);
  show(what.exercise, `exercises/${what.id}`, what);
}

/** What differs between a folder and the solution. */
function show(from: string, name: string, { extra, chapter }: Subject): void {
  const to = extra ? lay(extra) : `${root}chapters/${chapter.folder}`;
  for (const diff of compareFolders(from, to)) {
    const patch = unified(diff, name, extra ? "solution" : chapter.folder);
    console.log(["", ...coloured(patch)].join("\n"));
  }
}
