/** A case is data: what vitest runs against every chapter can be run against any server. */
import type { Server } from "./server.ts";

/** What a case asks of the server beyond its socket; where it cannot be had, the case is not reached. */
export type Need = keyof typeof NEEDS;

export const NEEDS = {
  cli: "the command line that docs/protocol.md describes",
  args: "options, such as --idle-timeout 3",
  memory: "a look at its memory",
  cpu: "a look at its processor time",
  descriptors: "a look at its descriptors",
  ulimit: "a limit of its descriptors",
  signals: "signals, and the closing line",
} as const;

export interface Case {
  /** Stable: `v05/rename-taken`. */
  readonly id: string;
  /** The first chapter it holds for. */
  readonly since: string;
  /** The last one, if not the newest. */
  readonly until?: string;
  /** The clause of docs/protocol.md that it holds. */
  readonly clause: string;
  /** Why the chapter before passes it too, where it does: `npm run matrix` asks. */
  readonly already?: string;
  /** The fault of the Go original that it keeps out, as docs/original-faults.md names it. */
  readonly fault?: string;
  readonly needs?: readonly Need[];
  /** More options for the server. */
  readonly args?: readonly string[];
  /** It floods: its clients must not share a busy event loop, or they are the slow ones. */
  readonly alone?: boolean;
  /** Its process may hold no more than so many descriptors. */
  readonly descriptors?: number;
  /** Lines that it may print on stderr; any other one fails the case. */
  readonly stderr?: RegExp;
  run(server: Server): Promise<void>;
}

/** All that a case needs. */
export function needs(test: Pick<Case, "needs" | "args">): Need[] {
  return [...(test.needs ?? []), ...(test.args ? ["args" as const] : [])];
}

/** Chapters are numbered in two digits, so their ids compare as text. */
export function applies(test: Pick<Case, "since" | "until">, chapter: string): boolean {
  return test.since <= chapter && chapter <= (test.until ?? "v99");
}
