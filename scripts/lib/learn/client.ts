/** The client of v09 is no server: it has tests of its own, which type into a terminal in memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { JsonTestResult } from "vitest/node";
import type { Case } from "../../../test/harness/case.ts";
import { STOPPED, type Verdict } from "../../../test/harness/run.ts";
import { root } from "../root.ts";
import { vitest } from "../vitest.ts";
import type { Subject } from "./subject.ts";

export interface How {
  /** They say themselves what they find, unless they are to be quiet. */
  readonly quiet: boolean;
  /** Go on after a failure. */
  readonly all: boolean;
}

/** What this machine lacks (python3, /dev/full), so that a test could not be made. */
const NOT_HERE = "this machine does not have what the test needs";

/** A verdict for each test. */
export async function clientTests({ exercise }: Subject, { quiet, all }: How): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "client-"));
  const file = join(folder, "report.json");
  const tests = [vitest(), "run", "test/chapters/v09.test.ts", `--bail=${all ? 0 : 1}`];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${file}`];
  try {
    const child = spawn(process.execPath, [...tests, ...reporters], {
      cwd: root,
      stdio: quiet ? "ignore" : ["ignore", "inherit", "inherit"],
      env: { ...process.env, CLIENT: exercise },
    });
    await once(child, "close");
    return verdicts(JSON.parse(readFileSync(file, "utf8")).testResults);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function verdicts(files: readonly JsonTestResult[]): Verdict[] {
  const stopped = files.some(({ status }) => status === "failed");
  return files.flatMap(({ status, message, assertionResults }) => {
    if (status === "failed" && assertionResults.length === 0) return failed("v09/client", message);
    return assertionResults.map(({ title, status, duration, failureMessages }) => {
      const seconds = (duration ?? 0) / 1000;
      if (status === "failed") return failed(title, failureMessages?.join("\n") ?? "", seconds);
      const test = named(title);
      if (status === "passed") return { test, outcome: "pass", why: "", report: "", seconds };
      const why = stopped ? STOPPED : NOT_HERE;
      return { test, outcome: "not reached", why, report: "", seconds };
    });
  });
}

function failed(title: string, report: string, seconds = 0): Verdict {
  return {
    test: named(title),
    outcome: "fail",
    why: report.split("\n", 1).join(),
    report,
    seconds,
  };
}

/** Its title is `v09/menu: each entry leads where it says`. */
function named(title: string): Case {
  const [id = "", ...clause] = title.split(": ");
  return { id, since: "v09", clause: clause.join(": "), run: async () => {} };
}
