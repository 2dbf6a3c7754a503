/** Runs a program of the course, or one's own, in this process: `npm run chapter`, `npm run mine`. */
import { dirname, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { plain } from "../../../test/harness/plain.ts";
import { Failure } from "../../../test/harness/transcript.ts";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";

/** Runs `main.ts` of the folder; `intro` is said as soon as it has its port. */
export async function serve(
  folder: string,
  options: readonly string[],
  intro: string,
): Promise<void> {
  process.stdout.on("error", () => {}); // the server goes on without whoever read this
  onceItListens(() => console.log(intro));
  await start(`${folder}/main.ts`, options);
}

/** Throws a {@link Refusal} with file, line and column when it is no TypeScript. */
export async function start(main: string, options: readonly string[]): Promise<void> {
  const copy = await plain(main).catch(refusal(main));
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
  process.setSourceMapsEnabled(true);
  // One's own as the check runs it: there, a type may be imported as if it were more.
  const own = !main.startsWith(`${root}chapters/`);
  await import(pathToFileURL(own && copy ? copy : main).href);
}

/** Before what the server says when it has its port: without one, there is nobody to talk to. */
function onceItListens(say: () => void): void {
  const { log } = console;
  console.log = (...words: unknown[]) => {
    console.log = log;
    if (`${words[0]}`.startsWith("listening on")) say();
    log(...words);
  };
}

/** What to make of what `plain` throws. */
export function refusal(main: string): (error: unknown) => never {
  const folder = relative("", dirname(main)).replaceAll("\\", "/");
  return (error) => {
    throw error instanceof Failure ? new Refusal(`${folder}/${error.summary}`) : error;
  };
}
