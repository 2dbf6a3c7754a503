/** Where a chapter stays without a change that an earlier one got, and is right to: what `npm run carry -- --check` passes over. */

export interface NotCarried {
  /** The first chapter that stays as it is; those after it may do so too. */
  readonly since: string;
  readonly file: string;
  /** The old lines, as they still stand there; where the change only adds lines, those that are missing. */
  readonly lines: readonly string[];
  readonly why: string;
}

export const notCarried: readonly NotCarried[] = [
  {
    since: "v11",
    file: "connection.ts",
    lines: ['import { type Line, readLines, write } from "./lines.ts";'],
    why: "From v11 on, a connection encodes by its wire, and imports no `encode`.",
  },
  {
    since: "v14",
    file: "history.ts",
    lines: ["      if (!this.#queue.closed) await after(GATHER_MS);"],
    why: "From v14 on, a batch goes to the store in pieces, and the pause stands where it is cut into them.",
  },
];
