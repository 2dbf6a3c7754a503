/** The client of v09 is no server: it has tests of its own, which type into a terminal in memory. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Case } from "../../../test/harness/case.ts";
import { STOPPED, type Verdict } from "../../../test/harness/run.ts";
import { root } from "../root.ts";
import { type VitestReport, vitest } from "../vitest.ts";
import type { Subject } from "./subject.ts";

type Files = VitestReport["testResults"];

/** A verdict for each test. They say themselves what they find, unless it is to be `quiet`. */
export async function clientTests({ exercise }: Subject, quiet = false): Promise<Verdict[]> {
  const folder = mkdtempSync(join(tmpdir(), "client-"));
  const file = join(folder, "report.json");
  const argv = [vitest(), "run", "test/chapters/v09.test.ts", "--bail=1", "--reporter=default"];
  try {
    const child = spawn(process.execPath, [...argv, "--reporter=json", `--outputFile=${file}`], {
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

function verdicts(files: Files): Verdict[] {
  return files.flatMap(({ status, message, assertionResults }) => {
    if (status === "failed" && assertionResults.length === 0) return failed("v09/client", message);
    return assertionResults.map(({ title, status, duration = 0, failureMessages }) => {
      const seconds = duration / 1000;
      if (status === "failed") return failed(title, failureMessages?.join("\n") ?? "", seconds);
      const test = named(title);
      if (status === "passed") return { test, outcome: "pass", why: "", report: "", seconds };
      return { test, outcome: "not reached", why: STOPPED, report: "", seconds };
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
