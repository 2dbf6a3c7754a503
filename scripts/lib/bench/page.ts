/** The tables and the chart of docs/performance.md, from measured results. */
import { Refusal } from "../command.ts";
import { inWords, type Results, summarise, windowsOf } from "./results.ts";
import { count, fanoutTable, forPage, othersTable, windowsTable } from "./tables.ts";

const MARKED = /<!-- bench (\S+) -->\n.*?<!-- \/bench -->/gs;

/** What can stand between `<!-- bench NAME -->` and `<!-- /bench -->`. */
const PARTS: Readonly<Record<string, (results: Results, window: number) => string>> = {
  machine: ({ date, machine, load }, window) =>
    `Measured on ${date}: ${inWords(machine)}. ${count(load.users)} users, ${load.senders} of whom speak, each with ${window} lines in flight; ${load.textBytes} bytes a line; ${load.rounds} rounds of ${load.seconds} s.`,
  fanout: (results, window) => forPage(fanoutTable(results, window)),
  chart,
  windows: (results) =>
    forPage(
      windowsTable(
        results,
        [...windowsOf(results)].sort((a, b) => a - b),
      ),
    ),
  others: (results) => forPage(othersTable(results)),
};

/** The same text with everything in it made anew. */
export function renew(text: string, results: Results): string {
  const [window = 1] = windowsOf(results);
  return text.replace(MARKED, (_, name: string) => {
    const make = PARTS[name];
    if (!make)
      throw new Refusal(`there is no "bench ${name}": only ${Object.keys(PARTS).join(", ")}`);
    return `<!-- bench ${name} -->\n\n${make(results, window)}\n\n<!-- /bench -->`;
  });
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
