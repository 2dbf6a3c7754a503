/** The tables of `npm run bench -- --cluster`: three nodes beside one server, and what one more node costs. */
import { grouped } from "../count.ts";
import type { Elsewhere } from "./fanout.ts";
import { type FanoutRow, median, type Results, type Summary, summarise } from "./results.ts";
import { micros, millions, ms, orDash, percent, type Table } from "./tables.ts";

type Row = FanoutRow & { readonly elsewhere: Elsewhere };

/** One server's rows, and the medians of what they come to. */
interface Measured {
  readonly summary: Summary;
  readonly rows: readonly Row[];
  readonly middle: (figure: (row: Row) => number) => number;
}

function measured(results: Results, window: number): Measured[] {
  return summarise(results, window).map((summary) => {
    const { server } = summary;
    const rows = results.fanout.filter((row) => row.window === window && row.server === server);
    const known = rows.filter((row): row is Row => row.elsewhere !== undefined);
    return { summary, rows: known, middle: (figure) => median(known.map(figure)) };
  });
}

const usersOf = ({ lines, deliveries }: Row) => Math.round(deliveries / lines);
const nodesOf = ({ elsewhere }: Row) => elsewhere.nodes;
const busCpuOfDelivery = ({ elsewhere, deliveries }: Row) =>
  (elsewhere.busCpuSeconds * 1e6) / deliveries;
const atOnce = ({ elsewhere }: Row) => elsewhere.atOnce;
const busLoad = ({ elsewhere, seconds }: Row) => elsewhere.busCpuSeconds / seconds;
const cpuOfLine = (row: Row) => (row.serverCpuSeconds * 1e6) / row.lines / nodesOf(row);

/** All who have as many users as the first one, one server alone. */
export function clusterTable(results: Results, window: number): Table {
  const all = measured(results, window);
  const [first] = all;
  const users = first?.middle(usersOf) ?? 0;
  const alike = all.filter(({ middle }) => middle(usersOf) === users);
  const name = first?.summary.server ?? "";
  return {
    head: [
      ...[`${grouped(users)} users`, "deliveries/s", "least … most", "CPU/delivery", `× ${name}`],
      ...[
        "lines at once",
        "bus/delivery",
        "elsewhere p50",
        "p99",
        "memory",
        "servers + bus",
        "driver",
      ],
    ],
    rows: alike.map(({ summary: s, middle }) => [
      s.server,
      millions(s.perSecond) + (s.bound ? " *" : ""),
      `${millions(s.least)} … ${millions(s.most)}`,
      micros(s.cpuMicros),
      orDash(s.costs(name), (times) => times.toFixed(2)),
      middle(atOnce).toFixed(1),
      micros(middle(busCpuOfDelivery)),
      ms(middle(({ elsewhere }) => elsewhere.p50Ms)),
      ms(middle(({ elsewhere }) => elsewhere.p99Ms)),
      orDash(s.rssMiB, (mib) => `${mib.toFixed(0)} MiB`),
      `${orDash(s.serverLoad, percent)} + ${orDash(middle(busLoad), percent)}`,
      percent(s.driverLoad),
    ]),
    notes: [
      `CPU/delivery, memory, servers: of all nodes together; × ${name}: the median of the ratios, round by round`,
      "elsewhere: from a line sent until a user of the next node hears it (of one server, another user)",
      ...(alike.some(({ summary }) => summary.bound) ? ["*: the driver was the busier one"] : []),
    ],
  };
}

/** The clusters alone, by their number of nodes: each node has as many users. */
export function nodesTable(results: Results, window: number): Table {
  const name = (nodes: number) => (nodes === 1 ? "1 node" : `${nodes} nodes`);
  const clusters = measured(results, window)
    .filter(({ summary }) => summary.server.includes("×"))
    .sort((a, b) => a.middle(nodesOf) - b.middle(nodesOf));
  const [smallest] = clusters;
  return {
    head: [
      ...["", "users", "lines/s", "CPU/line and node", "× 1 node"],
      ...["lines at once", "bus/line", "echo p50", "elsewhere p50", "p99"],
    ],
    rows: clusters.map(({ summary, rows, middle }) => [
      name(middle(nodesOf)),
      grouped(middle(usersOf)),
      grouped(Math.round(middle(({ lines, seconds }) => lines / seconds))),
      orDash(middle(cpuOfLine), ofLine),
      orDash(ratio(rows, smallest?.rows ?? []), (times) => times.toFixed(2)),
      middle(atOnce).toFixed(1),
      orDash(
        middle(({ elsewhere, lines }) => (elsewhere.busCpuSeconds * 1e6) / lines),
        ofLine,
      ),
      ms(summary.p50Ms),
      ms(middle(({ elsewhere }) => elsewhere.p50Ms)),
      ms(middle(({ elsewhere }) => elsewhere.p99Ms)),
    ]),
    notes: ["× 1 node: the median of the ratios, round by round"],
  };
}

/** Round by round: the rounds of all took turns. */
function ratio(rows: readonly Row[], others: readonly Row[]): number {
  return median(
    rows.map((row, i) => {
      const other = others[i];
      return other ? cpuOfLine(row) / cpuOfLine(other) : Number.NaN;
    }),
  );
}

const ofLine = (us: number) => `${us.toFixed(us < 10 ? 1 : 0)} µs`;
