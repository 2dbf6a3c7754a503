/** The tables, for a terminal and for a page. */
import { columns } from "../columns.ts";
import { grouped } from "../count.ts";
import { byCrowd, type Results, type Summary, summarise, type Timers } from "./results.ts";

export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What stands below it, a line each. */
  readonly notes: readonly string[];
}

const BOUND = "*: the driver was the bottleneck; the server can do more than this";
const NONE = "–"; // this system does not tell, or there is nothing to tell

export function fanoutTable(results: Results, window: number): Table {
  const summaries = summarise(results, window);
  const others = against(summaries);
  const notes = [];
  if (others.length > 0) notes.push("×: the median of the ratios, round by round");
  if (summaries.some(({ bound }) => bound)) notes.push(BOUND);
  if (summaries.some(({ cpuMicros }) => Number.isNaN(cpuMicros)))
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
      ...others.map((other) => s.times(other).toFixed(2)),
      micros(s.cpuMicros),
      ms(s.p50Ms),
      ms(s.p99Ms),
      mebibytes(s.rssMiB),
      orDash(s.serverLoad, percent),
      percent(s.driverLoad),
    ]),
    notes,
  };
}

/** What a delivery costs the others, beside the first of them; undefined where the system does not tell. */
export function costs(results: Results, window: number): string | undefined {
  const [first, ...others] = summarise(results, window);
  if (first === undefined || others.length === 0 || Number.isNaN(first.cpuMicros)) return undefined;
  const each = others.map((other) => `${other.server} ${other.costs(first.server).toFixed(2)}`);
  return `CPU/delivery × ${first.server}: ${each.join(", ")}`;
}

/** With whom all are compared: the first chapter, and Redis. */
function against(summaries: readonly Summary[]): string[] {
  const ids = summaries.map(({ server }) => server);
  return ids.length > 1 ? ids.filter((id, i) => i === 0 || id === "redis") : [];
}

/** How much comes of more lines in flight: a column a window. */
export function windowsTable(results: Results, windows: readonly number[]): Table {
  const measured = windows.map((window) => summarise(results, window));
  const cell = (s: Summary | undefined) =>
    s ? `${millions(s.perSecond)}, ${micros(s.cpuMicros)}` : NONE;
  return {
    head: ["", ...windows.map((window) => `${window} in flight`)],
    rows: (measured[0] ?? []).map(({ server }) => [
      server,
      ...measured.map((column) => cell(column.find((s) => s.server === server))),
    ]),
    notes: [],
  };
}

/** How it grows with the number of users: a column each. */
export function crowdsTable(results: Results, window: number): Table {
  const crowds = byCrowd(results);
  const measured = crowds.map((crowd) => summarise(crowd, window));
  const cell = (s: Summary | undefined) =>
    s
      ? `${millions(s.perSecond)}${s.bound ? " *" : ""}, ${micros(s.cpuMicros)}, ${mebibytes(s.rssMiB)}`
      : NONE;
  return {
    head: ["", ...crowds.map(({ load }) => `${grouped(load.users)} users`)],
    rows: (measured[0] ?? []).map(({ server }) => [
      server,
      ...measured.map((column) => cell(column.find((s) => s.server === server))),
    ]),
    notes: measured.flat().some(({ bound }) => bound) ? [BOUND] : [],
  };
}

export function timersInWords({ limits, seconds, rounds }: Timers): string {
  return `${grouped(limits)} limits of ${seconds} s; the median of ${rounds}`;
}

export function timersTable({ rows }: Timers): Table {
  return {
    head: ["", "bytes a limit", "start", "touch", "stop", "idle"],
    rows: rows.map(({ way, bytes, startNs, touchNs, stopNs, idle }) => [
      ...[way, bytes.toFixed(0)],
      ...[startNs, touchNs, stopNs].map((ns) => `${ns.toFixed(0)} ns`),
      `${(idle * 100).toFixed(2)} %`,
    ]),
    notes: ["idle: the share of a core that goes while nobody is active"],
  };
}

export function forTerminal({ head, rows, notes }: Table): string {
  return [...columns([head, ...rows], [0]), ...notes].join("\n");
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

export function micros(figure: number): string {
  return orDash(figure, (us) => `${us.toPrecision(2)} µs`);
}

function mebibytes(figure: number): string {
  return orDash(figure, (mib) => `${mib.toFixed(0)} MiB`);
}

/** What there is to say of a figure, NaN when there is nothing. */
export function orDash(figure: number, text: (figure: number) => string): string {
  return Number.isNaN(figure) ? NONE : text(figure);
}
