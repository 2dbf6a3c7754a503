/** Lines over TCP, which carries bytes and knows no messages: each newline ends a line. */
import type { Socket } from "node:net";

/** The longest line that a client may send, in bytes, its line end not counted. */
export const MAX_LINE = 4096;

/** What {@link readLines} yields in place of a line over the limit. */
export const TOO_LONG = Symbol("line too long");

export type Line = string | typeof TOO_LONG;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const EMPTY = Buffer.alloc(0);

/** Bytes in, lines out; it knows no socket, and keeps what is not whole yet. */
export interface Decoder<Item = Line> {
  feed(chunk: Buffer): Iterable<Item>;
  /** The peer has ended its side. */
  end(): Iterable<Item>;
  /** The peer has said goodbye, or broken the rules: what still comes is not read as lines. */
  readonly over: boolean;
  /** The last bytes that go to the peer, with `lastWords` in them if there are any. */
  goodbye(lastWords: string): Buffer;
}

/**
 * Lines that end in a newline. Bytes are put together before they are decoded,
 * so a character may arrive in two pieces. A line over the limit is never held: it is
 * reported once and dropped up to its newline.
 */
export class LineDecoder implements Decoder {
  readonly over = false;
  readonly #maxBytes: number;
  #line: Buffer = EMPTY;
  #dropping = false;

  constructor(maxBytes = MAX_LINE) {
    this.#maxBytes = maxBytes;
  }

  /** The lines that end in this chunk. */
  *feed(chunk: Buffer): Generator<Line, void, undefined> {
    for (let start = 0; start < chunk.length; ) {
      const newline = chunk.indexOf(NEWLINE, start);
      const end = newline === -1 ? chunk.length : newline;
      if (!this.#dropping) this.#line = Buffer.concat([this.#line, chunk.subarray(start, end)]);
      if (this.#line.length > this.#maxBytes + (this.#line.at(-1) === RETURN ? 1 : 0)) {
        this.#line = EMPTY;
        this.#dropping = true;
        yield TOO_LONG;
      }
      if (newline !== -1) {
        if (!this.#dropping) yield decode(this.#line);
        this.#line = EMPTY;
        this.#dropping = false;
      }
      start = end + 1;
    }
  }

  /** What came after the last newline is a line, too. */
  *end(): Generator<Line, void, undefined> {
    if (this.#line.length > 0) yield decode(this.#line);
  }

  /** No line means goodbye: only the end of the connection says that it is over. */
  goodbye(lastWords: string): Buffer {
    return lastWords ? encode(lastWords) : EMPTY;
  }
}

/** The lines a peer sends, until it says goodbye, or closes or resets the connection. */
export async function* readLines<Item>(
  socket: Socket,
  decoder: Decoder<Item>,
): AsyncGenerator<Item, void, undefined> {
  try {
    // By default, the loop would destroy the socket at the peer's FIN, and replies would be lost.
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      yield* decoder.feed(chunk);
      if (decoder.over) return;
    }
  } catch (error) {
    if (!socket.destroyed) throw error; // a bug in our own code
    return; // a reset: a line that it cut off does not count
  }
  for (const line of decoder.end()) {
    // A reset right after the last bytes looks like an orderly end; only a write finds out.
    if (await write(socket, EMPTY)) yield line;
  }
}

/** Tabs become spaces; the other control characters go, so that nobody moves a reader's cursor. */
export function decode(bytes: Buffer): string {
  return bytes
    .toString("utf8")
    .replaceAll("\t", " ")
    .replace(/\p{Cc}/gu, "");
}

/** A line, or several, as they go over the wire. */
export function encode(text: string): Buffer {
  return Buffer.from(`${text}\n`);
}

/** True when the bytes are out, false when they no longer can be: then the lines end too. */
export function write(socket: Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => socket.write(bytes, (error) => resolve(!error)));
}
