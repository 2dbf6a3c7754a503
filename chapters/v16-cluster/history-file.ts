/** The history in a file, a line of JSON each: written at its end, and read from its end. */
import { constants } from "node:fs";
import { type FileHandle, mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { isKept, type Kept, type Numbered, type Store } from "./history.ts";
import { lock, refusal, unlock } from "./lock.ts";

const BLOCK_BYTES = 64 * 1024; // some hundred lines
const MOST_BYTES = 16 * 1024; // no line is longer: 4,096 bytes of text, twice as many in JSON, and the other fields
const NEWLINE = 0x0a;
const PIECE = 4000; // lines that become JSON in one turn: for short ones some 10 ms, in which the chat stands still
const START = '{"seq":';
const EMPTY: Buffer = Buffer.alloc(0);

export class FileStore implements Store {
  readonly #path: string;
  /** Set by {@link open}. */
  #file!: FileHandle;
  #inode = 0;
  /** Where the last line that is safe ends. */
  #end = 0;
  /** The number of the last line: 1, 2, 3 …, also across restarts. */
  seq = 0;
  /** The last query; it waits for those before. All at once, they would make the chat stand still. */
  #asked: Promise<Numbered[]> = Promise.resolve([]);

  constructor(path: string) {
    this.#path = path;
  }

  /** Rejects when the file is in use, may not be written, or holds something else. */
  async open(): Promise<number> {
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const file = await open(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    try {
      lock(this.#path);
      const { ino, size } = await file.stat();
      const end = await endOfLines(file, size);
      const [last] = await lastOf(file, 1, end);
      const ours = last || (end === 0 && (await begins(file, size)));
      if (!ours) {
        unlock(this.#path);
        throw refusal(`${this.#path} holds something else: choose another --history`);
      }
      if (end < size) {
        await file.truncate(end);
        console.error(`${this.#path}: the last line was torn, ${size - end} bytes are cut off`);
      }
      await this.#file?.close();
      this.#file = file;
      this.#inode = ino;
      this.#end = end;
      this.seq = Math.max(this.seq, last?.seq ?? 0);
      return end;
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** One sync for all of them. */
  async append(lines: readonly Kept[]): Promise<number> {
    await this.#follow();
    let end = this.#end; // not the file's end: what a failed write has left there is overwritten
    for (let at = 0; at < lines.length; at += PIECE)
      end = await this.#write(lines.slice(at, at + PIECE), this.seq + 1 + at, end);
    await this.#file.datasync();
    this.seq += lines.length;
    this.#end = end;
    return end;
  }

  /** The first of them gets the number `seq`, and stands at `end`; gives where the last one ends. */
  async #write(lines: readonly Kept[], seq: number, end: number): Promise<number> {
    const json = lines.map(({ at, addr, name, text }, i) =>
      JSON.stringify({ seq: seq + i, at, addr, name, text }),
    );
    const bytes = Buffer.from(`${json.join("\n")}\n`);
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.length - at;
      const { bytesWritten } = await this.#file.write(bytes, at, length, end + at);
      at += bytesWritten;
    }
    return end + bytes.length;
  }

  /** File and end are fixed at the call, even if its turn comes late: what is said meanwhile is not in the answer. */
  last(count: number, before: number, name?: string, isGone = () => false): Promise<Numbered[]> {
    const [file, end] = [this.#file, Math.min(before, this.#end)]; // the mark may be from an earlier file
    const read = async () => (isGone() ? [] : lastOf(file, count, end, name));
    this.#asked = this.#asked.then(read, read); // the next query runs even if this one fails
    return this.#asked;
  }

  async close(): Promise<void> {
    await this.#file.close();
    unlock(this.#path);
  }

  /** If somebody deletes, replaces or cuts the file, the next lines go into what is there now. */
  async #follow(): Promise<void> {
    const there = await stat(this.#path).catch(() => undefined); // deleted: it is made again
    if (there?.ino === this.#inode && there.size === this.#end) return;
    if (there?.ino === this.#inode && there.size > this.#end)
      return await this.#file.truncate(this.#end); // a write failed half-way
    await this.open();
    console.error(
      `${this.#path} is no longer what it was: the history goes on in what is there now`,
    );
  }
}

type Read = { readonly at: number; readonly block: Buffer };

/** Reads no more of the file than it needs; what is not one of our lines is skipped. */
async function lastOf(
  file: FileHandle,
  count: number,
  end: number,
  name?: string,
): Promise<Numbered[]> {
  const found: Numbered[] = [];
  if (count === 0) return found;
  const written = name === undefined ? "" : JSON.stringify(name);
  let rest = EMPTY; // the end of a line that begins in the block before
  for await (const { at, block } of backwards(file, end)) {
    const bytes = Buffer.concat([block, rest]);
    const start = at === 0 ? 0 : bytes.indexOf(NEWLINE) + 1 || bytes.length;
    rest = bytes.subarray(0, start).subarray(-MOST_BYTES);
    if (!bytes.includes(written)) continue; // cheaper than to parse them all
    for (const text of bytes.toString("utf8", start).split("\n").reverse()) {
      const line = parse(text);
      if (line && (name === undefined || line.name === name)) found.push(line);
      if (found.length === count) return found.reverse();
    }
  }
  return found.reverse();
}

/** The position after the last newline. */
async function endOfLines(file: FileHandle, size: number): Promise<number> {
  for await (const { at, block } of backwards(file, size)) {
    const newline = block.lastIndexOf(NEWLINE);
    if (newline !== -1) return at + newline + 1;
  }
  return 0;
}

async function* backwards(file: FileHandle, end: number): AsyncGenerator<Read> {
  for (let at = end; at > 0; ) {
    const length = Math.min(BLOCK_BYTES, at);
    at -= length;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
    yield { at, block: buffer.subarray(0, bytesRead) }; // less, if somebody has cut the file
  }
}

/** Undefined for what is not one of our lines: a damaged line is skipped, and the others are still read. */
function parse(text: string): Numbered | undefined {
  try {
    const line: Numbered = JSON.parse(text);
    return Number.isSafeInteger(line.seq) && isKept(line) ? line : undefined;
  } catch {
    return undefined; // no JSON
  }
}

/** True when the file is empty, or ends within its first line: that write did not finish. */
async function begins(file: FileHandle, size: number): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(START.length), 0, START.length, 0);
  return buffer.toString("utf8", 0, bytesRead) === START.slice(0, size);
}
