/** Runs the commands of package.json, less npm. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { root } from "./root.ts";

type Env = Record<string, string>;

/** It ends with us, if not before. `course` is the folder of ours, or of a copy. */
export function start(script: string, args: string[], env: Env = {}, course = root) {
  const argv = ["scripts/run.mjs", script, ...args];
  const child = spawn(process.execPath, argv, { cwd: course, env: { ...process.env, ...env } });
  const output = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => {
    output.stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    output.stderr += text;
  });
  const end = () => child.kill();
  process.once("exit", end);
  child.once("close", () => process.off("exit", end));
  return { child, output };
}

/** Runs it to its end. */
export async function runScript(script: string, args: string[], env?: Env, course?: string) {
  const { child, output } = start(script, args, env, course);
  const [code] = await once(child, "close");
  return { code, ...output };
}
