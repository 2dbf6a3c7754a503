/** `npm run mutant 7`: a server with a fault in it, for you to break; `-- --show`, `-- --check`. */
import { isFailure } from "../test/harness/run.ts";
import { coloured, paint } from "./lib/colour.ts";
import { command, Refusal } from "./lib/command.ts";
import { compareFolders, unified } from "./lib/compare.ts";
import { version } from "./lib/find.ts";
import { lay, type Mutant, readMutants } from "./lib/mutants/read.ts";
import { casesOf, prove } from "./lib/mutants/trials.ts";
import { nearest } from "./lib/nearest.ts";
import { root } from "./lib/root.ts";
import { address, howToTalk, SERVER_OPTIONS } from "./lib/talk.ts";

const HELP = `npm run mutant                      lists the mutants: servers with one fault each
npm run mutant 1                    runs mutant 1: find its fault
npm run mutant 1 -- --port 9000     gives the server options
npm run mutant 1 -- --show          shows the fault
npm run mutant 1 -- --check         runs the case that finds the fault`;
const OURS = ["--show", "--check"];

const passesOn = ["show", "check", ...SERVER_OPTIONS];
const usage = { command: "npm run mutant", help: HELP, names: [0, 1], passesOn } as const;

await command(usage, async (_, [name], options) => {
  const mutants = readMutants();
  if (name === undefined) return list(mutants);
  const mutant = find(name, mutants);
  const [show, check] = OURS.map((option) => options.includes(option));
  if (!show && !check) return run(mutant, options);
  const others = options.filter((option) => !OURS.includes(option)).join(" ");
  if (others !== "")
    throw new Refusal(
      `--show and --check run no server, so no other options are possible: ${others}`,
    );
  if (show) reveal(mutant);
  if (check) await catchIt(mutant);
});

function list(mutants: readonly Mutant[]): void {
  for (const { number, chapter, title } of mutants)
    console.log(`${`${number}`.padStart(2)}  ${chapter.id}  ${title}`);
  console.log(`\n${HELP}`);
}

/** By `7`, `07`, `07-short-name` or `short-name`. */
function find(name: string, mutants: readonly Mutant[]): Mutant {
  const namesOf = ({ id, number }: Mutant) => [`${number}`, id, ...id.split(/-(.*)/, 2)];
  const mutant = mutants.find((each) => namesOf(each).includes(name.toLowerCase()));
  if (mutant) return mutant;
  const ids = mutants.map(({ id }) => id);
  const why = /^\d+$/.test(name)
    ? `${name}: their numbers are 1 to ${mutants.length}`
    : `"${name}"; the nearest is ${nearest(name, ids)}`;
  throw new Refusal(`no mutant ${why} (npm run mutant lists them)`);
}

/** In a copy of the chapter, and in this process, as `npm run chapter` does it. */
async function run(mutant: Mutant, options: readonly string[]): Promise<void> {
  const folder = lay(mutant);
  const { number, story, tries } = mutant;
  const { port, web } = address(options);
  const here = tries.replaceAll("8888", port).replaceAll("8889", web);
  console.log(`${titleOf(mutant)}\n\n${story}\n\nTry:\n${here.replace(/^/gm, "  ")}\n`);
  console.log(`Its code is in ${folder}, as a copy that is made again each time. When you know why it breaks:
  npm run mutant ${number} -- --show     what is wrong, and what would be right
  npm run mutant ${number} -- --check    the case that catches it, and what that says\n`);
  console.log(howToTalk(options, mutant.chapter));
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
  await import(new URL(`../${folder}/main.ts`, import.meta.url).href);
}

function reveal(mutant: Mutant): void {
  const { id, chapter, story, mending, original, caughtBy } = mutant;
  console.log(`${titleOf(mutant)}\n\n${story}`);
  const folder = `chapters/${chapter.folder}`;
  for (const diff of compareFolders(root + folder, root + lay(mutant))) {
    const patch = unified(diff, folder, id).replace(/^=+\n/, "");
    console.log([paint("bold", `\n${diff.file}`), ...coloured(patch)].join("\n"));
  }
  console.log(`\n${mending}\n`);
  if (original) console.log(`The Go original has it too: docs/original-faults.md, ${original}.`);
  console.log(`Caught by ${caughtBy.map(({ id }) => id).join(" and ")}.`);
}

/** Exit code 1 if a case does not catch it. */
async function catchIt(mutant: Mutant): Promise<void> {
  const verdicts = await prove(mutant.chapter, lay(mutant, "mutants/checked"), casesOf(mutant));
  for (const verdict of verdicts) {
    console.log(`\n${verdict.test.id}`);
    if (isFailure(verdict)) console.log(verdict.report);
    else if (verdict.outcome === "not reached") console.log(`not run here: ${verdict.why}`);
    else console.log("the case passes: here, it does not catch this mutant");
  }
  process.exitCode = verdicts.some(({ outcome }) => outcome === "pass") ? 1 : 0;
}

function titleOf({ number, title, chapter }: Mutant): string {
  return paint("bold", `Mutant ${number} (${version(chapter)} ${chapter.title}): ${title}`);
}
