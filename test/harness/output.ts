/** What a program prints: its beginning and its end are kept, so that one that never stops costs no memory. */

/** Of each end, in characters: a start-up message and a long stack fit. */
const KEPT = 64 * 1024;

export class Output {
  #head = "";
  #tail = "";
  #dropped = 0;

  add(text: string): void {
    const room = KEPT - this.#head.length;
    this.#head += text.slice(0, room);
    this.#tail += text.slice(room);
    if (this.#tail.length <= 2 * KEPT) return;
    this.#dropped += this.#tail.length - KEPT;
    this.#tail = this.#tail.slice(-KEPT);
  }

  get text(): string {
    const gap = this.#dropped > 0 ? `\n… ${this.#dropped} characters are left out …\n` : "";
    return this.#head + gap + this.#tail;
  }
}
