/** `npm run watch v05`: checks at every save. Options are those of check. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { watch } from "node:fs";
import { setTimeout as after } from "node:timers/promises";
import { OPTIONS_HELP, options } from "./lib/check/options.ts";
import { command } from "./lib/command.ts";
import { begun, nothingYet, type Subject, subject } from "./lib/learn/subject.ts";
import { root } from "./lib/root.ts";

const QUIET_MS = 200; // an editor may write a file in several steps

const HELP = `npm run watch v05    does what npm run check v05 does, at every save in exercises/v05
${OPTIONS_HELP}`;

await command(
  { command: "npm run watch", help: HELP, names: [1, 1], options },
  async (_, [name = ""]) => {
    const what = await subject(name);
    if (!begun(what)) throw nothingYet(what);
    await checkAgainAndAgain(what, process.argv.slice(2));
  },
);

async function checkAgainAndAgain({ id, exercise }: Subject, typed: string[]): Promise<never> {
  let stale = true;
  let wake = () => {};
  watch(exercise, { recursive: true }, (_event, file) => {
    if (!file?.endsWith(".ts")) return;
    stale = true;
    wake();
  });
  for (;;) {
    while (stale) {
      stale = false;
      await after(QUIET_MS);
      if (process.stdout.isTTY) console.clear();
      await check(typed);
      console.log(`\nwaiting for a change in exercises/${id} (Ctrl+C ends)`);
    }
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  }
}

/** In a process of its own, so that it always runs what is saved. */
async function check(typed: string[]): Promise<void> {
  const argv = [`${root}scripts/run.mjs`, `${root}scripts/check.ts`, ...typed];
  await once(spawn(process.execPath, argv, { cwd: root, stdio: "inherit" }), "close");
}
