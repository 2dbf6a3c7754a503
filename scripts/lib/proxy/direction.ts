/** What a bad network does to the bytes of one direction. They all arrive, in their order, but how. */
import type { Socket } from "node:net";
import { setTimeout as after, setImmediate as endOfTurn } from "node:timers/promises";
import { random } from "./random.ts";

export interface Abuse {
  /** The longest piece, in bytes; Infinity when nothing is cut. */
  readonly slice: number;
  /** How long to wait for more bytes, to go on with the first. */
  readonly joinMs: number;
  /** The longest that a piece is held up. */
  readonly delayMs: number;
}

export interface Limit {
  /** After how many bytes; Infinity is never. */
  readonly bytes: number;
  /** Nothing more goes through until this resolves, or ever, if it rejects. */
  readonly reached: () => Promise<void>;
}

export class Direction {
  readonly #abuse: Abuse;
  /** Cuts and delays have numbers of their own: that the bytes came in other pieces moves no cut. */
  readonly #cuts: () => number;
  readonly #delays: () => number;
  #limit: Limit;
  #passed = 0;
  #toCut = 0;

  constructor(abuse: Abuse, seed: number, limit: Limit) {
    this.#abuse = abuse;
    this.#cuts = random(seed);
    this.#delays = random(~seed);
    this.#limit = limit;
  }

  /**
   * What a socket receives, to its end, in the pieces in which it is to go on; each is handed out when
   * the one before has been dealt with. Nothing is read meanwhile, so nothing piles up here. Throws
   * when the socket breaks.
   */
  async *pieces(from: Socket): AsyncGenerator<Buffer, void, undefined> {
    for await (const chunk of from.iterator({ destroyOnReturn: false })) {
      let rest = await this.#withMore(chunk, from);
      while (rest.length > 0) {
        const size = Math.min(rest.length, this.#untilCut(), this.#limit.bytes - this.#passed);
        await this.#hold();
        yield rest.subarray(0, size);
        rest = rest.subarray(size);
        this.#toCut -= size;
        this.#passed += size;
        if (this.#passed === this.#limit.bytes) {
          await this.#limit.reached();
          this.#limit = { ...this.#limit, bytes: Number.POSITIVE_INFINITY };
        }
      }
    }
  }

  /** The socket's own buffer, which is bounded, is where it waits. */
  async #withMore(chunk: Buffer, from: Socket): Promise<Buffer> {
    if (this.#abuse.joinMs === 0) return chunk;
    await after(this.#abuse.joinMs);
    return Buffer.concat([chunk, from.read() ?? Buffer.alloc(0)]);
  }

  #untilCut(): number {
    const { slice } = this.#abuse;
    if (slice === Number.POSITIVE_INFINITY) return slice;
    if (this.#toCut === 0) this.#toCut = 1 + Math.floor(this.#cuts() * slice);
    return this.#toCut;
  }

  /** At least to the end of the turn: two writes in one turn may arrive as one. */
  async #hold(): Promise<void> {
    const { delayMs } = this.#abuse;
    if (delayMs > 0) await after(this.#delays() * delayMs);
    else await endOfTurn();
  }
}
