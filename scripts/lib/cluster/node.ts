/** One node of the cluster: what it prints has its name before it. */
import { type Running, run } from "./running.ts";

/** Windows sends no signals, so there the nodes must hear Ctrl+C from the terminal themselves. */
export const APART = process.platform !== "win32";

/** What a node says of its addresses as it begins; the line behind them says that it serves. */
const BEGINS = /^(?:listening on|web on|packets on) (\S+)$/;
const SERVES = /^node /;

export interface Node extends Running {
  /** Its address for those who chat, `HOST:PORT`, once it serves; undefined if it ends before. */
  readonly serves: Promise<string | undefined>;
}

/** When it serves, one line says where, and another one when it has ended. */
export function startNode(name: string, argv: readonly string[]): Node {
  const begin: string[] = [];
  let ready = (_address?: string) => {};
  const serves = new Promise<string | undefined>((resolve) => {
    ready = resolve;
  });
  let begun = false;
  const node = run(argv, APART, (line, from) => {
    const address = begun ? undefined : BEGINS.exec(line)?.[1];
    if (address !== undefined) begin.push(address);
    else if (begun || !SERVES.test(line))
      (from === "stdout" ? console.log : console.error)(`${name} | ${line}`);
    else {
      begun = true;
      const [address, web, packets] = begin;
      console.log(`${name} | ${address}, web ${web}, packets ${packets}, process ${node.pid}`);
      ready(address);
    }
  });
  void node.ended.then((how) => {
    console.log(`${name} has ended: ${how}`);
    ready();
  });
  return { ...node, serves };
}
