/** Tasks hand each other values through channels, in order and within bounds. */
import { setImmediate as endOfTurn } from "node:timers/promises";

/** Go's buffered `chan T` with one receiver: FIFO, bounded, in memory. */
export class Channel<T> {
  readonly #capacity: number;
  readonly #sizeOf: (value: T) => number;
  #queue: T[] = [];
  #size = 0;
  #closed = false;
  #wakeReceiver = () => {};
  #wakeSenders: (() => void)[] = [];

  /** Full at `capacity` values or, with `sizeOf`, when the sum of their sizes reaches `capacity`. */
  constructor(capacity: number, sizeOf: (value: T) => number = () => 1) {
    this.#capacity = capacity;
    this.#sizeOf = sizeOf;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** How much is queued: the number of values or, with `sizeOf`, the sum of their sizes. */
  get size(): number {
    return this.#size;
  }

  /** `select { case ch <- value: default: }`: false when full or closed. */
  trySend(value: T): boolean {
    if (this.#closed || this.#size >= this.#capacity) return false;
    this.#queue.push(value);
    this.#size += this.#sizeOf(value);
    this.#wakeReceiver();
    return true;
  }

  /** `ch <- value`: waits while full. False once closed, where Go panics. */
  async send(value: T): Promise<boolean> {
    while (!this.trySend(value)) {
      if (this.#closed) return false;
      await this.#taken();
    }
    return true;
  }

  /** Waits while more than half full; at once when closed. */
  async halfEmpty(): Promise<void> {
    while (this.#size > this.#capacity / 2 && !this.#closed) await this.#taken();
  }

  /**
   * Go's `for value := range ch`, but all queued values at once. With `maxTurns` it waits for more:
   * until a turn of the event loop brings no new value, or so many turns are over.
   */
  async *batches(maxTurns = 0): AsyncGenerator<T[], void, undefined> {
    while (await this.#filled()) {
      for (let turns = 0, seen = 0; turns < maxTurns && this.#queue.length > seen; turns++) {
        seen = turns === 0 ? 0 : this.#queue.length; // the first turn had begun already: wait one more
        await endOfTurn();
      }
      const batch = this.#queue;
      this.#queue = [];
      this.#size = 0;
      this.#wakeAllSenders();
      yield batch;
    }
  }

  /** `close(ch)`: takes no more; what is queued still arrives. Closing twice is harmless. */
  close(): void {
    this.#closed = true;
    this.#wakeReceiver();
    this.#wakeAllSenders();
  }

  /** Waits for a value. False when the channel is closed and nothing is left. */
  async #filled(): Promise<boolean> {
    if (this.#queue.length === 0 && !this.#closed) {
      await new Promise<void>((wake) => {
        this.#wakeReceiver = wake;
      });
    }
    return this.#queue.length > 0;
  }

  /** Resolves when the receiver has taken a batch, or the channel is closed. */
  #taken(): Promise<void> {
    return new Promise((wake) => this.#wakeSenders.push(wake));
  }

  #wakeAllSenders(): void {
    for (const wake of this.#wakeSenders.splice(0)) wake();
  }
}
