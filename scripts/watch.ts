/** `npm run watch v05`: checks at every save. Options are those of check. */
import { spawn } from "node:child_process";
import { watch } from "node:fs";
import { begun, subject } from "./lib/learn/subject.ts";
import { fail } from "./lib/options.ts";
import { root } from "./lib/root.ts";

const QUIET_MS = 200; // an editor may write a file in several steps

const [name = "", ...rest] = process.argv.slice(2);
if (name === "" || name.startsWith("-")) fail("watch what? For example: npm run watch v05");
const what = await subject(name);
if (!begun(what))
  fail(`there is nothing in exercises/${what.id} yet: npm run exercise ${what.id} lays it`);

let stale = true;
let wake = () => {};
watch(what.exercise, { recursive: true }, (_event, file) => {
  if (!file?.endsWith(".ts")) return;
  stale = true;
  wake();
});

for (;;) {
  while (stale) {
    stale = false;
    await quiet();
    if (process.stdout.isTTY) console.clear();
    await check();
    console.log(`\nwaiting for a change in exercises/${what.id} (Ctrl+C ends)`);
  }
  await new Promise<void>((resolve) => {
    wake = resolve;
  });
}

function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, QUIET_MS));
}

/** In a process of its own, so that it always runs what is saved. */
function check(): Promise<void> {
  const argv = [`${root}scripts/run.mjs`, `${root}scripts/check.ts`, what.id, ...rest];
  const child = spawn(process.execPath, argv, { cwd: root, stdio: "inherit" });
  return new Promise((resolve) => child.on("close", () => resolve()));
}
