/** `npm test`: every chapter against its own cases, the newest against all; `npm test v05`, `npm test -- --all`: against all. */
import { readdirSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { command, Refusal } from "./lib/command.ts";
import { find, unknown } from "./lib/find.ts";
import { root } from "./lib/root.ts";
import { vitest } from "./lib/vitest.ts";

const HELP = `npm test             runs each chapter against its own new cases, and the newest server against all cases;
                     also the unit tests, and the tests of the commands that learners use
npm test -- --all    runs each chapter against every case that holds for it, and the tests of all commands
npm test v05         runs only chapter v05, against every case that holds for it
npm test proxy       runs the test files with this word in their path
Options after -- are for vitest: npm test v05 -- -t rename-taken`;

await command({ command: "npm test", help: HELP, passesOn: ["all"] }, async (_, __, typed) => {
  const args = typed.filter((each) => each !== "--all");
  const first = args.findIndex((each) => each.startsWith("-"));
  const names = first === -1 ? args : args.slice(0, first);
  const files = names.map(filter);
  if (files.length === 0 && args.length === typed.length) process.env.PROVE = "brief";
  const program = vitest();
  const rest = args.slice(names.length);
  process.argv.splice(1, Number.POSITIVE_INFINITY, program, "run", ...files, ...rest);
  await import(pathToFileURL(program).href).catch((error) => {
    throw error.name === "CACError" ? new Refusal(error.message) : error; // an option that vitest does not know
  });
});

/** The test file of a chapter, by any of its names; any other word must be in the path of one. */
function filter(name: string): string {
  const chapter = find(name);
  if (chapter) return `test/chapters/${chapter.id}.test.ts`;
  const files = ["test", "scripts"].flatMap((folder) =>
    readdirSync(root + folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .map((file) => `${folder}/${file}`.replaceAll("\\", "/")),
  );
  if (files.some((file) => file.includes(name.replace(/^\.\//, "")))) return name;
  throw new Refusal(unknown(name));
}
