/**
 * A program of the course as plain JavaScript, made once for all who start it: through tsx, each start takes
 * more than twice as long. What a stack names is the original, file and line.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, posix } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type BuildFailure, build, type Metafile, transform } from "esbuild";
import { Failure } from "./transcript.ts";

const COPIES = fileURLToPath(new URL("../../.cache/plain/", import.meta.url));
const CHAPTERS = fileURLToPath(new URL("../../chapters/", import.meta.url));
const OLD_MS = 24 * 60 * 60 * 1000; // nobody still starts what was last started a day ago

/** Who starts code by a name that only the running program knows needs tsx there, too. */
const STARTS = /["'](node:)?(worker_threads|child_process|cluster)["']|\bimport\(\s*[^\s"']/;

type Code = ReadonlyMap<string, string>;
type Inputs = Metafile["inputs"];

const made = new Map<string, Promise<boolean>>();

/**
 * The copy of a program, beside those of the files that it imports. Undefined when that is more than TypeScript in
 * one folder: only tsx can start it then. Throws a {@link Failure} with file, line and column for what is no TypeScript.
 */
export async function plain(main: string): Promise<string | undefined> {
  const folder = realpathSync(dirname(main));
  const code = read(folder);
  if ([...code.values()].some((text) => STARTS.test(text))) return undefined;
  const copy = COPIES + fingerprint(main, code);
  if (!made.has(copy)) made.set(copy, make(folder, code, basename(main), copy));
  try {
    return (await made.get(copy)) ? join(copy, javascript(basename(main))) : undefined;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure("crash", error.summary, error.details); // each case writes its report into its own
  }
}

/** A folder's code, by its names with slashes. */
function read(folder: string): Code {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const code = files.filter((file) => /\.[jt]s$/.test(file) && !file.includes("node_modules"));
  return new Map(
    code.map((file) => [file.replaceAll("\\", "/"), readFileSync(join(folder, file), "utf8")]),
  );
}

/** Of all that the copy depends on, the way it is made included. */
function fingerprint(main: string, code: Code): string {
  const way = readFileSync(fileURLToPath(import.meta.url), "utf8");
  const all = JSON.stringify([main, process.version, way, ...code]);
  return createHash("sha256").update(all).digest("hex").slice(0, 16);
}

const javascript = (name: string) => name.replace(/\.ts$/, ".js");

/** False when there can be no copy. */
async function make(folder: string, code: Code, main: string, copy: string): Promise<boolean> {
  if (existsSync(copy)) {
    utimesSync(copy, new Date(), new Date());
    return true;
  }
  const inputs = await imported(folder, main);
  const names = Object.keys(inputs);
  if (names.some((name) => !code.has(name))) return false;
  prune();
  mkdirSync(COPIES, { recursive: true });
  const half = mkdtempSync(`${COPIES}half-`); // another process may be looking for a whole one
  for (const name of names) {
    const text = await translate(folder, name, code.get(name) ?? "", inputs);
    mkdirSync(dirname(join(half, name)), { recursive: true });
    writeFileSync(join(half, javascript(name)), text);
  }
  try {
    renameSync(half, copy);
  } catch (error) {
    rmSync(half, { recursive: true });
    if (!existsSync(copy)) throw error; // otherwise another process was faster
  }
  return true;
}

/** What the program is made of, in the folder and beyond, packages excepted; all of it can be translated and linked. */
async function imported(folder: string, main: string): Promise<Inputs> {
  try {
    const { metafile } = await build({
      ...options(folder),
      absWorkingDir: folder,
      entryPoints: [main],
      bundle: true,
      platform: "node",
      packages: "external",
      logLevel: "silent",
      metafile: true,
      write: false,
    });
    return metafile.inputs;
  } catch (error) {
    const [, first] = (error as BuildFailure).message.split("\n"); // the one before says how many there are
    if (!first || !("errors" in (error as BuildFailure))) throw error;
    throw new Failure("crash", first, { where: first });
  }
}

/** One file without its types, and with the new names of what it imports. */
async function translate(folder: string, name: string, text: string, inputs: Inputs) {
  const url = pathToFileURL(join(folder, name)).href;
  let { code } = await transform(text, {
    ...options(folder),
    loader: "ts",
    sourcefile: url,
    sourcemap: "inline",
    sourcesContent: false,
    define: { "import.meta.url": JSON.stringify(url) },
  });
  for (const { path, original, external } of inputs[name]?.imports ?? []) {
    if (external) continue;
    const renamed = `./${javascript(posix.relative(posix.dirname(name), path))}`;
    for (const before of ["from ", "import ", "import("]) {
      code = code.replaceAll(`${before}"${original}"`, () => `${before}"${renamed}"`);
    }
  }
  return code;
}

function options(folder: string) {
  // tsconfig.json is about the chapters; elsewhere, a learner may import a type as if it were more.
  const verbatimModuleSyntax = folder.startsWith(CHAPTERS);
  return {
    format: "esm",
    target: `node${process.versions.node}`,
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax } },
  } as const;
}

function prune(): void {
  if (!existsSync(COPIES)) return;
  for (const name of readdirSync(COPIES)) {
    const path = COPIES + name;
    const used = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - used > OLD_MS) rmSync(path, { recursive: true, force: true });
  }
}
