/** What a run of the bench gave, as it goes to the file, and what it comes to. */
import { Refusal } from "../command.ts";
import { read } from "../files.ts";
import type { Load, Round } from "./fanout.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly os: string;
  /** Of Node, and of the peers that were measured. */
  readonly versions: Readonly<Record<string, string>>;
}

export function inWords({ cpu, cores, os, versions }: Machine): string {
  const programs = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [cpu, `${cores} cores`, os, ...programs].join(", ");
}

export interface FanoutRow extends Round {
  readonly server: string;
  readonly window: number;
}

export interface Results {
  /** The day, as 2026-01-31. */
  readonly date: string;
  readonly machine: Machine;
  readonly load: Omit<Load, "window"> & { readonly rounds: number; readonly textBytes: number };
  /** A row for each round; the rounds of the servers took turns. */
  readonly fanout: readonly FanoutRow[];
  readonly idle: readonly {
    readonly server: string;
    readonly users: number;
    readonly kibAUser: number | null;
  }[];
  readonly join: readonly {
    readonly server: string;
    readonly users: number;
    readonly seconds: number;
  }[];
  readonly start: readonly { readonly server: string; readonly ms: number }[];
}

/** What `npm run bench -- --json FILE` wrote. */
export function readResults(file: string): Results {
  const text = read(file);
  try {
    const results = JSON.parse(text) as Results;
    if (results.fanout.length > 0) return results;
  } catch {
    // no JSON, or none of ours: said below
  }
  throw new Refusal(`${file} holds no fan-out: npm run bench -- --json ${file} writes one`);
}

/** One server under one load: medians of its rounds. */
export interface Summary {
  readonly server: string;
  readonly perSecond: number;
  readonly least: number;
  readonly most: number;
  /** How many times as many deliveries as this other server, by its id: the median of the ratios round by round. */
  readonly times: Readonly<Record<string, number>>;
  /** Null where the system does not tell. */
  readonly cpuMicros: number | null;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly rssMiB: number | null;
  /** Of one core. */
  readonly serverLoad: number | null;
  readonly driverLoad: number;
  /** The driver was the bottleneck: the server can do more than this. */
  readonly bound: boolean;
}

const DRIVER_FULL = 0.85; // of a core: what is left goes to waiting for the server

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = 0, high = 0] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return (low + high) / 2;
}

/** As {@link median}; null when one is missing. */
export function medianOrNull(values: readonly (number | null)[]): number | null {
  return values.includes(null) ? null : median(values as number[]);
}

/** The windows that were measured, in their order. */
export function windowsOf({ fanout }: Results): number[] {
  return [...new Set(fanout.map(({ window }) => window))];
}

/** The servers in the order in which they were measured, and how each did with one window. */
export function summarise({ fanout }: Results, window: number): Summary[] {
  const rows = fanout.filter((row) => row.window === window);
  const servers = [...new Set(rows.map(({ server }) => server))];
  const roundsOf = (server: string) => rows.filter((row) => row.server === server);
  return servers.map((server) => {
    const rounds = roundsOf(server);
    const rates = rounds.map(rate);
    const serverLoad = medianOrNull(rounds.map((r) => per(r.serverCpuSeconds, r.seconds)));
    const driverLoad = median(rounds.map((r) => r.driverCpuSeconds / r.seconds));
    const times = servers.map((other) => {
      const others = roundsOf(other).map(rate);
      return [other, median(rates.map((rate, i) => rate / (others[i] ?? Number.NaN)))] as const;
    });
    return {
      server,
      perSecond: median(rates),
      least: Math.min(...rates),
      most: Math.max(...rates),
      times: Object.fromEntries(times),
      cpuMicros: medianOrNull(rounds.map((r) => per(r.serverCpuSeconds, r.deliveries / 1e6))),
      p50Ms: median(rounds.map((r) => r.p50Ms)),
      p99Ms: median(rounds.map((r) => r.p99Ms)),
      rssMiB: medianOrNull(rounds.map((r) => r.rssMiB)),
      serverLoad,
      driverLoad,
      bound: driverLoad > Math.min(serverLoad ?? DRIVER_FULL, DRIVER_FULL),
    };
  });
}

export function rate({ deliveries, seconds }: Round): number {
  return deliveries / seconds;
}

function per(value: number | null, unit: number): number | null {
  return value === null ? null : value / unit;
}
