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
const LISTENING = /listening on \S+:(\d+)/;

export interface Server {
  readonly contender: Contender;
  readonly program: Program;
  readonly port: number;
  /** From the start of the process until it served. */
  readonly startMs: number;
}

/** Runs one while it is used. Refuses when it ends, or does not serve within 20 s. */
export async function serving<T>(
  contender: Contender,
  use: (server: Server) => Promise<T>,
): Promise<T> {
  const chosen = contender.announces ? 0 : await freePort();
  const started = performance.now();
  const program = new Program(await contender.argv(chosen), { family: !contender.announces });
  try {
    const port = contender.announces
      ? Number(await program.says(contender.announcement ?? LISTENING, START_MS))
      : await answers(program, chosen, AbortSignal.timeout(START_MS));
    if (port) return await use({ contender, program, port, startMs: performance.now() - started });
    if (program.end) await program.closed; // and all it printed has arrived
    const why = program.end ? howItEnded(program) : `does not serve after ${START_MS / 1000} s`;
    throw new Refusal(`${contender.id} did not start: ${why}`);
  } finally {
    program.kill();
    await program.closed;
  }
}

export function howItEnded({ end, stdout, stderr }: Program): string {
  const last = (stderr.trim() || stdout.trim()).split("\n").at(-1);
  return `${end}${last ? `; its last words: ${last}` : ""}`;
}

/** The processor time that it has used, in seconds. Only Linux tells; elsewhere NaN. */
export function cpuOf({ program }: Server): number {
  return process.platform === "linux" ? program.cpu() : Number.NaN;
}

/** The memory that it holds now, in MiB; NaN on Windows. */
export function memoryOf({ program }: Server): number {
  return process.platform === "win32" ? Number.NaN : program.resident();
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
