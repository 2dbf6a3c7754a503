/** The course's own code in what was handed in: copied, or started. Who renames a variable is not seen. */
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chapters } from "../../../chapters/manifest.ts";
import { sources } from "../../../chapters/sources.ts";
import { namedIn } from "../find.ts";
import { root } from "../root.ts";
import { codeLines } from "../source.ts";
import { isPartOf, type Submission } from "./submission.ts";

const MOST = 256 * 1024; // bytes of a file that is looked at; the course's are all smaller
/** Whoever begins with v01 is given these. */
const GIVEN = ["v01/main.ts", "v01/tasks.ts", "v01/lines.ts"];
const LEAST = 5; // lines of code: fewer may be alike by chance

/** In one line: what of it is the course's. Undefined if nothing is seen. */
export function copied({ folder, chapter }: Submission): string | undefined {
  const solution = solutionOf(chapter);
  for (const file of readdirSync(folder, { encoding: "utf8", recursive: true })) {
    const path = join(folder, file);
    const found = lstatSync(path);
    if (!found.isFile() || found.size > MOST || !isPartOf(folder, path)) continue;
    const text = readFileSync(path, "utf8");
    const named = namedIn(text);
    if (named) return `${file} names the course's ${named}`;
    const from = file.endsWith(".ts") && solution.get(code(text));
    if (from) return `${file} is the course's own, of ${from}`;
  }
  return undefined;
}

/** By their code, the files that come with this chapter or a later one: what one begins with is everybody's. */
function solutionOf(chapter: string): Map<string, string> {
  const first = new Map<string, string>();
  for (const { id, folder } of chapters)
    for (const [file, text] of sources(`${root}chapters/${folder}`))
      if (!first.has(code(text))) first.set(code(text), GIVEN.includes(`${id}/${file}`) ? "" : id);
  const isOwn = ([text, id]: [string, string]) => id >= chapter && text.split("\n").length >= LEAST;
  return new Map([...first].filter(isOwn));
}

const code = (text: string) => codeLines(text).join("\n");
