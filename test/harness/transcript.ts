/** What went over the wire, and what went wrong, in words. */

/** Of each client, so that a flood costs no memory. */
const KEPT_ENTRIES = 40;
/** In a report: as much as one can read at once. */
const SHOWN_ENTRIES = 24;
/** Every sentence of the protocol fits, and a name of 32 characters in it. */
const MOST_CHARS = 160;

/** What one client did, heard, or was done to. */
interface Entry {
  /** Grows over all clients: what was done first comes first. */
  readonly at: number;
  readonly who: string;
  /** `>` sent, `<` heard, `*` an event. */
  readonly mark: ">" | "<" | "*";
  readonly text: string;
  /** Which of its lines, of those heard: the first is 1. */
  readonly line?: number;
}

let entries = 0;

/** One client's side of the wire. */
export class Transcript {
  readonly who: string;
  readonly entries: Entry[] = [];
  /** How many entries there were before those that are kept. */
  dropped = 0;
  #heard = 0;

  constructor(who: string) {
    this.who = who;
  }

  add(mark: Entry["mark"], text: string): void {
    const line = mark === "<" ? { line: ++this.#heard } : {};
    this.entries.push({ at: ++entries, who: this.who, mark, text, ...line });
    if (this.entries.length > KEPT_ENTRIES) {
      this.entries.shift();
      this.dropped += 1;
    }
  }
}

/**
 * What the clients did and heard, in the order of time. All of it, if it is short; otherwise what is
 * about `whom`, or holds one of the `words`, comes before what happened last.
 */
export function timeline(
  transcripts: readonly Transcript[],
  whom = "",
  words: readonly string[] = [],
): string[] {
  const all = transcripts.flatMap((each) => each.entries);
  const weight = ({ who, text }: Entry) =>
    Number(words.some((word) => word !== "" && text.includes(word))) * 2 + Number(who === whom);
  const shown = all
    .toSorted((a, b) => weight(b) - weight(a) || b.at - a.at)
    .slice(0, SHOWN_ENTRIES)
    .sort((a, b) => a.at - b.at);
  const left =
    all.length - shown.length + transcripts.reduce((sum, { dropped }) => sum + dropped, 0);
  const width = Math.max(0, ...shown.map(({ who }) => who.length));
  const numbers = shown.map(({ line }) => `${line ?? ""}`);
  const wide = Math.max(0, ...numbers.map((number) => number.length));
  const lines = shown.map(
    ({ who, mark, text }, i) =>
      `  ${who.padEnd(width)} ${(numbers[i] ?? "").padStart(wide)}${mark} ${escaped(text)}`,
  );
  return left > 0 ? [`  … ${left} more, which are not shown`, ...lines] : lines;
}

/** Cannot be seen, or is drawn as a part of the character before it. */
const UNSEEN = /[\p{C}\p{Z}\p{M}\p{Default_Ignorable_Code_Point}\u2800]/u;

/**
 * What cannot be seen as `\n`, `\x1b` or `\u{200b}`, so that two lines that look alike do not; a long
 * text shortened, its length told.
 */
export function escaped(text: string, most = MOST_CHARS): string {
  const short = text.length > most ? `${text.slice(0, most)}… (${text.length})` : text;
  return Array.from(short, (char) => {
    const code = char.codePointAt(0) ?? 0;
    if (char === " " || !UNSEEN.test(char)) return char;
    if (char === "\n") return "\\n";
    if (char === "\r") return "\\r";
    if (char === "\t") return "\\t";
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
    return `\\u{${code.toString(16)}}`;
  }).join("");
}

/** Two lines that should be the same: both, and a caret below where they part. */
export function difference(expected: string, heard: string): string[] {
  let at = 0;
  while (at < expected.length && expected[at] === heard[at]) at++;
  const from = at > MOST_CHARS / 2 && expected.length > MOST_CHARS ? at - MOST_CHARS / 2 : 0;
  const dots = from > 0 ? "…" : "";
  const show = (text: string) => `"${dots}${escaped(text.slice(from))}"`;
  const blank = " ".repeat(escaped(`${dots}${expected.slice(from, at)}`).length);
  return [`expected ${show(expected)}`, `heard    ${show(heard)}`, `          ${blank}^`];
}

interface Details {
  /** The client that was let down. */
  readonly who?: string;
  /** Whose lines, and which of them. */
  readonly where?: string;
  /** The line that was to come, and the one that came instead. */
  readonly expected?: string | undefined;
  readonly heard?: string | undefined;
  /** The server had not let anybody in yet. */
  readonly starting?: boolean;
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

/** Fails the case unless both are the same, line by line; the first line of `actual` is number `from`. */
export function same(
  actual: readonly string[],
  expected: readonly string[],
  what: string,
  from = 1,
): void {
  const at = expected.findIndex((line, i) => line !== actual[i]);
  const first = at === -1 ? expected.length : at;
  if (at === -1 && actual.length === expected.length) return;
  const show = (line: string | undefined) =>
    line === undefined ? "nothing" : `"${escaped(line)}"`;
  const where = `${what}, line ${from + first}`;
  const summary = `${where}: expected ${show(expected[first])}, heard ${show(actual[first])}`;
  throw new Failure("mismatch", summary, {
    who: what,
    where,
    expected: expected[first],
    heard: actual[first],
  });
}
