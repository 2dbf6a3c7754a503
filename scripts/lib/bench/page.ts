/** The tables and the chart of docs/performance.md, from measured results. */
import { Refusal } from "../command.ts";
import { grouped } from "../count.ts";
import { renewMarked } from "../marked.ts";
import { clusterTable, nodesTable } from "./cluster-tables.ts";
import { othersTable } from "./others.ts";
import { byCrowd, inWords, type Results, type Summary, summarise, unique } from "./results.ts";
import {
  costs,
  crowdsTable,
  fanoutTable,
  forPage,
  type Table,
  timersInWords,
  timersTable,
  windowsTable,
} from "./tables.ts";

/** What can stand between `<!-- bench NAME -->` and `<!-- /bench -->`. */
const PARTS: Readonly<Record<string, (results: Results, window: number) => string>> = {
  machine,
  fanout: (results, window) => forPage(fanoutTable(results, window)),
  chart,
  plots,
  crowds: (results, window) => forPage(crowdsTable(results, window)),
  windows: (results) => {
    const ascending = windowsOf(results).sort((a, b) => a - b);
    return forPage(windowsTable(results, ascending));
  },
  others: (results) => forPage(othersTable(results)),
  cost: (results, window) => costs(results, window) ?? "",
  cluster: (results) => eachWindow(results, clusterTable),
  nodes: (results) => eachWindow(results, nodesTable),
  timers: ({ date, machine, timers }) =>
    timers
      ? `Measured on ${date}: ${inWords(machine)}. ${timersInWords(timers)}.\n\n${forPage(timersTable(timers))}`
      : "",
};

/**
 * The same text with everything in it made anew. What stands between `<!-- bench packets fanout -->` is made from the
 * results of `npm run bench -- --packets`; where no comparison is named, from those of the chapters.
 */
export function renew(text: string, resultsOf: (comparison: string) => Results): string {
  const bench = (words: string) => {
    const [name = "", comparison = "all"] = words.split(" ").reverse();
    const make = PARTS[name];
    if (make) {
      const results = resultsOf(comparison);
      return make(results, windowsOf(results)[0] ?? 1);
    }
    throw new Refusal(`there is no "bench ${name}": only ${Object.keys(PARTS).join(", ")}`);
  };
  return renewMarked(text, { bench });
}

function machine(results: Results, window: number): string {
  const { date, machine, load } = results;
  const numbers = byCrowd(results).map((crowd) => grouped(crowd.load.users));
  const users = `${new Intl.ListFormat("en", { type: "disjunction" }).format(numbers)} users`;
  const [who, flying] = load.elsewhere
    ? [`${users} a node, ${load.senders} in all speak`, windowsOf(results).join(" or ")]
    : [`${users}, ${load.senders} of whom speak`, window];
  return `Measured on ${date}: ${inWords(machine)}. ${who}, each with ${flying} lines in flight; ${load.textBytes} bytes a line; ${load.rounds} rounds of ${load.seconds} s.`;
}

/** One table of all windows that were measured. */
function eachWindow(results: Results, table: (results: Results, window: number) => Table): string {
  const tables = windowsOf(results).map((window) => ({ window, ...table(results, window) }));
  const [first] = tables;
  const rows = tables.flatMap(({ window, rows }) => rows.map((row) => [`${window}`, ...row]));
  return forPage({ head: ["in flight", ...(first?.head ?? [])], rows, notes: first?.notes ?? [] });
}

/** Those that were measured, in their order. */
function windowsOf({ fanout }: Results): number[] {
  return unique(fanout.map(({ window }) => window));
}

function chart(results: Results, window: number): string {
  const summaries = summarise(results, window);
  const bars = summaries.map(({ perSecond }) => perSecond / 1e6);
  return plot({
    caption: `Million deliveries a second, with ${window} lines in flight a sender.`,
    direction: " horizontal",
    height: 80 + 40 * summaries.length,
    across: `[${summaries.map(({ server }) => server).join(", ")}]`,
    up: "million deliveries a second",
    series: [["bar", bars]],
  });
}

/** What is drawn by the number of users: the words of its axis, and its caption. */
const BY_USERS = [
  {
    up: "million deliveries a second",
    caption: "Deliveries a second, by the number of users.",
    figure: ({ perSecond }: Summary) => perSecond / 1e6,
  },
  {
    up: "CPU a delivery, µs",
    caption: "What one delivery costs the server's processor, by the number of users.",
    figure: ({ cpuMicros }: Summary) => cpuMicros,
  },
  {
    up: "memory, MiB",
    caption: "The memory of the server's process at the end of a round, by the number of users.",
    figure: ({ rssMiB }: Summary) => rssMiB,
  },
] as const;

/** A line a server: how its figures grow with the number of users. None where the system does not tell a figure. */
function plots(results: Results, window: number): string {
  const crowds = byCrowd(results);
  const measured = crowds.map((crowd) => summarise(crowd, window));
  const users = crowds.map(({ load }) => `"${grouped(load.users)}"`);
  const told = BY_USERS.filter(({ figure }) => !measured.flat().map(figure).some(Number.isNaN));
  return told
    .map(({ up, caption, figure }) =>
      plot({
        ...{ caption, up, direction: "", height: 320 },
        across: `"users" [${users.join(", ")}]`,
        series: (measured[0] ?? []).map(({ server }) => [
          `line "${server}"`,
          measured.flatMap((column) => column.filter((each) => each.server === server).map(figure)),
        ]),
      }),
    )
    .join("\n\n");
}

/** One for each server of a usual run. Each is far from the next one, also on a dark page and for the colour-blind. */
const COLOURS = ["#3b82f6", "#d97706", "#6b7280", "#dc2626", "#7c3aed", "#0d9488"];

interface Plot {
  readonly caption: string;
  readonly direction: "" | " horizontal";
  /** In px. */
  readonly height: number;
  readonly across: string;
  readonly up: string;
  readonly series: readonly (readonly [what: string, figures: readonly number[]])[];
}

function plot({ caption, direction, height, across, up, series }: Plot): string {
  const highest = Math.max(...series.flatMap(([, figures]) => figures));
  const lines = series.map(
    ([what, figures]) =>
      `  ${what} [${figures.map((each) => Number(each.toPrecision(3))).join(", ")}]`,
  );
  return `${caption}

\`\`\`mermaid
---
config:
  xyChart:
    width: 560
    height: ${height}
  themeVariables:
    xyChart:
      backgroundColor: transparent
      plotColorPalette: "${COLOURS.slice(0, series.length).join(", ")}"
---
xychart-beta${direction}
  x-axis ${across}
  y-axis "${up}" 0 --> ${Math.ceil(highest)}
${lines.join("\n")}
\`\`\``;
}
