/** The tables and the chart of docs/performance.md, from measured results. */
import { Refusal } from "../command.ts";
import { count } from "../count.ts";
import { renewMarked } from "../marked.ts";
import { othersTable } from "./others.ts";
import { inWords, type Results, summarise, unique } from "./results.ts";
import { fanoutTable, forPage, windowsTable } from "./tables.ts";

/** What can stand between `<!-- bench NAME -->` and `<!-- /bench -->`. */
const PARTS: Readonly<Record<string, (results: Results, window: number) => string>> = {
  machine: ({ date, machine, load }, window) =>
    `Measured on ${date}: ${inWords(machine)}. ${count(load.users, "user")}, ${load.senders} of whom speak, each with ${window} lines in flight; ${load.textBytes} bytes a line; ${load.rounds} rounds of ${load.seconds} s.`,
  fanout: (results, window) => forPage(fanoutTable(results, window)),
  chart,
  windows: (results) => {
    const ascending = windowsOf(results).sort((a, b) => a - b);
    return forPage(windowsTable(results, ascending));
  },
  others: (results) => forPage(othersTable(results)),
};

/** The same text with everything in it made anew. */
export function renew(text: string, results: Results): string {
  const [window = 1] = windowsOf(results);
  const bench = (name: string) => {
    const make = PARTS[name];
    if (make) return make(results, window);
    throw new Refusal(`there is no "bench ${name}": only ${Object.keys(PARTS).join(", ")}`);
  };
  return renewMarked(text, { bench });
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
