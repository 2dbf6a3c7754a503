/** A case is data: what vitest runs against every chapter can be run against any server. */
import type { Conditions } from "./need.ts";
import type { Server } from "./server.ts";

export interface Case extends Conditions {
  /** Stable: `v05/rename-taken`. */
  readonly id: string;
  /** The first chapter it holds for. */
  readonly since: string;
  /** The last one, if not the newest. */
  readonly until?: string;
  /** Why the chapter before passes it too, where it does: `npm run matrix` asks. */
  readonly already?: string;
  /** The fault of the Go original that it keeps out, as docs/original-faults.md names it. */
  readonly fault?: string;
  /** It floods: its clients must not share a busy event loop, or they are the slow ones. */
  readonly alone?: boolean;
  run(server: Server): Promise<void>;
}

/** Chapters are numbered in two digits, so their ids compare as text. */
export function applies(test: Pick<Case, "since" | "until">, chapter: string): boolean {
  return test.since <= chapter && chapter <= (test.until ?? "v99");
}
