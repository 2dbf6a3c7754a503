/** What is said to all is kept: a task of its own hands it to a store, so that the chat waits for no disk. */
import { setTimeout as after } from "node:timers/promises";
import { Channel } from "./channel.ts";
import { Block } from "./wire.ts";

/** The most lines that one may ask for. */
export const MOST_LINES = 1000;

const WAITING_BYTES = 32 * 1024 * 1024; // 160,000 short lines: a disk may be busy for a second or two of a flood
const LINE_BYTES = 200; // what a line takes besides its text
const ANSWER_BYTES = 1024 * 1024; // a quarter of an outbox: the rest is room for what is said meanwhile
const GATHER_MS = 20; // what is said in this time is written in one piece: in a flood, each sync is expensive
const RETRY_MS = 250; // soon enough for people, and hardly any work

/** A line that was said to all. */
export interface Said {
  readonly addr: string;
  readonly name: string;
  readonly text: string;
}

/** With the time when it was said, in ISO 8601 and UTC. */
export type Kept = Said & { readonly at: string };

/** 1, 2, 3 …, also across restarts: with it, a device says what it has heard. */
export type Numbered = Kept & { readonly seq: number };

/**
 * Where lines are kept. A mark stands for all that has been kept so far; who asks for lines
 * before a mark gets nothing that came later. The store's own troubles (a full disk) reject with
 * an error that has a `syscall`; any other error is a bug in our own code.
 */
export interface Store {
  /** The store calls it with the trouble when there is some, and with none when it is over. */
  onChange?: (trouble?: string) => void;
  /** The number of the last line that is safe. */
  readonly seq: number;
  /** The most lines that it takes at once; any number, if it says nothing. */
  readonly most?: number;
  /** To be called first; gives the first mark: Infinity if it is not known yet. */
  open(): Promise<number>;
  /** Resolves with the next mark when they are safe; lines that have failed may be given again. */
  append(lines: readonly Kept[]): Promise<number>;
  /** The last lines of all or of `name`, oldest first. If the asker `isGone` when its turn comes, it may give none. */
  last(count: number, before: number, name?: string, isGone?: () => boolean): Promise<Numbered[]>;
  close(): Promise<void>;
}

export class History {
  /** Lines that could not be kept. */
  dropped = 0;
  readonly #store: Store;
  readonly #replay: number;
  readonly #queue = new Channel<Kept>(WAITING_BYTES, ({ text }) => LINE_BYTES + text.length);
  /** Said, and not yet safe: what is queued, and what the store is busy with. */
  readonly #waiting: Numbered[] = [];
  #mark = 0;
  /** The number of the last line that is safe; those that wait have the numbers after it. */
  #seq = 0;
  /** For those who come back: what is said while their missed lines are read. */
  readonly #meanwhile = new Set<Numbered[]>();
  /** The last lines, for newcomers. */
  readonly #recent: Kept[] = [];
  #block: Block | undefined;
  /** Where something goes wrong. */
  readonly #troubles = new Set<"store" | "queue">();
  #givingUp: NodeJS.Timeout | undefined;
  #givenUp = false;

  /** A newcomer hears the last `replay` lines. */
  constructor(store: Store, replay: number) {
    this.#store = store;
    this.#store.onChange = (trouble) => this.#tell("store", trouble);
    this.#replay = replay;
  }

