/** `npm run carry v03`: carries a change of one chapter through all the later ones. */
import { spawnSync } from "node:child_process";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { notCarried } from "../chapters/not-carried.ts";
import { abort, begin, goOn, rehearse } from "./lib/carry/chain.ts";
import { report } from "./lib/carry/report.ts";
import { command, Refusal } from "./lib/command.ts";
import { root } from "./lib/root.ts";
import { vitest } from "./lib/vitest.ts";

const help = `npm run carry v03    makes the uncommitted changes of v03 in all later chapters, too
  --commit REV       carry the changes of this commit instead (none)
  --since REV        carry all changes since this commit instead (none)
  --dry-run          only say what would happen (off)
  --no-test          do not run the cases of each chapter after its change (off)
without a chapter:
  --continue         go on after a stop, when you have mended the files (off)
  --abort            put the later chapters back as they were (off)
  --check            say which changes have not reached a later chapter (off)`;

const flag = { type: "boolean" } as const;
const options = {
  commit: { type: "string" },
  since: { type: "string" },
  "dry-run": flag,
  "no-test": flag,
  continue: flag,
  abort: flag,
  check: flag,
} as const;

await command({ command: "npm run carry", help, options, names: [0, 1] }, (values, [name]) => {
  if (process.env.npm_config_test === "")
    // what npm makes of --no-test
    throw new Refusal("put options after --: npm run carry -- --no-test");
  const say = (line: string) => console.log(line);
  const setting = { root, course: chapters, say, prove: values["no-test"] ? undefined : prove };
  const alone = (["continue", "abort", "check"] as const).find((each) => values[each]);
  if (alone && name !== undefined) throw new Refusal(`--${alone} takes no chapter: not ${name}`);
  if (!alone && name === undefined)
    throw new Refusal("which chapter? For example: npm run carry v03");
  let done = true;
  if (alone === "check") done = report(root, chapters, notCarried, say);
  else if (alone === "continue") done = goOn(setting);
  else if (alone === "abort") abort(setting);
  else if (values["dry-run"]) rehearse(setting, `${name}`, values);
  else done = begin(setting, `${name}`, values);
  process.exitCode = done ? 0 : 1;
});

/** Runs the chapter's cases; what they print is shown when one is red. */
function prove({ id }: Chapter): boolean {
  const argv = ["scripts/run.mjs", vitest(), "run"];
  const args = [...argv, `test/chapters/${id}.test.ts`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) console.log(stdout + stderr);
  return status === 0;
}
