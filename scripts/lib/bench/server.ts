/** A server under load, in a process of its own, and what it costs. */
import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Program } from "../../../test/harness/program.ts";
import { freePort } from "../../../test/harness/target.ts";
import { Refusal } from "../command.ts";
import type { Cluster, Contender } from "./contenders.ts";

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

/** What is measured: one server, or all nodes of a cluster and their bus. */
export interface Site {
  readonly contender: Contender;
  readonly nodes: readonly Server[];
  readonly bus?: Server;
}

/** Runs it while it is used: a server alone, or a cluster when each node knows all the others. */
export function standing<T>(contender: Contender, use: (site: Site) => Promise<T>): Promise<T> {
  const { cluster } = contender;
  if (cluster === undefined)
    return serving(contender, (server) => use({ contender, nodes: [server] }));
  return serving(cluster.bus, (bus) =>
    allServing(cluster.nodes(bus.port), [], async (nodes) => {
      for (const node of nodes) await meets(node, cluster, nodes.length);
      return use({ contender, nodes, bus });
    }),
  );
}

async function allServing<T>(
  [next, ...others]: readonly Contender[],
  nodes: readonly Server[],
  use: (nodes: readonly Server[]) => Promise<T>,
): Promise<T> {
  if (next === undefined) return use(nodes);
  return serving(next, (node) => allServing(others, [...nodes, node], use));
}

async function meets({ contender, program }: Server, { health }: Cluster, count: number) {
  const port = await program.says(health.announcement, START_MS);
  const url = `http://127.0.0.1:${port}${health.path}`;
  const signal = AbortSignal.timeout(START_MS);
  for (;;) {
    const text = await fetch(url, { signal }).then(
      (answer) => answer.text(),
      () => undefined,
    );
    if (text !== undefined && health.met(count).test(text)) return;
    if (signal.aborted || program.end !== undefined)
      throw new Refusal(`${contender.id} did not meet all ${count} nodes: ${howItEnded(program)}`);
    await after(KNOCK_MS);
  }
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

/** The processor time that they have used, in seconds. Only Linux tells; elsewhere NaN. */
export function cpuOf(servers: readonly Server[]): number {
  if (process.platform !== "linux") return Number.NaN;
  return servers.reduce((sum, { program }) => sum + program.cpu(), 0);
}

/** The memory that they hold now, in MiB; NaN on Windows. */
export function memoryOf(servers: readonly Server[]): number {
  if (process.platform === "win32") return Number.NaN;
  return servers.reduce((sum, { program }) => sum + program.resident(), 0);
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
