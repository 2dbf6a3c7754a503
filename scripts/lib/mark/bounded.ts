/** Runs a program for a limited time, and leaves nothing of it running. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as pass } from "node:timers/promises";
import { endAll, MARK } from "./processes.ts";

const GRACE_MS = 2000; // for the checker to say what it has, once the time is up
const MOST_OUTPUT = 16 * 1024 * 1024; // of characters: 300 reports with room to spare

export interface Bounds {
  readonly cwd: string;
  readonly limitMs: number;
  /** Ends it at once. */
  readonly signal: AbortSignal;
  readonly env?: Readonly<Record<string, string>>;
  /** Whatever runs as this user ends with it. */
  readonly uid?: number | undefined;
}

export interface Ended {
  /** Null when a signal has ended it. */
  readonly code: number | null;
  readonly stdout: string;
  /** Also why it could not be started. */
  readonly stderr: string;
  /** Its time was up. */
  readonly late: boolean;
  /** Ids of processes that would not end. */
  readonly left: readonly number[];
}

export async function bounded(argv: readonly string[], bounds: Bounds): Promise<Ended> {
  const { cwd, env, limitMs, signal, uid } = bounds;
  const mark = randomUUID();
  const [file = "", ...args] = argv;
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env, [MARK]: mark },
    stdio: ["ignore", "pipe", "pipe"],
    detached: process.platform !== "win32", // Ctrl-C is for us: we say who ends, and when
  });
  const closed = once(child, "close").catch(() => {}); // that it did not start is said below
  const [stdout, stderr] = [child.stdout, child.stderr].map(keep);
  const time = AbortSignal.timeout(limitMs);
  const trouble = await exit(child, AbortSignal.any([time, signal]));
  const late = time.aborted && !signal.aborted && child.exitCode === null;
  if (late) await lastWords(child);
  if (process.platform === "win32" && child.exitCode === null)
    spawnSync("taskkill", ["/pid", `${child.pid}`, "/t", "/f"]);
  const left = await endAll({ mark, uid, folder: cwd });
  await Promise.race([closed, pass(GRACE_MS, undefined, { ref: false })]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  const said = { stdout: stdout?.() ?? "", stderr: trouble ?? stderr?.() ?? "" };
  return { code: child.exitCode, ...said, late, left };
}

/** Waits until it has ended, or is to end. Gives the reason if it could not be started. */
async function exit(child: ChildProcess, signal: AbortSignal): Promise<string | undefined> {
  try {
    await once(child, "exit", { signal });
  } catch (error) {
    if (!signal.aborted) return (error as Error).message;
  }
  return undefined;
}

async function lastWords(child: ChildProcess): Promise<void> {
  child.kill("SIGTERM");
  await exit(child, AbortSignal.timeout(GRACE_MS));
}

/** Collects what it prints, up to a bound. */
function keep(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (more) => {
    if (text.length < MOST_OUTPUT) text += more;
  });
  return () => text;
}
