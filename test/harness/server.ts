/** A server under test: a real process on a free port, known only by what it says and what it costs. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Case, Need } from "./case.ts";
import { Client, type ConnectOptions } from "./client.ts";
import { check, escaped, Failure } from "./transcript.ts";
import { online, said } from "./wire.ts";

const START_MS = 20_000;
const CLOCK_TICKS = 100; // a second, in /proc on every Linux that Node runs on
const NAMES = ["alice", "bob", "carol", "dave"];

/** How a chapter's server is started, options excepted. */
export function command(folder: string): string[] {
  const main = fileURLToPath(new URL(`../../chapters/${folder}/main.ts`, import.meta.url));
  return [process.execPath, "--import", import.meta.resolve("tsx"), main];
}

/** What this machine lets us see of a process. */
export const can: readonly Need[] = {
  linux: ["process", "memory", "cpu", "descriptors", "ulimit", "signals"] as const,
  darwin: ["process", "memory", "ulimit", "signals"] as const,
}[process.platform as string] ?? ["process"];

export class Server {
  /** The chapter it is to keep up with: what is not promised yet is not asked for. */
  readonly chapter: string;
  readonly #command: readonly string[];
  readonly #case: Case;
  readonly clients: Client[] = [];
  #child: ChildProcess | undefined;
  #port = 0;
  #stdout = "";
  #stderr = "";
  #exited: Promise<unknown> | undefined;
  #signalled = false;
  #named = 0;

  constructor(chapter: string, command: readonly string[], test: Case) {
    this.chapter = chapter;
    this.#command = command;
    this.#case = test;
  }

  /** Runs the case against a server of its own; throws a {@link Failure} with every transcript. */
  static async prove(chapter: string, command: readonly string[], test: Case): Promise<void> {
    const server = new Server(chapter, command, test);
    try {
      await test.run(server);
      server.#checkHealth();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      error.message = server.#report(error);
      throw error;
    } finally {
      await server.#stop();
    }
  }

