/** Runs a program for a limited time, and leaves nothing of it running. */
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { setTimeout as pass } from "node:timers/promises";
import { endAll, MARK } from "./processes.ts";

const LAST_WORDS_MS = 2000; // what it has printed is there when it ends; only who else holds the pipe is late
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
  const [stdout, stderr] = [keep(child.stdout), keep(child.stderr)];
  const closed = once(child, "close").catch((error: Error) => error.message); // it could not be started
  const time = AbortSignal.timeout(limitMs);
  await once(child, "exit", { signal: AbortSignal.any([time, signal]) }).catch(() => {});
  const late = time.aborted && child.exitCode === null;
  if (process.platform === "win32" && child.exitCode === null)
    spawnSync("taskkill", ["/pid", `${child.pid}`, "/t", "/f"]);
  const left = await endAll({ mark, uid, folder: cwd });
  const trouble = await Promise.race([closed, pass(LAST_WORDS_MS, undefined, { ref: false })]);
  for (const stream of [child.stdout, child.stderr]) stream.destroy();
  const complaint = typeof trouble === "string" ? trouble : stderr();
  return { code: child.exitCode, stdout: stdout(), stderr: complaint, late, left };
}

/** Collects what it prints, up to a bound. */
function keep(stream: Readable): () => string {
  let text = "";
  stream.setEncoding("utf8").on("data", (more) => {
    if (text.length < MOST_OUTPUT) text += more;
  });
  return () => text;
}
