/** What the commands print that the guides and the README show. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";

/** By command, `npm run -s chapter v07 -- --idle-timeout 3`; one after the other. */
export async function runAll(commands: Iterable<string>): Promise<Map<string, string>> {
  const printed = new Map<string, string>();
  for (const command of commands) printed.set(command, await run(command));
  return printed;
}

/**
 * To its end, or until it serves. A server takes any free port, and what it says is told as if
 * 8888, which may be in use here, had been free.
 */
async function run(command: string): Promise<string> {
  const [, name = "", options = ""] = /^npm run -s (\S+) ?(.*)$/.exec(command) ?? [];
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(
    readFileSync(`${root}package.json`, "utf8"),
  );
  const script = scripts[name];
  if (script === undefined) throw new Refusal(`there is no such command: ${command}`);
  const args = options.split(" ").filter((word) => word !== "--");
  const anyPort = name === "chapter" && !args.includes("--port");
  const argv = [...script.split(" ").slice(1), ...args, ...(anyPort ? ["--port", "0"] : [])];
  const child = spawn(process.execPath, argv, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      if (/^listening on .*\n/m.test(text)) child.kill();
    });
  }
  await once(child, "close");
  if (!anyPort) return text.trimEnd();
  return text
    .trimEnd()
    .replace(/( --)? --port PORT/, "")
    .replace(/ PORT$/m, " 8888")
    .replace(/:\d+$/, ":8888");
}
