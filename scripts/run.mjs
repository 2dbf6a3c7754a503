/**
 * `node scripts/run.mjs [--dev] FILE …`: the way in to every command of package.json.
 * Installs what is missing (`--dev`: the maintainers' tools too), then runs FILE in this process.
 */
import { closeSync } from "node:fs";
import { resolve } from "node:path";
import { isatty } from "node:tty";
import { fileURLToPath, pathToFileURL } from "node:url";
import { install } from "./lib/install.mjs";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`this needs Node 20.19 or newer (https://nodejs.org), not ${process.version}`);
  process.exit(1);
}

// tsx takes what stands behind a ? for no part of a path.
if (fileURLToPath(import.meta.url).includes("?")) {
  console.error(`this cannot run in ${resolve()}: give the folder a name without a ?`);
  process.exit(1);
}

const args = process.argv.slice(2);
const dev = args[0] === "--dev";
const [file = "", ...rest] = dev ? args.slice(1) : args;
const option = rest.findIndex((arg) => arg.startsWith("-"));
if (rest[option] === "--") rest.splice(option, 1); // npm keeps it for itself, pnpm hands it on

process.stdout.on("error", (error) => {
  if (process.stdout.listenerCount("error") > 1) return; // a server: it goes on
  // Nobody reads on, as in `npm run diff v05 | head`; or it goes to a disk that is full.
  if (/** @type {NodeJS.ErrnoException} */ (error).code === "EPIPE") process.exit();
  console.error(`cannot write the output: ${error.message}`);
  process.exit(1);
});

// Node 20 aborts at its end when a terminal that it began with is gone: it must not find it (nodejs/node#58200).
const terminals = [0, 1, 2].filter(isatty);
process.on("exit", () => {
  for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
});

install({ dev });
if (file.endsWith(".ts")) {
  const { register } = await import("tsx/esm/api");
  register();
}
process.argv.splice(1, Infinity, resolve(file), ...rest);
await import(pathToFileURL(resolve(file)).href);
