/**
 * `node scripts/run.mjs [--dev] FILE …`: the way in to every command of package.json.
 * Installs what is missing (`--dev`: the maintainers' tools too), then runs FILE in this process.
 */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { install } from "./lib/install.mjs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`this needs Node 20.19 or newer (https://nodejs.org), not ${process.version}`);
  process.exit(1);
}

const args = process.argv.slice(2);
const dev = args[0] === "--dev";
const [file = "", ...rest] = dev ? args.slice(1) : args;

process.stdout.on("error", (error) => {
  // Nobody reads on, as in `npm run diff v05 | head`; or it goes to a disk that is full.
  if (/** @type {NodeJS.ErrnoException} */ (error).code === "EPIPE") process.exit();
  console.error(`cannot write the output: ${error.message}`);
  process.exit(1);
});

install({ dev });
if (file.endsWith(".ts")) {
  const { register } = await import("tsx/esm/api");
  register();
}
process.argv.splice(1, Infinity, resolve(file), ...rest);
await import(pathToFileURL(resolve(file)).href);
