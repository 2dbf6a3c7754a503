/**
 * Installs what is missing, from the lock file. Plain JavaScript: it runs before anything is
 * installed. `dependencies` are enough for chapters and tests; the tools of the maintainers
 * (`devDependencies`) come when a command asks for them, and then stay.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * @typedef {{ version?: string, dev?: boolean, optional?: boolean, devOptional?: boolean }} Locked
 * @param {string} file
 * @returns {Record<string, Locked>}
 */
function packages(file) {
  return existsSync(root + file) ? JSON.parse(readFileSync(root + file, "utf8")).packages : {};
}

/** @param {{ dev: boolean }} wanted */
export function install(wanted) {
  const locked = Object.entries(packages("package-lock.json")).filter(([path]) => path !== "");
  const installed = packages("node_modules/.package-lock.json");
  // What is optional may be for another system: npm sees to it along with what it belongs to.
  const needed = locked.filter(([, { optional, devOptional }]) => !optional && !devOptional);
  const hasDev = needed.some(([path, { dev }]) => dev && installed[path] !== undefined);
  const dev = wanted.dev || hasDev;
  const missing = needed.filter(
    ([path, locked]) => (dev || !locked.dev) && installed[path]?.version !== locked.version,
  );
  if (missing.length === 0) return;
  if (!begin()) return install(wanted);
  const what = dev ? "everything, also the maintainers' tools" : "what chapters and tests need";
  console.error(
    `installing ${what}, once (${missing.length} packages are missing or out of date) …`,
  );
  const args = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  const result = npm([...args, dev ? "--include=dev" : "--omit=dev"]);
  rmSync(underway, { force: true });
  if (result.status === 0) return;
  console.error(
    "npm could not install the packages: read its message above, then type the same command again",
  );
  process.exit(1);
}

const underway = `${root}.cache/installing`;
const LOOK_MS = 200;

/** True when nobody else is installing; false when somebody was, and is done now. */
function begin() {
  mkdirSync(`${root}.cache`, { recursive: true });
  try {
    writeFileSync(underway, `${process.pid}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  console.error("another command is installing the missing packages; waiting for it …");
  while (isUnderway()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  return false;
}

/** What was left by a command that was ended in the middle is taken away. */
function isUnderway() {
  try {
    const pid = Number(readFileSync(underway, "utf8"));
    return process.kill(pid, 0); // throws when there is no such process
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH")
      rmSync(underway, { force: true });
    return false;
  }
}

/** @param {string[]} args */
function npm(args) {
  /** @type {import("node:child_process").SpawnSyncOptions} */
  const options = { cwd: root, stdio: ["ignore", "ignore", "inherit"] };
  const cli = process.env.npm_execpath ?? "";
  if (cli.endsWith("npm-cli.js")) return spawnSync(process.execPath, [cli, ...args], options);
  return spawnSync("npm", args, { ...options, shell: true }); // npm.cmd on Windows needs the shell
}
