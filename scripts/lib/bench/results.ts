/** What a run of the bench gave, as it goes to the file, and what it comes to. NaN is what the system does not tell. */
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
  /** Connected in this round, where there are several numbers of them; else as the load says. */
  readonly users?: number;
  readonly window: number;
}

/** One figure of one of the other parts, in the part's own unit. */
export interface OtherRow {
  readonly part: string;
  readonly server: string;
  readonly users: number;
  readonly figure: number;
}

export interface Results {
  /** What was compared, as the command line says it; chapters, if nothing. */
  readonly comparison?: string;
  /** The day, as 2026-01-31. */
  readonly date: string;
  readonly machine: Machine;
  readonly load: Omit<Load, "window"> & { readonly rounds: number; readonly textBytes: number };
  /** A row for each round; the rounds of the servers took turns. */
  readonly fanout: readonly FanoutRow[];
  readonly others: readonly OtherRow[];
  readonly timers?: Timers;
}

/** What limits of so many seconds cost, by the way in which they are kept. */
export interface Timers {
  readonly limits: number;
  readonly seconds: number;
  readonly rounds: number;
  readonly rows: readonly TimersRow[];
}

export interface TimersRow {
  readonly way: string;
  readonly bytes: number;
  readonly startNs: number;
  readonly touchNs: number;
  readonly stopNs: number;
  /** Of a core. */
  readonly idle: number;
}

/** What {@link readResults} reads; figures are no more exact than four digits. */
export function asText(results: Results): string {
  const tidy = (_: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
  return `${JSON.stringify(results, tidy, 2)}\n`;
}

/** What `npm run bench -- --json FILE` wrote. */
export function readResults(file: string): Results {
  const text = read(file);
  try {
    // JSON has no NaN: it was written as null.
    const results = JSON.parse(text, (_, value) => value ?? Number.NaN) as Results;
    if (results.fanout.length > 0 || results.timers) return results;
  } catch {
    // no JSON, or none of ours: said below
  }
  throw new Refusal(`${file} holds no fan-out: npm run bench -- --json ${file} writes one`);
}

/** One crowd after the other, where there are several: each as if it had been measured alone. */
export function byCrowd(results: Results): Results[] {
  const { fanout, load } = results;
  return unique(fanout.map(({ users }) => users ?? load.users)).map((users) => ({
    ...results,
    load: { ...load, users },
    fanout: fanout.filter((row) => (row.users ?? load.users) === users),
  }));
}

const DRIVER_FULL = 0.85; // of a core: what is left goes to waiting for the server

/** One server under one load: medians of its rounds. */
export type Summary = ReturnType<typeof summarise>[number];

/** How each server did with one window, in the order in which they were measured. */
export function summarise({ fanout }: Results, window: number) {
  const rows = fanout.filter((row) => row.window === window);
  const roundsOf = (server: string) => rows.filter((row) => row.server === server);
  return unique(rows.map(({ server }) => server)).map((server) => {
    const rounds = roundsOf(server);
    const rates = rounds.map(rate);
    const middle = (figure: (round: Round) => number) => median(rounds.map(figure));
    const serverLoad = middle((round) => round.serverCpuSeconds / round.seconds);
    const driverLoad = middle((round) => round.driverCpuSeconds / round.seconds);
    return {
      server,
      perSecond: median(rates),
      least: Math.min(...rates),
      most: Math.max(...rates),
      /** How many times as many deliveries as this other server: the median of the ratios round by round. */
      times: (other: string) => {
        const others = roundsOf(other).map(rate);
        return median(rates.map((rate, i) => rate / (others[i] ?? Number.NaN)));
      },
      /** How many times as dear a delivery is as of this other server, in the same way. */
      costs: (other: string) => {
        const others = roundsOf(other).map(cost);
        return median(rounds.map((round, i) => cost(round) / (others[i] ?? Number.NaN)));
      },
      cpuMicros: middle((round) => cost(round) * 1e6),
      p50Ms: middle(({ p50Ms }) => p50Ms),
      p99Ms: middle(({ p99Ms }) => p99Ms),
      rssMiB: middle(({ rssMiB }) => rssMiB),
      /** Of one core. */
      serverLoad,
      driverLoad,
      /** The driver was the bottleneck: the server can do more than this. */
      bound: driverLoad > DRIVER_FULL || driverLoad > serverLoad,
    };
  });
}

export function rate({ deliveries, seconds }: Round): number {
  return deliveries / seconds;
}

/** Processor seconds of the server. */
function cost({ serverCpuSeconds, deliveries }: Round): number {
  return serverCpuSeconds / deliveries;
}

export function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

/** NaN if one of them is, or if there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [low = Number.NaN, high = low] = [
    sorted[(sorted.length - 1) >> 1],
    sorted[sorted.length >> 1],
  ];
  return (low + high) / 2;
}
