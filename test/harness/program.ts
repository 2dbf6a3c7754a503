/** A process of ours: what it prints, what it costs, and that it ends with us. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { Bell } from "./bell.ts";
import { listener } from "./family.ts";
import { Output } from "./output.ts";
import type { Vitals } from "./probe.mjs";
import { Failure } from "./transcript.ts";

const ANSWER_MS = 10_000;
const CLOCK_TICKS = 100; // a second, in /proc on every Linux that Node runs on
const LAST_WORDS_MS = 500; // what a process has printed arrives at once; only who else holds the pipe is late

/** They end when we do: by ourselves, by Ctrl+C, by a signal, or because our terminal is closed. */
const living = new Set<Program>();
let ending = false;

function endWithUs(): void {
  process.on("exit", () => {
    for (const program of living) program.kill();
  });
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    // Who has something of its own to do at the end does it, and exits.
    if (process.listenerCount(name) === 0)
      process.on(name, () => process.exit(128 + constants.signals[name]));
  }
}

export interface ProgramOptions {
  readonly family?: boolean;
  readonly descriptors?: number | undefined;
  /** It holds a probe, which can be asked. */
  readonly probe?: boolean | undefined;
  /** Set in its environment, beside ours; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
}

export class Program {
  /** What its probe has said last; a process that ends has last words. */
  lastVitals: Vitals | undefined;
  /** Resolves when it has ended, and all it printed has arrived; not waiting for helpers that hold its output. */
  readonly closed: Promise<void>;
  readonly #stdout = new Output();
  readonly #stderr = new Output();
  readonly #child: ChildProcess;
  readonly #group: boolean;
  readonly #bell = new Bell();
  #error: Error | undefined;

  /** With `family`, what it starts itself ends with it; `descriptors` are the most it may hold. */
  constructor(
    argv: readonly string[],
    { family = false, descriptors, probe, env = {} }: ProgramOptions = {},
  ) {
    const limited = ["/bin/sh", "-c", `ulimit -n ${descriptors}; exec "$@"`, "sh", ...argv];
    const [file = "", ...args] = descriptors === undefined ? argv : limited;
    this.#group = family && process.platform !== "win32";
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", "pipe", ...(probe ? ["ipc" as const] : [])],
      detached: this.#group,
      env: { ...process.env, ...env },
    });
    this.#child = child;
    if (!ending) endWithUs();
    ending = true;
    living.add(this);
    child.stdout?.setEncoding("utf8").on("data", (text) => {
      this.#stdout.add(text);
      this.#bell.ring();
    });
    child.stderr?.setEncoding("utf8").on("data", (text) => {
      this.#stderr.add(text);
    });
    child.on("message", (message) => {
      this.lastVitals = message as Vitals;
    });
    child.on("error", (error) => {
      this.#error = error; // it could not be started: its end tells
    });
    child.on("exit", () => {
      const silence = () => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      };
      setTimeout(silence, LAST_WORDS_MS).unref();
    });
    this.closed = once(child, "close").then(
      () => {},
      () => {},
    );
    void this.closed.then(() => {
      living.delete(this);
      this.#bell.ring();
    });
  }

  get stdout(): string {
    return this.#stdout.text;
  }

  get stderr(): string {
    return this.#stderr.text;
  }

  /** Its exit code; null while it runs, and when a signal ended it. */
  get code(): number | null {
    return this.#child.exitCode;
  }

  /** How it has ended, in words; undefined while it runs. */
  get end(): string | undefined {
    if (this.#error) return this.#error.message;
    if (this.#child.signalCode) return this.#child.signalCode;
    return this.#child.exitCode === null ? undefined : `exit code ${this.#child.exitCode}`;
  }

  /** What stdout says in the pattern's first group. Undefined when it ends, or the time is up, before. */
  async says(pattern: RegExp, ms: number): Promise<string | undefined> {
    await this.#bell.until(() => this.end !== undefined || pattern.test(this.stdout), ms);
    return pattern.exec(this.stdout)?.[1];
  }

  /** As Ctrl+C does at a terminal, to all of a family. */
  signal(name: NodeJS.Signals): void {
    if (this.#group && this.#child.pid !== undefined) process.kill(-this.#child.pid, name);
    else this.#child.kill(name);
  }

  /** Ends it, and all that it has started. */
  kill(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const over = this.end !== undefined;
    if (process.platform === "win32") {
      if (!over) spawnSync("taskkill", ["/pid", `${pid}`, "/t", "/f"]);
    } else if (this.#group || !over) {
      try {
        process.kill(this.#group ? -pid : pid, "SIGKILL"); // helpers may outlive the one they were started by
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // nobody is left
      }
    }
  }

  /** Whether it serves itself. If not, `go run` or a shell does it for it: its exit code is not the server's. */
  get direct(): boolean {
    if (process.platform === "win32") return false; // nobody can tell
    if (process.platform === "linux") return this.#pid() === this.#child.pid;
    return spawnSync("pgrep", ["-P", `${this.#child.pid}`]).status === 1;
  }

  /** The most memory it has ever held, in MiB (on macOS: what it holds now). */
  memory(): number {
    if (process.platform === "linux") return this.#status("VmHWM");
    return this.resident();
  }

  /** The memory it holds now, in MiB. */
  resident(): number {
    if (process.platform === "linux") return this.#status("VmRSS");
    return Number(execFileSync("ps", ["-o", "rss=", "-p", `${this.#child.pid}`])) / 1024;
  }

  /** What its probe says. One question at a time; no answer within the deadline is a hang. */
  async vitals(): Promise<Vitals> {
    this.#child.send?.("how are you?", () => {}); // a process that is gone does not answer, either
    const answer = once(this.#child, "message", { signal: AbortSignal.timeout(ANSWER_MS) });
    const [vitals] = await answer.catch(() => {
      const seconds = ANSWER_MS / 1000;
      throw new Failure(
        "hang",
        `the server's process gave no answer within ${seconds} s: is it busy in a loop?`,
      );
    });
    return vitals as Vitals;
  }

  /** How many descriptors it holds. */
  descriptors(): number {
    return readdirSync(`/proc/${this.#pid()}/fd`).length;
  }

  /** The processor time it has used, in seconds. */
  cpu(): number {
    const fields = this.#proc("stat")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
  }

  #status(field: string): number {
    return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(this.#proc("status"))?.[1]) / 1024;
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#pid()}/${file}`, "utf8");
  }

  /** The one that serves: `go run` and the like start it, and it may have helpers of its own. */
  #pid(): number {
    const pid = this.#child.pid as number;
    return this.#group ? listener(pid) : pid;
  }
}
