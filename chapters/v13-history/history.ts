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

/**
 * Where lines are kept. A mark stands for all that has been kept so far; who asks for lines
 * before a mark gets nothing that came later. The store's own troubles (a full disk) reject with
 * an error that has a `syscall`; any other error is a bug in our own code.
 */
export interface Store {
  /** To be called first; gives the first mark. */
  open(): Promise<number>;
  /** Resolves with the next mark when they are safe; lines that have failed may be given again. */
  append(lines: readonly Kept[]): Promise<number>;
  /** The last lines of all or of `name`, oldest first. If the asker `isGone` when its turn comes, it may give none. */
  last(count: number, before: number, name?: string, isGone?: () => boolean): Promise<Kept[]>;
  close(): Promise<void>;
}

export class History {
  /** Lines that could not be kept. */
  dropped = 0;
  readonly #store: Store;
  readonly #replay: number;
  readonly #queue = new Channel<Kept>(WAITING_BYTES, ({ text }) => LINE_BYTES + text.length);
  /** Said, and not yet safe: what is queued, and what the store is busy with. */
  readonly #waiting: Kept[] = [];
  #mark = 0;
  /** The last lines, for newcomers. */
  readonly #recent: Kept[] = [];
  #block: Block | undefined;
  #trouble = false;

  /** A newcomer hears the last `replay` lines. */
  constructor(store: Store, replay: number) {
    this.#store = store;
    this.#replay = replay;
  }

  async open(): Promise<void> {
    this.#mark = await this.#store.open();
    if (this.#replay > 0) this.#recent.push(...((await this.#read(this.#replay)) ?? []));
  }

  /** Never waits: a store that is too far behind misses lines (a user would be cut off). */
  keep(said: Said): void {
    const line = { at: new Date().toISOString(), ...said };
    if (this.#queue.trySend(line)) this.#waiting.push(line);
    else this.#miss([line]);
    this.#recent.push(line);
    if (this.#recent.length > this.#replay) this.#recent.shift();
    this.#block = undefined;
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

  /** The historian task: all that came while the store was busy goes to it in one piece. */
  async historian(): Promise<void> {
    for await (const lines of this.#queue.batches()) {
      const mark = await this.#append(lines);
      this.#waiting.splice(0, lines.length); // in the same turn as the mark, so that nobody hears a line twice
      if (mark === undefined) this.#miss(lines);
      else this.#mark = mark;
      if (!this.#queue.closed) await after(GATHER_MS);
    }
    if (this.dropped > 0) console.error(`${this.dropped} lines are missing from the history`);
    await this.#store.close();
  }

  /** What is queued is still kept, if the store takes it. */
  close(): void {
    this.#queue.close();
  }

  async #read(count: number, name?: string, isGone?: () => boolean): Promise<Kept[] | undefined> {
    try {
      return await this.#store.last(count, this.#mark, name, isGone);
    } catch (error) {
      console.error(`cannot read the history: ${troubleOf(error)}`);
      return undefined;
    }
  }

  /** Gives the next mark; none if the server ends before the store is well again. */
  async #append(lines: readonly Kept[]): Promise<number | undefined> {
    for (;;) {
      try {
        const mark = await this.#store.append(lines);
        if (this.#queue.size === 0)
          this.#tell(false, `the history is kept again: ${this.dropped} lines are missing so far`);
        return mark;
      } catch (error) {
        this.#tell(true, `cannot keep the history: ${troubleOf(error)}`);
        if (this.#queue.closed) return undefined;
        await after(RETRY_MS);
      }
    }
  }

  #miss(lines: readonly Kept[]): void {
    this.dropped += lines.length;
    this.#tell(true, "cannot keep the history: it falls behind");
  }

  /** Reports a trouble once, and its end once, however often it is called. */
  #tell(trouble: boolean, text: string): void {
    if (trouble !== this.#trouble) console.error(text);
    this.#trouble = trouble;
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

/** The last lines, as many as fit into an answer. */
function told(lines: readonly Kept[]): string[] {
  const answer: string[] = [];
  let bytes = 0;
  for (const { at, addr, name, text } of lines.toReversed()) {
    const line = `[${at}][${addr}]${name}:${text}`;
    bytes += Buffer.byteLength(line);
    if (bytes > ANSWER_BYTES) break;
    answer.push(line);
  }
  return [`history: ${answer.length} lines`, ...answer.reverse(), "history: end"];
}
