/** A wire makes lines of the bytes that come, and bytes of the lines that go. Nobody else knows their form. */
import { type Decoder, encode, type Line, LineDecoder } from "./lines.ts";

export interface Wire {
  /** One for each connection: it keeps what is not whole yet. A Buffer among its lines is an answer to send back. */
  decoder(): Decoder<Line | Buffer>;
  encode(lines: readonly string[]): Buffer;
}

/** Each line ends in a newline: as it has been since v01. */
export const LINES: Wire = {
  decoder: () => new LineDecoder(),
  encode: (lines) => encode(lines.join("\n")),
};

/** Lines for many to hear. Whoever is on the same wire gets the same bytes: they are made once. */
export class Block {
  readonly #lines: readonly string[];
  readonly #bytes = new Map<Wire, Buffer>();

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  on(wire: Wire): Buffer {
    const bytes = this.#bytes.get(wire) ?? wire.encode(this.#lines);
    this.#bytes.set(wire, bytes);
    return bytes;
  }
}
