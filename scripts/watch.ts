/** `npm run watch v05`: checks at every save. Options are those of check. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { sources } from "../chapters/sources.ts";
import { OPTIONS_HELP, options } from "./lib/check/options.ts";
import { command } from "./lib/command.ts";
import { begun, nothingYet, type Subject, subject } from "./lib/learn/subject.ts";
import { root } from "./lib/root.ts";

const LOOK_MS = 200; // soon enough for whoever has just saved, and next to no work

const HELP = `npm run watch v05    runs npm run check v05 each time you save a file in exercises/v05
${OPTIONS_HELP}`;

await command(
  { command: "npm run watch", help: HELP, names: [1, 1], options },
  async (_, [name = ""]) => {
    const what = await subject(name);
    if (!begun(what)) throw nothingYet(what);
    await checkAgainAndAgain(what, process.argv.slice(2));
  },
);

/**
 * It looks at the files themselves: what a system tells of changes in a folder ends when an editor saves by
 * renaming, or when the folder is put aside. Two looks alike, since a file may be written in several steps.
 */
async function checkAgainAndAgain({ id, exercise }: Subject, typed: string[]): Promise<never> {
  let [checked, before] = ["", ""];
  for (;;) {
    const now = savedIn(exercise);
    if (now === before && now !== checked && now !== "") {
      checked = now;
      if (process.stdout.isTTY) console.clear();
      await check(typed);
      console.log(`\nwaiting for a change in exercises/${id} (Ctrl+C ends this)`);
    }
    before = now;
    await after(LOOK_MS);
  }
}

/** Which files there are, and when each was saved; nothing while one of them is just being replaced. */
function savedIn(folder: string): string {
  try {
    const files = [...sources(folder).keys()];
    return files.map((file) => `${file} ${statSync(`${folder}/${file}`).mtimeMs}`).join("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return "";
  }
}

/** In a process of its own, so that it always runs what is saved. */
async function check(typed: string[]): Promise<void> {
  const argv = [`${root}scripts/run.mjs`, `${root}scripts/check.ts`, ...typed];
  await once(spawn(process.execPath, argv, { cwd: root, stdio: "inherit" }), "close");
}
