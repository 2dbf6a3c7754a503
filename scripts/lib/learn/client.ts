/** The client of v09 is no server: it has tests of its own, which type into a terminal in memory. */
import { spawn } from "node:child_process";
import { root } from "../root.ts";
import { vitest } from "../vitest.ts";
import type { Subject } from "./subject.ts";

/** Whether all of them pass. They say themselves what they find, unless it is to be `quiet`. */
export function clientTests({ exercise }: Subject, quiet = false): Promise<boolean> {
  const argv = [vitest(), "run", "test/chapters/v09.test.ts", "--bail=1"];
  const child = spawn(process.execPath, argv, {
    cwd: root,
    stdio: quiet ? "ignore" : ["ignore", "inherit", "inherit"],
    env: { ...process.env, CLIENT: exercise },
  });
  return new Promise((resolve) => child.on("close", (code) => resolve(code === 0)));
}
