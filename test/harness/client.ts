/** A client over a real socket. It waits for lines and for tokens, never for time to pass. */
import { isUtf8 } from "node:buffer";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Bell } from "./bell.ts";
import { type Hello, Packets } from "./packets.ts";
import { check, escaped, Failure, same, Transcript } from "./transcript.ts";
import { Messages, shake } from "./websocket.ts";

/** Only a hang is as slow as this; who expects a failure may set it lower. */
export const patience = { ms: 10_000 };
/** Who heard something just now waits on: a flood may take its time on a busy machine. */
const MOST_WAITS = 3;
const LAST_MS = 2000;
const STAY_MS = 200;

/** What cases draw: the same seed gives the same. The checker draws it anew each time; the course's own tests stay with one. */
export const chance = { seed: 1 };

/** A token is a line that comes back: when it does, all before it has been dealt with. It is in no transcript. */
const TOKEN = /~token \d+~\r?$/;
let tokens = 0;

const NEWLINE = 0x0a;
/** Nobody sends a client of ours a line of a mebibyte: the longest is a frame and 4,096 bytes. */
const MOST_PARTIAL = 1024 * 1024;
/** So many lines that no case has asked about, and still not the one that it waits for: the server does not stop. */
const MANY_LINES = 10_000;
/** The largest flood of the cases is 42 MB, heard before it is asked about. */
const MOST_HEARD = 64 * 1024 * 1024;

/** Puts a line of the server's, in its own words, into ours; `sent` is what the client sent last. */
export type Translate = (line: string, sent: string) => string;

export interface ConnectOptions {
  /** What it is called in transcripts. */
  readonly who?: string;
  readonly host?: string;
  readonly stalled?: boolean;
  /** Where it asks for a WebSocket; without, it speaks lines to the port. */
  readonly url?: string;
  /** It speaks packets to the port, and says so who it is. */
  readonly packets?: Hello;
  /** How long a wait may take. */
  readonly deadlineMs?: number;
  /** Where it comes from; what is not said, the system chooses. */
  readonly from?: { readonly localAddress?: string | undefined; readonly localPort?: number };
  /** Until it is told to {@link Client.rest}, an empty line now and then keeps it from being kicked. */
  readonly stays?: boolean;
  /** Keeps {@link Client.all}. */
  readonly all?: boolean;
  readonly translate?: Translate;
}

/** What a hint may be drawn from. */
export interface Signs {
  /** It has heard a whole line. */
  answered: boolean;
  /** It has printed something on stderr. */
  complained?: boolean;
  /** A line ended in CR and LF. */
  returns: boolean;
  /** More came than any case asks for, so it was cut off. */
  endless: boolean;
}

export class Client {
  /** Its own `ip:port`, as the server sees it. */
  addr: string;
  readonly from: Required<ConnectOptions>["from"];
  /** As the others see it; a case that renames says so here. */
  name: string;
  readonly transcript: Transcript;
  /** Everything it heard, tokens aside, that the case has not asked about yet. */
  readonly heard: string[] = [];
  /** All that it ever heard, tokens among it; only if it was told to keep it. */
  readonly all: string[] | undefined;
  /** How its connection ended: the server's FIN, or a reset. */
  ended: "end" | "reset" | undefined;
  /** What came of its connection, beside the lines: a hint may be in it. */
  readonly signs: Signs = { answered: false, returns: false, endless: false };
  readonly #socket: Socket | Messages | Packets;
  readonly #translate: Translate;
  #sent = "";
  readonly #deadlineMs: number | undefined;
  /** The bytes of a line whose end has not come. */
  #rest = Buffer.alloc(0);
  /** How many bytes are in {@link heard}. */
  #bytes = 0;
  /** When it heard something last. */
  #heardAt = 0;
  /** How many lines the case has taken; the next one has the number after it. */
  #taken = 0;
  #tokens = new Set<string>();
  #failure: Failure | undefined;
  #awake: NodeJS.Timeout | undefined;
  readonly #bell = new Bell();

  /** Rejects when nobody listens on the port, here unless `host` says where. With `stalled` it never reads. */
  static async connect(who: string, port: number, options: ConnectOptions = {}) {
    const socket = await reach(port, options);
    const client = new Client(who, socket, options);
    if (!options.stalled) client.read();
    return client;
  }

