/** The tables and the chart of docs/performance.md, from measured results. */
import { Refusal } from "../command.ts";
import { count } from "../count.ts";
import { renewMarked } from "../marked.ts";
import { clusterTable, nodesTable } from "./cluster-tables.ts";
import { othersTable } from "./others.ts";
import { inWords, type Results, summarise, unique } from "./results.ts";
import {
  costs,
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
  const users = count(load.users, "user");
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
  const millions = summaries.map(({ perSecond }) => (perSecond / 1e6).toFixed(2));
  return `Million deliveries a second, with ${window} lines in flight a sender.

\`\`\`mermaid
---
config:
  xyChart:
    width: 560
    height: ${80 + 40 * summaries.length}
  themeVariables:
    xyChart:
      backgroundColor: transparent
      plotColorPalette: "#3b82f6"
---
xychart-beta horizontal
  x-axis [${summaries.map(({ server }) => server).join(", ")}]
  y-axis "million deliveries a second" 0 --> ${Math.ceil(Math.max(...millions.map(Number)))}
  bar [${millions.join(", ")}]
\`\`\``;
}
