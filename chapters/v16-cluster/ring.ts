/** Bytes that have come and are not used yet. A ring: what is read makes room, and nothing is moved. */

const LEAST_BYTES = 4096; // most packets are smaller, so most connections never need more
const NOTHING = Buffer.alloc(0);

export class Ring {
  readonly #maxBytes: number;
  #bytes = NOTHING;
  #head = 0;
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get length(): number {
    return this.#length;
  }

  /** All of it, or nothing: false if there would be more than `maxBytes` in the ring. */
  write(bytes: Buffer): boolean {
    const length = this.#length + bytes.length;
    if (length > this.#maxBytes) return false;
    if (bytes.length === 0) return true;
    if (length > this.#bytes.length) this.#grow(length);
    const tail = (this.#head + this.#length) % this.#bytes.length;
    const copied = bytes.copy(this.#bytes, tail); // up to the end of the ring, and the rest from its start
    bytes.copy(this.#bytes, 0, copied);
    this.#length = length;
    return true;
  }

  /** A copy of the first `count` bytes, or of all if there are fewer. They stay in the ring. */
  peek(count: number): Buffer {
    const first = Buffer.allocUnsafe(Math.min(count, this.#length));
    this.#copyTo(first);
    return first;
  }

  /** The same, but they are taken out. A ring that is empty holds no memory. */
  read(count: number): Buffer {
    const taken = this.peek(count);
    this.#length -= taken.length;
    if (this.#length === 0) this.#bytes = NOTHING;
    this.#head = this.#length === 0 ? 0 : (this.#head + taken.length) % this.#bytes.length;
    return taken;
  }

  /** Fills `target`, which is no longer than what there is. */
  #copyTo(target: Buffer): void {
    const copied = this.#bytes.copy(target, 0, this.#head, this.#head + target.length);
    this.#bytes.copy(target, copied, 0, target.length - copied);
  }

  /** Doubles, so that each byte is moved once on average, however much comes. */
  #grow(length: number): void {
    let size = Math.max(LEAST_BYTES, this.#bytes.length);
    while (size < length) size *= 2;
    const larger = Buffer.allocUnsafe(Math.min(size, this.#maxBytes));
    this.#copyTo(larger.subarray(0, this.#length));
    this.#bytes = larger;
    this.#head = 0;
  }
}
