/** `npm run loaded`: runs the tests again and again while others keep the machine busy, and says what was ever red. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonTestResults } from "vitest/node";
import { Program } from "../test/harness/program.ts";
import { command, whole } from "./lib/command.ts";
import { runScript } from "./lib/script.ts";

const HELP = `npm run loaded -- --runs 10 --busy 2             runs npm test 10 times, while 2 busy loops run
npm run loaded -- --runs 5 -- v07 -t v07/kick    gives npm test all that comes after the second --

  --runs N    run the tests N times (10)
  --busy N    keep N loops busy meanwhile; each takes as much of a core as it gets (2)
At the end it lists each test that failed, how often, and its first message; then the exit code is 1.`;

const BUSY = "const parent = process.ppid; while (process.ppid === parent);"; // it ends with us, however we end

/** What a red test said first, and how often it was red. */
type Red = Map<string, { readonly message: string; count: number }>;

const options = {
  runs: { type: "string", default: "10" },
  busy: { type: "string", default: "2" },
} as const;

await command(
  { command: "npm run loaded", help: HELP, options, names: [0, Number.POSITIVE_INFINITY] },
  async (values, vitest) => {
    const runs = whole("runs", values.runs, 1, 1000);
    const busy = whole("busy", values.busy, 0, 100);
    const loops = Array.from({ length: busy }, () => new Program([process.execPath, "-e", BUSY]));
    const red: Red = new Map();
    try {
      for (let i = 1; i <= runs; i++) console.log(`run ${i}: ${await run(vitest, red)}`);
    } finally {
      for (const loop of loops) loop.kill();
    }
    for (const [name, { message, count }] of red) {
      console.log(`\nred in ${count} of ${runs}: ${name}\n${message.replace(/^/gm, "  ")}`);
    }
    if (red.size === 0) console.log("no test failed");
    else process.exitCode = 1;
  },
);

/** One run, in words. */
async function run(vitest: readonly string[], red: Red): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "loaded-"));
  const file = join(folder, "report.json");
  const start = performance.now();
  try {
    const json = ["--reporter=json", `--outputFile=${file}`];
    const { code, stdout, stderr } = await runScript("scripts/test.ts", [...vitest, ...json]);
    const seconds = Math.round((performance.now() - start) / 1000);
    const report: Pick<JsonTestResults, "numPassedTests" | "testResults"> = existsSync(file)
      ? JSON.parse(readFileSync(file, "utf8"))
      : { numPassedTests: 0, testResults: [] };
    const failed = failures(report);
    if (code !== 0 && failed.length === 0) failed.push(["the run itself", stdout + stderr]);
    for (const [name, message] of failed) {
      const known = red.get(name);
      if (known) known.count++;
      else red.set(name, { message, count: 1 });
    }
    const names = failed.map(([name, message]) => `\n  ${name}: ${message.split("\n", 1)}`);
    return `${seconds} s, ${report.numPassedTests} passed, ${failed.length} failed${names.join("")}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The names of what was red, tests and files that could not even be loaded, and what they said. */
function failures({
  testResults,
}: Pick<JsonTestResults, "testResults">): [name: string, message: string][] {
  return testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((each) => each.status === "failed");
    if (failed.length === 0) return status === "failed" ? [[name, message]] : [];
    return failed.map(({ fullName, failureMessages }): [string, string] => [
      fullName,
      failureMessages?.[0] ?? "",
    ]);
  });
}
