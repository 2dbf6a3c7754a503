/** A wire makes lines of the bytes that come, and bytes of the lines that go. Nobody else knows their form. */
import { type Decoder, encode, type Line, LineDecoder } from "./lines.ts";

/** Who a client says it is. */
export interface Hello {
  readonly name: string;
  /** Empty if the client does not give one. */
  readonly device: string;
  readonly token: string;
  /** The number of the last line that it has heard; 0 if it wants nothing from before. */
  readonly after: number;
}

export interface Wire {
  /** Each client must begin with a Hello, even where no token is needed. */
  readonly asks?: boolean;
  /** One for each connection: it keeps what is not whole yet. A Buffer among its lines is an answer to send back. */
  decoder(): Decoder<Line | Buffer | Hello>;
  /** `numbers`: one for each line; 0 or none for a line that the history does not keep. */
  encode(lines: readonly string[], numbers?: readonly number[]): Buffer;
}

/** Each line ends in a newline: as it has been since v01. */
export const LINES: Wire = {
  decoder: () => new LineDecoder(),
  encode: (lines) => encode(lines.join("\n")),
};

/** Lines for many to hear. Whoever is on the same wire gets the same bytes: they are made once. */
export class Block {
  readonly #lines: readonly string[];
  readonly #numbers: readonly number[] | undefined;
  readonly #bytes = new Map<Wire, Buffer>();

  constructor(lines: readonly string[], numbers?: readonly number[]) {
    this.#lines = lines;
    this.#numbers = numbers;
  }

  on(wire: Wire): Buffer {
    const bytes = this.#bytes.get(wire) ?? wire.encode(this.#lines, this.#numbers);
    this.#bytes.set(wire, bytes);
    return bytes;
  }
}
