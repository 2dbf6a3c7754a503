/**
 * `node scripts/run.mjs [--dev] FILE …`: the way in to every command of package.json.
 * Installs what is missing (`--dev`: the maintainers' tools too), then runs FILE in this process.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "./install.mjs";

const args = process.argv.slice(2);
const dev = args[0] === "--dev";
const [file = "", ...rest] = dev ? args.slice(1) : args;

install({ dev });
if (file.endsWith(".ts")) {
  const { register } = await import("tsx/esm/api");
  register();
}
process.argv.splice(1, Infinity, resolve(file), ...rest);
await import(pathToFileURL(resolve(file)).href);
