/** `npm run carry v03`: carries a change of one chapter through all the later ones. */
import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { notCarried } from "../chapters/not-carried.ts";
import { abort, begin, goOn, rehearse } from "./lib/carry/chain.ts";
import { report } from "./lib/carry/report.ts";
import { complain, Refusal } from "./lib/refusal.ts";
import { root } from "./lib/root.ts";

const USAGE = `usage: npm run carry v03 [-- OPTIONS]   carries what is not committed of v03 through v04 and on
  --commit REV   what that commit did to it, instead
  --since REV    all that was done to it since that commit, instead
  --dry-run      only says what would happen
  --no-test      does not run each chapter's cases after its hop
npm run carry -- --continue             goes on after a stop, from what you made of it
npm run carry -- --abort                puts the later chapters back as they were
npm run carry -- --check                says which changes have not reached a later chapter`;

const flag = { type: "boolean" } as const;
const OPTIONS = {
  commit: { type: "string" },
  since: { type: "string" },
  "dry-run": flag,
  "no-test": flag,
  continue: flag,
  abort: flag,
  check: flag,
  help: flag,
} as const;

try {
  refuseEaten();
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  process.exitCode = run(values, positionals) ? 0 : 1;
} catch (error) {
  complain(error);
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>["values"];

/** False when something is left to mend. */
function run(values: Values, names: readonly string[]): boolean {
  const [name] = names;
  const say = (line: string) => console.log(line);
  const setting = { root, course: chapters, say, prove: values["no-test"] ? undefined : prove };
  const alone = values.continue || values.abort || values.check;
  if (values.help || names.length > 1 || (name === undefined) === !alone) {
    console.log(USAGE);
    return values.help === true;
  }
  if (values.check) return report(root, chapters, notCarried, say);
  if (values.continue) return goOn(setting);
  if (values.abort) abort(setting);
  else if (values["dry-run"]) rehearse(setting, `${name}`, values);
  else return begin(setting, `${name}`, values);
  return true;
}

/** Runs the chapter's cases; what they print is shown when one is red. */
function prove({ id }: Chapter): boolean {
  const argv = ["scripts/run.mjs", "node_modules/vitest/vitest.mjs", "run"];
  const args = [...argv, `test/chapters/${id}.test.ts`];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) console.log(stdout + stderr);
  return status === 0;
}

/** Without the `--`, npm takes the options for its own: a rehearsal would be no rehearsal. */
function refuseEaten(): void {
  const eaten = ["commit", "since", "dry_run", "continue", "abort", "check"];
  const key = eaten.find((each) => `npm_config_${each}` in process.env);
  const option = key ?? (process.env.npm_config_test === "" ? "no_test" : undefined);
  if (option === undefined) return;
  throw new Refusal(`options go behind --: npm run carry … -- --${option.replace("_", "-")}`);
}
