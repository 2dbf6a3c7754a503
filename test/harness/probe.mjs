/**
 * Loaded into a chapter's process beside the chapter: asked by a message, it answers what only the
 * process itself can know. The chapter does not notice, and nothing of this is in its code. Plain
 * JavaScript, as what it is loaded into.
 */
import { subscribe } from "node:diagnostics_channel";
import { existsSync, openSync, readSync } from "node:fs";
import { extname } from "node:path";
import { pathToFileURL } from "node:url";

/**
 * @typedef {object} Vitals
 * @property {readonly string[]} tasks The names of the tasks that have not ended.
 * @property {number} sockets Connections that were accepted and are not closed.
 * @property {number} timers Timers that would hold the process.
 * @property {number} unsent Bytes that were written to a client and that even the operating system does not take.
 * @property {number} peak The most memory that the process has ever held, in MiB.
 *
 * @typedef {{ readonly running: readonly string[], go(...args: unknown[]): unknown }} Group
 */

// On Linux, maxRSS also counts what the parent held when it started this process. The file stays
// open, so that it can be read when there are no descriptors left.
const status = process.platform === "linux" ? openSync("/proc/self/status", "r") : undefined;
const page = Buffer.alloc(8192);
/** @type {Set<Group>} */
const groups = new Set();
/** @type {Set<import("node:net").Socket>} */
const sockets = new Set();

const [, main = ""] = process.argv;
const tasks = new URL(`tasks${extname(main)}`, pathToFileURL(main));
if (existsSync(tasks)) {
  /** @type {Group} */
  const prototype = (await import(tasks.href)).TaskGroup.prototype;
  const { go } = prototype;
  prototype.go = /** @this {Group} */ function (...args) {
    groups.add(this);
    return go.apply(this, args);
  };
}

subscribe("net.server.socket", (message) => {
  const { socket } = /** @type {{ socket: import("node:net").Socket }} */ (message);
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
});

const answer = () => process.connected && process.send?.(vitals());
process.on("message", answer);
process.on("exit", answer); // its last words
process.channel?.unref(); // it must not keep alive a server that has nothing left to do

/** @returns {Vitals} */
function vitals() {
  const resources = process.getActiveResourcesInfo();
  return {
    tasks: [...groups].flatMap(({ running }) => running),
    sockets: sockets.size,
    timers: resources.filter((name) => name === "Timeout").length,
    unsent: [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0),
    peak: peak(),
  };
}

/** @returns {number} */
function peak() {
  if (status === undefined) return process.resourceUsage().maxRSS / 1024;
  const length = readSync(status, page, 0, page.length, 0);
  const text = page.toString("latin1", 0, length);
  return Number(/VmHWM:\s+(\d+)/.exec(text)?.[1]) / 1024;
}
