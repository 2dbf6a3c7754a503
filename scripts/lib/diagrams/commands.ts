/** What the commands print that the guides and the README show. */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";
import { start } from "../script.ts";

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
  const script = `scripts/${name}.ts`;
  if (!existsSync(root + script)) throw new Refusal(`there is no such command: ${command}`);
  const args = options.split(" ").filter((word) => word !== "--" && word !== "");
  const anyPort = name === "chapter" && !args.includes("--port");
  const { child, output } = start(script, anyPort ? [...args, "--port", "0"] : args);
  child.stdout.on("data", () => {
    if (/^listening on .*\n/m.test(output.stdout)) child.kill();
  });
  await once(child, "close");
  const text = (output.stdout + output.stderr).trimEnd();
  if (!anyPort) return text;
  return text
    .replace(/( --)? --port PORT/, "")
    .replace(/ PORT$/m, " 8888")
    .replace(/:\d+$/, ":8888");
}
