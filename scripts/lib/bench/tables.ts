/** The tables, for a terminal and for a page. */
import { grouped } from "../count.ts";
import { heardOfJoining } from "./others.ts";
import { median, type Results, type Summary, summarise } from "./results.ts";

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What stands below it, a line each. */
  readonly notes: readonly string[];
}

const NONE = "–"; // this system does not tell, or there is nothing to tell

export function fanoutTable(results: Results, window: number): Table {
  const summaries = summarise(results, window);
  const others = against(summaries);
  const notes = [];
  if (others.length > 0) notes.push("×: the median of the ratios, round by round");
  if (summaries.some(({ bound }) => bound))
    notes.push("*: the driver was the bottleneck; the server can do more than this");
  if (summaries.some(({ cpuMicros }) => cpuMicros === null))
    notes.push(`${NONE}: this system does not tell what a process costs`);
  return {
    head: [
      ...["", "deliveries/s", "least … most", ...others.map((other) => `× ${other}`)],
      ...["CPU/delivery", "echo p50", "p99", "memory", "server", "driver"],
    ],
    rows: summaries.map((s) => [
      s.server,
      millions(s.perSecond) + (s.bound ? " *" : ""),
      `${millions(s.least)} … ${millions(s.most)}`,
      ...others.map((other) => (s.times[other] ?? 0).toFixed(2)),
      or(s.cpuMicros, (us) => `${us.toPrecision(2)} µs`),
      ms(s.p50Ms),
      ms(s.p99Ms),
      or(s.rssMiB, (mib) => `${mib.toFixed(0)} MiB`),
      or(s.serverLoad, percent),
      percent(s.driverLoad),
    ]),
    notes,
  };
}

/** With whom all are compared: the first chapter, and Redis. */
function against(summaries: readonly Summary[]): string[] {
  const ids = summaries.map(({ server }) => server);
  return [...new Set([ids[0] ?? "", "redis"])].filter((id) => ids.includes(id) && ids.length > 1);
}

/** How much comes of more lines in flight: a column a window. */
export function windowsTable(results: Results, windows: readonly number[]): Table {
  const columns = windows.map((window) => summarise(results, window));
  const cell = (s: Summary | undefined) =>
    s === undefined
      ? NONE
      : `${millions(s.perSecond)}, ${or(s.cpuMicros, (us) => `${us.toPrecision(2)} µs`)}`;
  return {
    head: ["", ...windows.map((window) => `${window} in flight`)],
    rows: (columns[0] ?? []).map(({ server }) => [
      server,
      ...columns.map((column) => cell(column.find((s) => s.server === server))),
    ]),
    notes: [],
  };
}

export function othersTable({ idle, join, start }: Results): Table {
  const servers = [...new Set([...start, ...join, ...idle].map(({ server }) => server))];
  const of = <Row extends { server: string }>(rows: readonly Row[], server: string) =>
    rows.filter((row) => row.server === server);
  const columns: [string, (server: string) => string][] = [];
  if (start.length > 0)
    columns.push(["starts in", (server) => ms(median(of(start, server).map(({ ms }) => ms)))]);
  const [joined] = join;
  if (joined)
    columns.push([
      `${grouped(joined.users)} come, ${millions(heardOfJoining(joined.users))} lines`,
      (server) => {
        const seconds = of(join, server).map(({ seconds }) => seconds);
        return seconds.length > 0 ? `${median(seconds).toFixed(2)} s` : NONE;
      },
    ]);
  const [rested] = idle;
  if (rested)
    columns.push([
      `memory a user, ${grouped(rested.users)} idle`,
      (server) => or(of(idle, server)[0]?.kibAUser ?? null, (kib) => `${kib.toFixed(1)} KiB`),
    ]);
  return {
    head: ["", ...columns.map(([title]) => title)],
    rows: servers.map((server) => [server, ...columns.map(([, cell]) => cell(server))]),
    notes: [],
  };
}

export function forTerminal({ head, rows, notes }: Table): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)));
  return [...all.map((row) => line(row).join("  ").trimEnd()), ...notes].join("\n");
}

export function forPage({ head, rows, notes }: Table): string {
  const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
  const rule = line(head.map((_, i) => (i === 0 ? "---" : "--:")));
  const below = notes.map((note) => `\n${note.replace("*", "\\*")}.`);
  return [line(head), rule, ...rows.map(line), ...below].join("\n");
}

export function millions(n: number): string {
  const m = n / 1e6;
  return `${m.toFixed(m < 1 ? 3 : 2)} M`;
}

export function ms(n: number): string {
  return `${n.toFixed(n < 10 ? 1 : 0)} ms`;
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

function or(value: number | null, text: (value: number) => string): string {
  return value === null ? NONE : text(value);
}
