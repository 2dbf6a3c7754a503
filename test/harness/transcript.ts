/** What went over the wire, and what went wrong, in words. */

const MOST_ENTRIES = 12;
const MOST_CHARS = 72;

/** One client's side of the wire. */
export class Transcript {
  readonly #entries: [mark: string, text: string][] = [];
  readonly who: string;
  #dropped = 0;

  constructor(who: string) {
    this.who = who;
  }

  /** `>` sent, `<` heard, `*` an event. */
  add(mark: ">" | "<" | "*", text: string): void {
    this.#entries.push([mark, text]);
    if (this.#entries.length > MOST_ENTRIES) {
      this.#entries.shift();
      this.#dropped += 1;
    }
  }

  toString(): string {
    const before = this.#dropped > 0 ? [`  ${this.who} … ${this.#dropped} more before`] : [];
    const entries = this.#entries.map(([mark, text]) => `  ${this.who} ${mark} ${escaped(text)}`);
    return [...before, ...entries].join("\n");
  }
}

/** Control characters as `\n` or `\x1b`; a text of more than `most` characters shortened, its length told. */
export function escaped(text: string, most = MOST_CHARS): string {
  const short = text.length > most ? `${text.slice(0, most)}… (${text.length})` : text;
  return short.replace(/\p{Cc}/gu, (char) => {
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    if (char === "\t") return "\\t";
    return `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
}

/** Two lines that should be the same: both, and a caret below where they part. */
export function difference(expected: string, heard: string): string[] {
  let at = 0;
  while (at < expected.length && expected[at] === heard[at]) at++;
  const from = Math.max(0, at - MOST_CHARS / 2);
  const dots = from > 0 ? "…" : "";
  const show = (text: string) => `"${dots}${escaped(text.slice(from))}"`;
  const blank = " ".repeat(escaped(`${dots}${expected.slice(from, at)}`).length);
  return [`expected ${show(expected)}`, `heard    ${show(heard)}`, `          ${blank}^`];
}

interface Details {
  /** Whose lines, and which of them; of code that cannot be started, file and line. */
  readonly where?: string;
  /** The line that was to come, and the one that came instead. */
  readonly expected?: string | undefined;
  readonly heard?: string | undefined;
  /** What had come of a line whose newline never came. */
  readonly partial?: string | undefined;
}

/** Why a case failed. The harness makes a whole report of the message; the summary stays one line. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly kind: "mismatch" | "hang" | "crash";
  readonly summary: string;
  readonly details: Details;

  constructor(kind: Failure["kind"], summary: string, details: Details = {}) {
    super(summary);
    this.kind = kind;
    this.summary = summary;
    this.details = details;
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
  const where = `${what}, line ${first + 1}`;
  const summary = `${where}: expected ${show(expected[first])}, heard ${show(actual[first])}`;
  throw new Failure("mismatch", summary, {
    where,
    expected: expected[first],
    heard: actual[first],
  });
}