  /** One connection; nothing is assumed of what it hears first. The first one starts the server. */
  async connect(options: ConnectOptions = {}): Promise<Client> {
    if (!this.#child) await this.#start();
    const who = NAMES[this.#named++] ?? `client ${this.#named}`;
    const client = await Client.connect(who, this.#port, options);
    this.clients.push(client);
    return client;
  }

  /** Clients come one after the other; from v02 on, each has heard of itself and of those after it. */
  async join<N extends number = 1>(count?: N): Promise<Users<N>> {
    const users: Client[] = [];
    for (let i = 0; i < (count ?? 1); i++) {
      const user = await this.connect();
      users.push(user);
      if (this.chapter === "v01") await user.sync();
      else for (const each of users) await each.expect(online(user));
    }
    return users as Users<N>;
  }

  /** How a client's own line comes back to it: v01 echoes it, the later ones say whose it is. */
  echo(client: Client, line: string): string {
    return this.chapter === "v01" ? line : said(client, line);
  }

  /** Runs the program to its end; for one that serves instead, this is its end (`code` is null). */
  async run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const [program = "", ...rest] = this.#command;
    const child = spawn(program, [...rest, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
      if (stdout.includes("listening on")) child.kill("SIGKILL");
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (stderr += text));
    const deadline = setTimeout(() => child.kill("SIGKILL"), START_MS);
    const [code] = await once(child, "close");
    clearTimeout(deadline);
    return { code, stdout, stderr };
  }

  /** Starts it on a free port; {@link connect} does so by itself. Gives the port. */
  async start(): Promise<number> {
    if (!this.#child) await this.#start();
    return this.#port;
  }

  /** Asks the server to end; from now on it may. */
  signal(name: NodeJS.Signals): void {
    this.#signalled = true;
    this.#child?.kill(name);
  }

  /** Waits until the server has ended by itself: its exit code, and the last line it printed. */
  async ended(): Promise<{ code: number | null; last: string }> {
    const child = this.#child;
    await eventually(
      () => child?.exitCode !== null || child.signalCode !== null,
      "the server ends",
    );
    await this.#exited; // and all it printed has arrived
    return { code: child?.exitCode ?? null, last: this.#stdout.trimEnd().split("\n").at(-1) ?? "" };
  }

  /** Tries to connect: whether the server does not serve. */
  async refuses(): Promise<boolean> {
    const client = await this.connect().catch(() => undefined);
    if (client === undefined) return true;
    const heard = await client.over();
    return heard.length === 0;
  }

  /** The most memory it has ever held, in MiB (on macOS: what it holds now). */
  memory(): number {
    if (process.platform === "linux") {
      return Number(/VmHWM:\s+(\d+)/.exec(this.#proc("status"))?.[1]) / 1024;
    }
    return Number(execFileSync("ps", ["-o", "rss=", "-p", `${this.#child?.pid}`])) / 1024;
  }

  /** How many descriptors it holds. */
  descriptors(): number {
    return readdirSync(`/proc/${this.#child?.pid}/fd`).length;
  }

  /** The CPU time it has used, in seconds. */
  cpu(): number {
    const fields = this.#proc("stat")
      .replace(/^.*\) /, "")
      .split(" ");
    return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS;
  }

  #proc(file: string): string {
    return readFileSync(`/proc/${this.#child?.pid}/${file}`, "utf8");
  }

  async #start(): Promise<void> {
    let argv = [...this.#command, "--port", "0", ...(this.#case.args ?? [])];
    const limit = this.#case.descriptors;
    if (limit !== undefined)
      argv = ["/bin/sh", "-c", `ulimit -n ${limit}; exec "$@"`, "sh", ...argv];
    const [program = "", ...args] = argv;
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    this.#exited = once(child, "close");
    child.stderr.setEncoding("utf8").on("data", (text) => (this.#stderr += text));
    child.on("close", () => {
      if (!this.#signalled) for (const client of this.clients) client.fail(this.#crash());
    });
    await new Promise<void>((resolve, reject) => {
      const deadline = setTimeout(() => {
        reject(new Failure("hang", `no "listening on HOST:PORT" within ${START_MS / 1000} s`));
      }, START_MS);
      child.stdout.setEncoding("utf8").on("data", (text) => {
        this.#stdout += text;
        const port = /listening on \S+:(\d+)/.exec(this.#stdout)?.[1];
        if (port === undefined) return;
        this.#port = Number(port);
        clearTimeout(deadline);
        resolve();
      });
      child.on("close", () => {
        clearTimeout(deadline);
        reject(this.#crash());
      });
    });
  }

  #crash(): Failure {
    const { exitCode, signalCode } = this.#child as ChildProcess;
    return new Failure("crash", `the server ended (${signalCode ?? `exit code ${exitCode}`})`);
  }

  /** A server that is gone, that complained, or that never said anything has not passed. */
  #checkHealth(): void {
    if (!this.#child) return; // the case was about the command line
    const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
    if (ended && !this.#signalled) throw this.#crash();
    const allowed = this.#case.stderr;
    const complaints = this.#stderr.split("\n").filter((line) => line && !allowed?.test(line));
    check(complaints.length === 0, `the server complained: ${complaints.join("\n")}`);
    check(
      this.clients.some(({ answered }) => answered),
      "no client heard anything",
    );
  }

  async #stop(): Promise<void> {
    for (const client of this.clients) client.close();
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  #report(failure: Failure): string {
    const clients = this.clients.map(({ transcript }) => transcript.toString()).filter(Boolean);
    const shown = clients.slice(0, NAMES.length);
    if (clients.length > shown.length)
      shown.push(`  … and ${clients.length - shown.length} more clients`);
    const stderr = this.#stderr ? [`  stderr: ${escaped(this.#stderr)}`] : [];
    const lines = [`${failure.kind}: ${failure.message}`, `  holds: ${this.#case.clause}`];
    return [...lines, ...shown, ...stderr].join("\n");
  }
}

/** `[Client, Client]` for `join(2)`; an array for a number not known beforehand. */
type Users<N extends number, Tuple extends Client[] = []> = number extends N
  ? Client[]
  : Tuple["length"] extends N
    ? Tuple
    : Users<N, [...Tuple, Client]>;

/** Waits until it holds; only a hang is as slow as the deadline. */
export async function eventually(holds: () => boolean, what: string): Promise<void> {
  for (const end = Date.now() + START_MS; !holds(); ) {
    if (Date.now() > end) throw new Failure("hang", `${START_MS / 1000} s passed without: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