  private constructor(who: string, socket: Socket | Messages | Packets, options: ConnectOptions) {
    this.#socket = socket;
    this.#translate = options.translate ?? ((line) => line);
    this.#deadlineMs = options.deadlineMs;
    this.all = options.all ? [] : undefined;
    const { localAddress, localPort } = socket;
    this.from = { localAddress, localPort: localPort as number };
    this.addr = `${localAddress}:${localPort}`;
    this.name = this.addr;
    this.transcript = new Transcript(who);
    socket.on("error", () => this.#end("reset"));
    socket.on("end", () => this.#end("end"));
    socket.on("close", () => this.#end("reset"));
    if (!options.stays) return;
    this.transcript.add("*", "sends an empty line now and then, so that it is not kicked");
    this.#awake = setInterval(() => socket.write("\n"), STAY_MS);
  }

  /** From now on it is idle, unless the case lets it say something. */
  rest(): void {
    this.transcript.add("*", "falls silent");
    clearInterval(this.#awake);
  }

  /** Takes up reading, after {@link stall} or a stalled start. */
  read(): void {
    if (this.#socket.listenerCount("data") === 0) {
      this.#socket.on("data", (chunk: Buffer) => this.#hear(chunk));
    }
    this.#socket.resume();
  }

  /** Stops reading: what comes now piles up on the way. */
  stall(): void {
    this.#socket.pause();
  }

  /** A line, with its newline. */
  send(line: string): void {
    this.write(`${line}\n`);
  }

  /** Bytes as they are. Resolves when they have left. */
  write(data: string | Uint8Array): Promise<void> {
    const sent = typeof data === "string" ? data : Buffer.from(data).toString("latin1");
    if (!sent.startsWith("~token ")) {
      this.transcript.add(">", sent);
      this.#sent = sent;
    }
    return new Promise((resolve) => this.#socket.write(data, () => resolve()));
  }

  /** Each piece is read by the server on its own: `pacer`, who talks in between, proves it. */
  async packets(pacer: Client, ...pieces: (string | Uint8Array)[]): Promise<void> {
    for (const piece of pieces) {
      await this.write(piece);
      await pacer.sync();
    }
  }

  /** Half-close: the other direction stays open. */
  end(): void {
    this.transcript.add("*", "ends its side");
    clearInterval(this.#awake);
    this.#socket.end();
  }

  /** Resolves when its port is free again. */
  async reset(): Promise<void> {
    this.transcript.add("*", "resets");
    // Behind its own end a socket can be reset only by what it leaves unread: Node would lose the handle.
    if (this.#socket.writableEnded) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
    if (!this.#socket.closed) await once(this.#socket, "close");
  }

  close(): void {
    this.transcript.add("*", "closes");
    this.#socket.destroy();
  }

  /** The server calls it so, as long as it has taken no name. */
  calls(addr: string): void {
    if (this.name === this.addr) this.name = addr;
    this.addr = addr;
  }

  /** Whether a line comes within the time; the case has still to ask about it. */
  hasHeard(ms: number): Promise<boolean> {
    return this.#within(ms, () => this.heard.length > 0 || this.ended !== undefined, "a line");
  }

  /** Ends its side, if it has not, and waits for the server to do so, but not for ever. */
  async leave(ms: number): Promise<void> {
    if (this.ended) return;
    this.read();
    this.#socket.end();
    await this.#within(ms, () => this.ended !== undefined, "the end").catch(() => {}); // the case has said what is wrong
  }

  /** The next lines are these, in this order. */
  async expect(...lines: string[]): Promise<void> {
    for (const line of lines)
      same([await this.next(line)], [line], this.transcript.who, this.#taken);
  }

  /** The next line; `hoped` is what to say in case none comes. */
  async next(hoped = "a line"): Promise<string> {
    await this.#until(() => this.heard.length > 0, `"${escaped(hoped)}"`);
    return this.#take(1)[0] as string;
  }

  /** Reads on until this line, and gives what came before it. */
  async until(line: string): Promise<string[]> {
    await this.#until(() => this.heard.includes(line), `"${escaped(line)}"`);
    return this.#take(this.heard.indexOf(line) + 1).slice(0, -1);
  }

  /** Sends a token and waits until it is back: gives what was heard up to then. */
  async sync(): Promise<string[]> {
    const token = this.#sendToken();
    await this.#until(() => !this.#tokens.has(token), `its line "${token}" to come back`);
    return this.#take();
  }

  /** Up to now it has heard exactly these. */
  async hears(...lines: string[]): Promise<void> {
    const heard = await this.sync();
    same(heard, lines, this.transcript.who, this.#taken - heard.length + 1);
  }

  /** The server ends the connection: gives what was heard up to then. */
  async over(): Promise<string[]> {
    await this.#until(() => this.ended !== undefined, "the server to end the connection");
    const rest = text(this.#rest);
    check(
      rest === "",
      `${this.transcript.who}: the server's last line has no newline: ${escaped(rest)}`,
    );
    return this.#take();
  }

  /** From now on every wait fails with this. */
  fail(failure: Failure): void {
    this.#failure = failure;
    this.#bell.ring();
  }

  #take(count = this.heard.length): string[] {
    this.#taken += count;
    if (count === this.heard.length) this.#bytes = 0;
    return this.heard.splice(0, count);
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    const { who } = this.transcript;
    const ms = this.#deadlineMs ?? patience.ms;
    let waits = 0;
    do {
      if (await this.#within(ms, done, what)) return;
      waits++;
    } while (waits < MOST_WAITS && Date.now() - this.#heardAt < ms / 5);
    if (this.heard.length > MANY_LINES) this.signs.endless = true;
    const waited = `${who} waited ${(waits * ms) / 1000} s for ${what}`;
    const details = { who, partial: text(this.#rest) };
    const answers = await this.#answers();
    if (!answers) throw new Failure("hang", waited, details);
    throw new Failure(
      "mismatch",
      `${waited} : this did not happen, although the server still answers`,
      details,
    );
  }

  /** Whether the server still deals with what this client sends. */
  async #answers(): Promise<boolean> {
    const token = this.#sendToken();
    return await this.#within(LAST_MS, () => !this.#tokens.has(token), token).catch(() => false);
  }

  #sendToken(): string {
    const token = `~token ${++tokens}~`;
    this.#tokens.add(token);
    this.send(token);
    return token;
  }

  /** Whether it is done within the time. Fails when it no longer can be. */
  #within(ms: number, done: () => boolean, what: string): Promise<boolean> {
    return this.#bell.until(() => {
      if (done()) return true;
      if (this.#failure) throw this.#failure;
      if (!this.ended) return false;
      const { who } = this.transcript;
      const ended = `${who} waited for ${what}, but its connection ended (${this.ended === "end" ? "the server closed it" : "it was reset"})`;
      throw new Failure("mismatch", ended, { who });
    }, ms);
  }

  #hear(chunk: Buffer): void {
    this.#heardAt = Date.now();
    const end = chunk.lastIndexOf(NEWLINE);
    if (end !== -1) {
      const whole = Buffer.concat([this.#rest, chunk.subarray(0, end)]);
      this.#rest = Buffer.alloc(0);
      for (const line of lines(whole)) this.#line(line);
    }
    this.#rest = Buffer.concat([this.#rest, chunk.subarray(end + 1)]);
    this.#bytes += chunk.length;
    if (this.#rest.length > MOST_PARTIAL || this.#tooMuch()) this.#cutOff();
    this.#bell.ring();
  }

  #line(line: string): void {
    this.signs.answered = true;
    if (line.endsWith("\r")) this.signs.returns = true;
    this.all?.push(line);
    const token = /~\r?$/.test(line) ? TOKEN.exec(line)?.[0].trimEnd() : undefined;
    if (token !== undefined) {
      this.#tokens.delete(token);
      return;
    }
    this.transcript.add("<", line);
    this.heard.push(this.#translate(line, this.#sent));
  }

  /** Cases may take lines off {@link heard} themselves, so its size is looked at again before it is said to be too much. */
  #tooMuch(): boolean {
    if (this.#bytes <= MOST_HEARD) return false;
    this.#bytes = this.heard.reduce((sum, line) => sum + line.length, 0);
    return this.#bytes > MOST_HEARD;
  }

  /** The checker's own memory is bounded too. */
  #cutOff(): void {
    const { who } = this.transcript;
    this.signs.endless = true;
    this.fail(
      new Failure("mismatch", `${who} heard far too much: the server never stops sending`, { who }),
    );
    this.#socket.destroy();
  }

  #end(how: "end" | "reset"): void {
    clearInterval(this.#awake);
    if (this.ended) return;
    this.ended = how;
    this.transcript.add(
      "*",
      how === "end" ? "the server closed the connection" : "the connection was reset",
    );
    this.#bell.ring();
  }
}

async function reach(port: number, options: ConnectOptions): Promise<Socket | Messages | Packets> {
  if (options.url !== undefined) return await upgrade(options);
  const socket = await dial(port, options);
  return options.packets ? await Packets.open(socket, options.packets) : socket;
}

async function dial(port: number, { host = "127.0.0.1", from }: ConnectOptions): Promise<Socket> {
  const socket = connect({ port, host, allowHalfOpen: true, noDelay: true, ...from });
  await once(socket, "connect");
  if (socket.localPort !== port || socket.localAddress !== socket.remoteAddress) return socket;
  socket.destroy(); // TCP can connect a port to itself; nobody else is there
  throw new Error(`nobody listens on port ${port}`);
}

async function upgrade({ url = "", from }: ConnectOptions): Promise<Messages> {
  const { socket, status, text } = await shake(url, {}, from);
  if (socket) return new Messages(socket);
  throw new Failure("mismatch", `the server answered the handshake with ${status}: ${text.trim()}`);
}

/** Each by itself where one of them is not UTF-8, so that the others are as they came. */
function lines(bytes: Buffer): string[] {
  if (isUtf8(bytes)) return bytes.toString().split("\n");
  const all: string[] = [];
  for (let start = 0; start <= bytes.length; ) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline === -1 ? bytes.length : newline;
    all.push(text(bytes.subarray(start, end)));
    start = end + 1;
  }
  return all;
}

/** Bytes that are not UTF-8 are told as `\\xff`: decoded, they would look like what a right server makes of them. */
export function text(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString();
  const shown = (byte: number) =>
    byte < 0x80 ? String.fromCharCode(byte) : `\\x${byte.toString(16)}`;
  return Array.from(bytes, shown).join("");
}
