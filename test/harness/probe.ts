/**
 * Loaded into a chapter's process beside the chapter: asked by a message, it answers what only the
 * process itself can know. The chapter does not notice, and nothing of this is in its code.
 */
import { subscribe } from "node:diagnostics_channel";
import { existsSync, openSync, readSync } from "node:fs";
import type { Socket } from "node:net";
import { pathToFileURL } from "node:url";

export interface Vitals {
  /** The names of the tasks that have not ended. */
  readonly tasks: readonly string[];
  /** Connections that were accepted and are not closed. */
  readonly sockets: number;
  /** Timers that would hold the process. */
  readonly timers: number;
  /** Bytes that were written to a client and that even the operating system does not take. */
  readonly unsent: number;
  /** The most memory that the process has ever held, in MiB. */
  readonly peak: number;
}

interface Group {
  readonly running: readonly string[];
  go(...args: unknown[]): unknown;
}

// On Linux, maxRSS also counts what the parent held when it started this process. The file stays
// open, so that it can be read when there are no descriptors left.
const status = process.platform === "linux" ? openSync("/proc/self/status", "r") : undefined;
const page = Buffer.alloc(8192);
const groups = new Set<Group>();
const sockets = new Set<Socket>();

const tasks = new URL("tasks.ts", pathToFileURL(process.argv[1] ?? ""));
if (existsSync(tasks)) {
  const prototype: Group = (await import(tasks.href)).TaskGroup.prototype;
  const { go } = prototype;
  prototype.go = function (this: Group, ...args) {
    groups.add(this);
    return go.apply(this, args);
  };
}

subscribe("net.server.socket", (message) => {
  const { socket } = message as { socket: Socket };
  sockets.add(socket);
  socket.once("close", () => sockets.delete(socket));
});

const answer = () => process.connected && process.send?.(vitals());
process.on("message", answer);
process.on("exit", answer); // its last words
process.channel?.unref(); // it must not keep alive a server that has nothing left to do

function vitals(): Vitals {
  const resources = process.getActiveResourcesInfo();
  return {
    tasks: [...groups].flatMap(({ running }) => running),
    sockets: sockets.size,
    timers: resources.filter((name) => name === "Timeout").length,
    unsent: [...sockets].reduce((sum, { writableLength }) => sum + writableLength, 0),
    peak: peak(),
  };
}

function peak(): number {
  if (status === undefined) return process.resourceUsage().maxRSS / 1024;
  const length = readSync(status, page, 0, page.length, 0);
  const text = page.toString("latin1", 0, length);
  return Number(/VmHWM:\s+(\d+)/.exec(text)?.[1]) / 1024;
}
