/** What went over the wire, and what went wrong, in words. */

const MOST_ENTRIES = 12;
const MOST_CHARS = 72;

/** One client's side of the wire. */
export class Transcript {
  readonly #entries: string[] = [];
  readonly who: string;
  #dropped = 0;

  constructor(who: string) {
    this.who = who;
  }

  /** `>` sent, `<` heard, `*` an event. */
  add(mark: ">" | "<" | "*", text: string): void {
    this.#entries.push(`  ${this.who} ${mark} ${escaped(text)}`);
    if (this.#entries.length > MOST_ENTRIES) {
      this.#entries.shift();
      this.#dropped += 1;
    }
  }

  toString(): string {
    const before = this.#dropped > 0 ? [`  ${this.who} … ${this.#dropped} more before`] : [];
    return [...before, ...this.#entries].join("\n");
  }
}

/** Control characters as `\n` or `\x1b`; a long text shortened, its length told. */
export function escaped(text: string): string {
  const short = text.length > MOST_CHARS ? `${text.slice(0, MOST_CHARS)}… (${text.length})` : text;
  return short.replace(/\p{Cc}/gu, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    if (char === "\t") return "\\t";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** Why a case failed; the harness adds the transcript. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly kind: "mismatch" | "hang" | "crash";

  constructor(kind: Failure["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Fails the case unless `held`. */
export function check(held: boolean, message: string): asserts held {
  if (!held) throw new Failure("mismatch", message);
}

/** Fails the case unless both are the same, line by line. */
export function same(actual: readonly string[], expected: readonly string[], what: string): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  const first = at === -1 ? expected.length : at;
  if (at === -1 && actual.length === expected.length) return;
  const show = (line: string | undefined) =>
    line === undefined ? "nothing" : `"${escaped(line)}"`;
  const message = `${what}, line ${first + 1}: expected ${show(expected[first])}, heard ${show(actual[first])}`;
  throw new Failure("mismatch", message);
}
