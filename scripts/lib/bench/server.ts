/** A server under load, in a process of its own, and what it costs. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Program } from "../../../test/harness/program.ts";
import { freePort } from "../../../test/harness/target.ts";
import { Refusal } from "../command.ts";
import type { Contender } from "./contenders.ts";

const START_MS = 20_000;
const KNOCK_MS = 5;

export class Server {
  readonly contender: Contender;
  readonly port: number;
  /** From the start of the process until it served. */
  readonly startMs: number;
  readonly #program: Program;

  private constructor(contender: Contender, program: Program, port: number, startMs: number) {
    this.contender = contender;
    this.#program = program;
    this.port = port;
    this.startMs = startMs;
  }

  /** Refuses when it ends, or does not serve within 20 s. */
  static async start(contender: Contender): Promise<Server> {
    const chosen = contender.announces ? 0 : await freePort();
    const started = performance.now();
    const program = new Program(await contender.argv(chosen), { family: !contender.announces });
    const listening = contender.announces
      ? Number(await program.says(/listening on \S+:(\d+)/, START_MS))
      : await answers(program, chosen, AbortSignal.timeout(START_MS));
    if (listening) return new Server(contender, program, listening, performance.now() - started);
    const why = program.end ?? `does not serve after ${START_MS / 1000} s`;
    program.kill();
    await program.closed;
    throw new Refusal(`${contender.id} did not start: ${why}${lastWords(program)}`);
  }

  /** How it ended, in words; undefined while it runs. */
  get end(): string | undefined {
    const { end } = this.#program;
    return end && end + lastWords(this.#program);
  }

  /** What it has printed. */
  get printed(): string {
    return this.#program.stdout;
  }

  /** The processor time that it has used, in seconds; undefined where no system tells, that is, but on Linux. */
  cpu(): number | undefined {
    return process.platform === "linux" ? this.#program.cpu() : undefined;
  }

  /** The memory that it holds now, in bytes; undefined on Windows. */
  rss(): number | undefined {
    return process.platform === "win32" ? undefined : this.#program.resident() * 2 ** 20;
  }

  async stop(): Promise<void> {
    this.#program.kill();
    await this.#program.closed;
  }
}

function lastWords({ stdout, stderr }: Program): string {
  const last = (stderr.trim() || stdout.trim()).split("\n").at(-1);
  return last ? `; its last words: ${last}` : "";
}

/** Knocks until somebody opens. Gives the port, or undefined if nobody does. */
async function answers(program: Program, port: number, signal: AbortSignal) {
  while (!signal.aborted && program.end === undefined) {
    const socket = connect(port, "127.0.0.1");
    const open = await once(socket, "connect").then(
      () => socket.localPort !== port, // TCP can connect a port to itself
      () => false,
    );
    socket.on("error", () => {}).destroy(); // whatever becomes of it: it has told us
    if (open) return port;
    await after(KNOCK_MS);
  }
  return undefined;
}
