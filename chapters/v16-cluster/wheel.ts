/**
 * One timing wheel for login, idle, ping and linger limits. Activity only notes the time; when a slot
 * comes due, it moves those of its limits that were active. No limit is early; it is
 * late by one tick at most, plus the time by which the event loop itself is late.
 */

const TICK_MS = 50; // a twentieth of the shortest limit, which is one second
const SLOTS = 512; // a round takes 25.6 s; a longer limit is looked at once a round

export interface Limit {
  /** Activity: the time starts again from now. Does nothing once the limit has come due. */
  touch(): void;
  /** It never comes due. A second call is harmless. */
  stop(): void;
}

class Entry implements Limit {
  readonly ms: number;
  readonly due: () => void;
  slot: Set<Entry> | undefined;
  #since = performance.now();

  constructor(ms: number, due: () => void) {
    this.ms = ms;
    this.due = due;
  }

  get deadline(): number {
    return this.#since + this.ms;
  }

  touch(): void {
    this.#since = performance.now();
  }

  stop(): void {
    this.slot?.delete(this);
    this.slot = undefined;
  }
}

export class Wheel {
  readonly #tickMs: number;
  readonly #slots: Set<Entry>[];
  /** The last tick whose slot was looked at. Tick n is n times `tickMs` on the clock. */
  #lookedAt = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(tickMs = TICK_MS, slots = SLOTS) {
    this.#tickMs = tickMs;
    this.#slots = Array.from({ length: slots }, () => new Set<Entry>());
  }

  /** Calls `due` once, when nothing has touched the limit for `ms`. */
  start(ms: number, due: () => void): Limit {
    if (this.#timer === undefined) {
      this.#lookedAt = Math.floor(performance.now() / this.#tickMs);
      this.#wait();
    }
    const entry = new Entry(ms, due);
    this.#put(entry);
    return entry;
  }

  /** Into the first slot at or after its deadline: if that is rounds away, it is looked at once a round. */
  #put(entry: Entry): void {
    const tick = Math.max(this.#lookedAt + 1, Math.ceil(entry.deadline / this.#tickMs));
    entry.slot = this.#slots[tick % this.#slots.length];
    entry.slot?.add(entry);
  }

  #wait(): void {
    const ms = (this.#lookedAt + 1) * this.#tickMs - performance.now();
    // setImmediate: what has come while the loop was busy is read first, and touches its limits.
    const turn = () => setImmediate(() => this.#turn());
    this.#timer = setTimeout(turn, Math.max(1, Math.ceil(ms))).unref();
  }

  /** Looks at all slots that have come due since the last time, each once. */
  #turn(): void {
    const now = performance.now();
    const last = Math.floor(now / this.#tickMs);
    this.#lookedAt = Math.max(this.#lookedAt, last - this.#slots.length);
    while (this.#lookedAt < last) this.#look(++this.#lookedAt % this.#slots.length, now);
    this.#timer = undefined;
    if (this.#slots.some((slot) => slot.size > 0)) this.#wait();
  }

  #look(at: number, now: number): void {
    const slot = this.#slots[at];
    if (slot === undefined || slot.size === 0) return;
    this.#slots[at] = new Set(); // a limit that is still rounds away comes back to this slot
    for (const entry of slot) {
      if (entry.deadline > now) {
        this.#put(entry);
        continue;
      }
      entry.slot = undefined;
      call(entry.due);
    }
  }
}

/** What a callback throws is uncaught, as from a timer, but the limits after it come due first. */
function call(due: () => void): void {
  try {
    due();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

/** One timer for all limits of the process. */
export const WHEEL = new Wheel();
