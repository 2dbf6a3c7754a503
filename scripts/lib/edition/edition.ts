/** A copy of the course for students: what they are to find out themselves is not in it. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { buildSync } from "esbuild";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { extras } from "../../../extras/index.ts";
import { HELD_BACK } from "../held-back.ts";
import { hasClient, task } from "../learn/subject.ts";
import { root } from "../root.ts";

/** Of what lies in the course's folder; a teacher may keep other things there. */
const COURSE =
  /^(|(chapters|docs|extras|scripts|test)(\/.*)?|README\.md|LICENSE|\.npmrc|\.git(attributes|ignore)|(package(-lock)?|tsconfig|biome)\.json|vitest\.config\.ts)$/;

/** The teacher's and the maintainers', and what tells how the chapters do it. */
const NOT_THEIRS =
  /^(chapters\/not-carried\.ts|docs\/(classroom|(teaching|mutants|from-go|performance)\.md)|extras\/[^/]+\/solution\.patch|scripts\/.*\.test\.ts|test\/unit)$/;

/** The commands for these. */
const NOT_THEIR_COMMANDS =
  /^(mark|student-edition|diagrams|docs.*|matrix|mutants?|extras|steps|peers|bench.*|carry|new-chapter|types|lint|format)$/;

const NOT_HERE = "not in this edition of the course";

const PACKAGE = JSON.parse(read("package.json")) as {
  readonly scripts: Readonly<Record<string, string>>;
};

const isIn = (path: string, { folder }: Chapter) => path.startsWith(`chapters/${folder}/`);
const isClient = (chapter: Chapter) => chapter === chapters.find(hasClient);
const isLogin = ({ id }: Chapter) => id === "v15"; // a server is tried with tokens before it is right
const testOf = (id: string) => `test/chapters/${id}.test.ts`;
const isTestOf = (path: string, id: string) => path.startsWith(`test/chapters/${id}`);

/** Lays it for a class whose next exercise is `next`: the chapters before are there, with code and guide. */
export function layEdition(to: string, next: Chapter): void {
  const held = chapters.slice(chapters.indexOf(next));
  const isTheirs = (path: string) => stays(relative(root, path).replaceAll("\\", "/"), held);
  cpSync(root, to, { recursive: true, filter: isTheirs });
  for (const chapter of held) holdBack(`${to}/chapters/${chapter.folder}`, chapter);
  for (const { id } of extras)
    writeFileSync(`${to}/extras/${id}/${HELD_BACK}`, `the solution of ${id} is ${NOT_HERE}\n`);
  for (const { folder } of held.filter(hasClient))
    bundle(`chapters/${folder}/client/main.ts`, "The client of the course", to);
  if (held.some(isLogin)) bundle("scripts/token.ts", "The tokens of the course", to);
  writeFileSync(`${to}/package.json`, packageOf(held));
  writeFileSync(`${to}/.gitignore`, read(".gitignore").replace("exercises/\n", "")); // they hand it in
  writeFileSync(`${to}/README.md`, read("README.md").replace("\n\n", `\n\n${note(held)}\n\n`));
}

/** Whether a file or folder of the course is in it, while these chapters are held back. */
function stays(path: string, held: readonly Chapter[]): boolean {
  if (!COURSE.test(path) || NOT_THEIRS.test(path)) return false;
  const chapter = held.find((each) => isIn(path, each));
  const file = path.split("/").at(-1) ?? "";
  if (chapter) return file === "EXERCISE.md" || given(chapter).includes(file);
  const tested = held.find(({ id }) => isTestOf(path, id));
  return tested === undefined || isClient(tested); // from there, a student's own client is tested
}

/** With what the first exercise begins, its starter aside; each other one begins with the chapter before. */
function given(chapter: Chapter): string[] {
  if (chapter !== chapters[0]) return [];
  const { starter } = task(read(`chapters/${chapter.folder}/EXERCISE.md`));
  return Object.keys(chapter.changes).filter((file) => !starter.has(file));
}

/** In the place of the code stands why it is not there: for whoever starts it, and for whoever reads it. */
function holdBack(folder: string, chapter: Chapter): void {
  const line = `the code of ${chapter.id} is ${NOT_HERE}: you write it, npm run exercise ${chapter.id}`;
  const stub = `console.error(${JSON.stringify(line)});\nprocess.exit(1);\n`;
  if (chapter === chapters[0]) {
    writeFileSync(
      `${folder}/server.ts`,
      `${stub}export class Server {} // which main.ts asks for\n`,
    );
  } else {
    writeFileSync(`${folder}/main.ts`, stub);
    writeFileSync(`${folder}/${HELD_BACK}`, `${line}\n`);
  }
}

/** What can be used, and hardly be read: one file, with short names. */
function bundle(file: string, what: string, to: string): void {
  buildSync({
    ...{ entryPoints: [root + file], outfile: `${to}/${file}`, allowOverwrite: true },
    ...{ bundle: true, minify: true, platform: "node", format: "esm" },
    banner: { js: `/** ${what}; its code is ${NOT_HERE}. */` },
  });
}

function packageOf(held: readonly Chapter[]): string {
  const theirs = Object.entries(PACKAGE.scripts).filter(([name]) => !NOT_THEIR_COMMANDS.test(name));
  const scripts = Object.fromEntries(theirs);
  const client = held.find(isClient);
  if (client) scripts.test += ` --exclude ${testOf(client.id)}`;
  return `${JSON.stringify({ ...PACKAGE, scripts }, null, 2)}\n`;
}

function note(held: readonly Chapter[]): string {
  const [first, last] = [held[0]?.id, held.at(-1)?.id];
  return `> **This is the edition for students.** Of ${first} to ${last} it holds the tasks, and neither code nor guide: you
> write them (\`npm run exercise ${first}\`). What this page says of their code, the museum and the site is about the
> whole course.`;
}

function read(file: string): string {
  return readFileSync(root + file, "utf8");
}
