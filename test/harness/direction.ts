/** What a bad network does to the bytes of one direction. They all arrive, in their order, but how. */
import type { Socket } from "node:net";
import { setTimeout as after, setImmediate as endOfTurn } from "node:timers/promises";
import { random } from "./random.ts";

export interface Abuse {
  /** The longest piece, in bytes; Infinity when nothing is cut. */
  readonly slice: number;
  /** How long to wait for more bytes, to go on with the first. */
  readonly joinMs: number;
  /** The longest that a piece is held up. It may change meanwhile, as a network does. */
  readonly delayMs: number;
  /** Each piece waits for this, too: as long as it is pending, nothing goes through. */
  readonly hold?: () => Promise<void>;
}

export interface Limit {
  /** After how many bytes; Infinity is never. */
  readonly bytes: number;
  /** Nothing more goes through until this resolves, or ever, if it rejects. */
  readonly reached: () => Promise<void>;
}

/**
 * What a socket receives, to its end, in the pieces in which it is to go on; each is handed out when
 * the one before has been dealt with. Nothing is read meanwhile, so nothing piles up here. Throws
 * when the socket breaks.
 */
export async function* pieces(
  from: Socket,
  abuse: Abuse,
  seed: number,
  limit: Limit,
): AsyncGenerator<Buffer, void, undefined> {
  const { slice, joinMs } = abuse;
  // Each has numbers of its own: that the bytes came in other pieces moves no cut.
  const [cuts, delays] = [random(seed), random(~seed)];
  let untilCut = 0;
  let untilLimit = limit.bytes;
  for await (const chunk of from.iterator({ destroyOnReturn: false })) {
    let rest = joinMs > 0 ? await withMore(chunk, from, joinMs) : chunk;
    while (rest.length > 0) {
      if (untilCut === 0) untilCut = slice === Number.POSITIVE_INFINITY ? slice : 1 + cuts(slice);
      const piece = rest.subarray(0, Math.min(untilCut, untilLimit));
      // At least to the end of the turn: two writes in one turn may arrive as one.
      await (abuse.delayMs > 0 ? after(delays(abuse.delayMs + 1)) : endOfTurn());
      await abuse.hold?.();
      yield piece;
      rest = rest.subarray(piece.length);
      untilCut -= piece.length;
      untilLimit -= piece.length;
      if (untilLimit === 0) {
        await limit.reached();
        untilLimit = Number.POSITIVE_INFINITY;
      }
    }
  }
}

/** Meanwhile it waits in the socket's own buffer, which is bounded. */
async function withMore(chunk: Buffer, from: Socket, ms: number): Promise<Buffer> {
  await after(ms);
  return Buffer.concat([chunk, from.read() ?? Buffer.alloc(0)]);
}
