/** A store for the pictures: what is kept lies in memory, and is safe in the next turn of the event loop. */
import { setImmediate as turn } from "node:timers/promises";
import type { Kept, Store } from "../../../chapters/v13-history/history.ts";
import type { Numbered } from "../../../chapters/v15-packets/history.ts";

/** How long a disk takes, nobody knows; on a shelf, things happen in the same order at every run. */
export class Shelf implements Store {
  readonly #lines: Numbered[] = [];
  #asked = turn();
  #giveUp: ((error: Error) => void) | undefined;

  /** From now on nothing that is asked has an answer. */
  freeze(): void {
    this.#asked = new Promise((_, reject) => {
      this.#giveUp = reject;
    });
  }

  /** What was asked meanwhile fails, as after a time-out; what is asked from now on is answered. */
  giveUp(): void {
    this.#giveUp?.(Object.assign(new Error("timed out"), { syscall: "shelf" }));
    this.#asked = turn();
  }

  async open(): Promise<number> {
    return 0;
  }

  /** From v15 on lines have numbers. */
  get seq(): number {
    return this.#lines.length;
  }

  async append(lines: readonly Kept[]): Promise<number> {
    await this.#asked.then(() => turn());
    for (const line of lines) this.#lines.push({ ...line, seq: this.seq + 1 });
    return this.seq;
  }

  async last(count: number, before: number, name?: string): Promise<Numbered[]> {
    await this.#asked.then(() => turn());
    const all = this.#lines.slice(0, before);
    const theirs = all.filter((line) => name === undefined || line.name === name);
    return count === 0 ? [] : theirs.slice(-count);
  }

  async close(): Promise<void> {}
}