  async open(): Promise<void> {
    this.#mark = await this.#store.open();
    this.#seq = this.#store.seq;
    const away = this.#mark === Number.POSITIVE_INFINITY; // to ask would only delay the start
    if (this.#replay > 0 && !away) this.#recent.push(...((await this.#read(this.#replay)) ?? []));
  }

  /**
   * Gives the line's number; 0 if it has none. Never waits: a store that is too far behind misses
   * lines (a user would be cut off).
   */
  keep(said: Said): number {
    const unknown = this.#mark === Number.POSITIVE_INFINITY; // the store has been away since the start
    const seq = unknown ? 0 : this.#seq + this.#waiting.length + 1;
    let line = { seq, at: new Date().toISOString(), ...said };
    if (this.#queue.trySend(line)) this.#waiting.push(line);
    else {
      line = { ...line, seq: 0 };
      this.#miss([line]);
    }
    for (const lines of this.#meanwhile) lines.push(line);
    this.#recent.push(line);
    if (this.#recent.length > this.#replay) this.#recent.shift();
    this.#block = undefined;
    return line.seq;
  }

  /**
   * What was said after the line `after`: read from the store as far as it is safe. The function that it
   * gives must be called once; it returns the lines up to the moment of that call, the last ones if they are many.
   */
  async missed(after: number, isGone?: () => boolean): Promise<() => Block | undefined> {
    const lines = this.#waiting.filter(({ seq }) => seq > after);
    this.#meanwhile.add(lines);
    const count = Math.min(Math.max(this.#seq - after, 0), MOST_LINES);
    const safe = await this.#read(count, undefined, isGone);
    return () => {
      this.#meanwhile.delete(lines);
      const said = lastThatFit(
        [...(safe ?? []).filter(({ seq }) => seq > after), ...lines],
        framed,
      );
      const leftOut = Math.max(0, (said[0]?.seq ?? 0) - after - 1);
      const note = safe ? `${leftOut} older lines are left out` : "the history cannot be read now";
      const notes = !safe || leftOut > 0 ? [note] : [];
      const numbers = [...notes.map(() => 0), ...said.map(({ seq }) => seq)];
      return numbers.length > 0 ? new Block([...notes, ...said.map(framed)], numbers) : undefined;
    };
  }

  /** What a newcomer hears, if anything: the same for all who come before the next line. */
  get replay(): Block | undefined {
    if (this.#replay > 0) this.#block ??= new Block(told(this.#recent));
    return this.#block;
  }

  /** The last `count` lines of all or of `name`, as they are told; those too that are not safe yet. */
  async recall(count: number, name?: string, isGone?: () => boolean): Promise<string[]> {
    const theirs = this.#waiting.filter((said) => name === undefined || said.name === name);
    const waiting = theirs.slice(-count);
    const safe = await this.#read(count - waiting.length, name, isGone);
    return safe ? told([...safe, ...waiting]) : ["the history cannot be read now"];
  }

  /** The historian task: all that came while the store was busy goes to it in one piece, if it may. */
  async historian(): Promise<void> {
    for await (const lines of this.#pieces()) {
      const mark = await this.#append(lines);
      this.#waiting.splice(0, lines.length); // in the same turn as the mark, so that nobody hears a line twice
      this.#seq = this.#store.seq;
      if (mark === undefined) this.#miss(lines);
      else this.#mark = mark;
    }
    clearTimeout(this.#givingUp);
    if (this.dropped > 0) console.error(`${this.dropped} lines are missing from the history`);
    await this.#store.close();
  }

  /** What is queued is still kept, if the store takes it within `ms`. */
  close(ms: number): void {
    this.#queue.close();
    this.#givingUp = setTimeout(() => {
      this.#givenUp = true;
      this.#tell("store", "no time is left");
      void this.#store.close();
    }, ms);
  }

  async #read(
    count: number,
    name?: string,
    isGone?: () => boolean,
  ): Promise<Numbered[] | undefined> {
    try {
      return await this.#store.last(count, this.#mark, name, isGone);
    } catch (error) {
      const trouble = troubleOf(error);
      if (this.#troubles.size === 0) console.error(`cannot read the history: ${trouble}`); // else reported already
      return undefined;
    }
  }

  async *#pieces(): AsyncGenerator<readonly Kept[]> {
    const { most = Number.POSITIVE_INFINITY } = this.#store;
    for await (const lines of this.#queue.batches()) {
      for (let from = 0; from < lines.length; from += most) yield lines.slice(from, from + most);
      if (!this.#queue.closed) await after(GATHER_MS);
    }
  }

  /** Gives the next mark; none if the server ends before the store is well again. */
  async #append(lines: readonly Kept[]): Promise<number | undefined> {
    while (!this.#givenUp) {
      try {
        const mark = await this.#store.append(lines);
        this.#tell("store");
        if (this.#queue.size === 0) this.#tell("queue");
        return mark;
      } catch (error) {
        this.#tell("store", troubleOf(error));
        this.#givenUp ||= this.#queue.closed; // these may be stored already: no other lines must get their numbers
        await after(RETRY_MS);
      }
    }
    return undefined;
  }

  #miss(lines: readonly Kept[]): void {
    this.dropped += lines.length;
    this.#tell("queue", "it falls behind");
  }

  /** Reports once when something goes wrong, and once when all is well again. */
  #tell(where: "store" | "queue", trouble?: string): void {
    const wasWell = this.#troubles.size === 0;
    if (trouble === undefined) this.#troubles.delete(where);
    else this.#troubles.add(where);
    const isWell = this.#troubles.size === 0;
    if (wasWell && !isWell) console.error(`cannot keep the history: ${trouble}`);
    if (!wasWell && isWell)
      console.error(`the history is kept again: ${this.dropped} lines are missing so far`);
  }
}

/** The trouble in words; a bug in our own code is thrown again, with its stack. */
function troubleOf(error: unknown): string {
  const { syscall, message } = error as NodeJS.ErrnoException;
  if (syscall === undefined) throw error;
  return message;
}

/** Checks a stored line before users hear it: others may have changed it. */
export function isKept({ at, addr, name, text }: Kept): boolean {
  const texts = [addr, name, text];
  if (new Date(at).toJSON() !== at) return false; // a wrong time could make it look like something that is said now
  return texts.every((each) => typeof each === "string" && !/\p{Cc}/u.test(each));
}

/** The line as those who were online heard it. */
export function framed({ addr, name, text }: Said): string {
  return `[${addr}]${name}:${text}`;
}

/** The last lines, as many as fit into an answer. */
function lastThatFit<Line extends Said>(
  lines: readonly Line[],
  tell: (line: Line) => string,
): Line[] {
  let bytes = 0;
  const tooMany = lines.findLastIndex((line) => {
    bytes += Buffer.byteLength(tell(line));
    return bytes > ANSWER_BYTES;
  });
  return lines.slice(tooMany + 1);
}

function told(lines: readonly Kept[]): string[] {
  const tell = (line: Kept) => `[${line.at}]${framed(line)}`;
  const answer = lastThatFit(lines, tell).map(tell);
  return [`history: ${answer.length} lines`, ...answer, "history: end"];
}
