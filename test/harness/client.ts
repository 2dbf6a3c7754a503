/** A client over a real socket. It waits for lines and for tokens, never for time to pass. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Bell } from "./bell.ts";
import { check, escaped, Failure, same, Transcript } from "./transcript.ts";

/** Only a hang is as slow as this; who expects a failure may set it lower. */
export const patience = { ms: 10_000 };
/** Who heard something just now waits on: a flood may take its time on a busy machine. */
const MOST_WAITS = 3;
const LAST_MS = 2000;
const STAY_MS = 200;

/** A token is a line that comes back: when it does, all before it has been dealt with. */
const TOKEN = /~token \d+~$/;
let tokens = 0;

/** Puts a line of the server's, in its own words, into ours; `sent` is what the client sent last. */
export type Translate = (line: string, sent: string) => string;

export interface ConnectOptions {
  /** What it is called in transcripts. */
  readonly who?: string;
  readonly host?: string;
  readonly stalled?: boolean;
  /** How long a wait may take. */
  readonly deadlineMs?: number;
  readonly localPort?: number;
  /** Until it is told to {@link Client.rest}, an empty line now and then keeps it from being kicked. */
  readonly stays?: boolean;
  readonly translate?: Translate;
}

export class Client {
  /** Its own `ip:port`, as the server sees it. */
  readonly addr: string;
  readonly port: number;
  /** As the others see it; a case that renames says so here. */
  name: string;
  readonly transcript: Transcript;
  /** Everything it heard, tokens aside, that the case has not asked about yet. */
  readonly heard: string[] = [];
  /** How its connection ended: the server's FIN, or a reset. */
  ended: "end" | "reset" | undefined;
  /** Whether it ever heard a whole line. */
  answered = false;
  readonly #socket: Socket;
  readonly #translate: Translate;
  #sent = "";
  readonly #deadlineMs: number | undefined;
  #partial = "";
  #heardAt = 0;
  #tokens = new Set<string>();
  #failure: Failure | undefined;
  #awake: NodeJS.Timeout | undefined;
  readonly #bell = new Bell();

  /** Rejects when nobody listens on the port, here unless `host` says where. With `stalled` it never reads; `localPort` is its own port. */
  static async connect(who: string, port: number, options: ConnectOptions = {}) {
    const { host = "127.0.0.1", stalled, localPort } = options;
    const socket = connect({
      port,
      host,
      allowHalfOpen: true,
      noDelay: true,
      ...(localPort && { localPort }),
    });
    await once(socket, "connect");
    if (socket.localPort === port) {
      socket.destroy(); // TCP can connect a port to itself; nobody else is there
      throw new Error(`nobody listens on port ${port}`);
    }
    const client = new Client(who, socket, options);
    if (!stalled) client.read();
    return client;
  }

  private constructor(who: string, socket: Socket, options: ConnectOptions) {
    this.#socket = socket;
    this.#translate = options.translate ?? ((line) => line);
    this.#deadlineMs = options.deadlineMs;
    this.addr = `${socket.localAddress}:${socket.localPort}`;
    this.port = socket.localPort as number;
    this.name = this.addr;
    this.transcript = new Transcript(who);
    socket.on("error", () => this.#end("reset"));
    socket.on("end", () => this.#end("end"));
    socket.on("close", () => this.#end("reset"));
    if (!options.stays) return;
    this.transcript.add("*", "sends an empty line now and then, so as to stay");
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
      this.#socket.setEncoding("utf8").on("data", (chunk: string) => this.#hear(chunk));
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
    const text = typeof data === "string" ? data : Buffer.from(data).toString("latin1");
    this.transcript.add(">", text);
    if (!text.startsWith("~token ")) this.#sent = text;
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

  /** The next lines are these, in this order. */
  async expect(...lines: string[]): Promise<void> {
    for (const line of lines) same([await this.next(line)], [line], this.transcript.who);
  }

  /** The next line; `hoped` is what to say in case none comes. */
  async next(hoped = "a line"): Promise<string> {
    await this.#until(() => this.heard.length > 0, `"${escaped(hoped)}"`);
    return this.heard.shift() as string;
  }

  /** Reads on until this line, and gives what came before it. */
  async until(line: string): Promise<string[]> {
    await this.#until(() => this.heard.includes(line), `"${escaped(line)}"`);
    const before = this.heard.splice(0, this.heard.indexOf(line) + 1);
    return before.slice(0, -1);
  }

  /** Sends a token and waits until it is back: gives what was heard up to then. */
  async sync(): Promise<string[]> {
    const token = this.#sendToken();
    await this.#until(() => !this.#tokens.has(token), `its ${token} to come back`);
    return this.heard.splice(0);
  }

  /** Up to now it has heard exactly these. */
  async hears(...lines: string[]): Promise<void> {
    same(await this.sync(), lines, this.transcript.who);
  }

  /** The server ends the connection: gives what was heard up to then. */
  async over(): Promise<string[]> {
    await this.#until(() => this.ended !== undefined, "the server to end the connection");
    check(
      this.#partial === "",
      `${this.transcript.who}: the last line has no newline: ${escaped(this.#partial)}`,
    );
    return this.heard.splice(0);
  }

  /** From now on every wait fails with this. */
  fail(failure: Failure): void {
    this.#failure = failure;
    this.#bell.ring();
  }

  async #until(done: () => boolean, what: string): Promise<void> {
    const { who } = this.transcript;
    const ms = this.#deadlineMs ?? patience.ms;
    let waits = 0;
    do {
      if (await this.#within(ms, done, what)) return;
      waits++;
    } while (waits < MOST_WAITS && Date.now() - this.#heardAt < ms / 5);
    const waited = `${who} waited ${(waits * ms) / 1000} s for ${what}`;
    const details = { partial: this.#partial };
    const answers = await this.#answers();
    if (!answers) throw new Failure("hang", waited, details);
    throw new Failure("mismatch", `${waited} in vain, but its token came back`, details);
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
      const ended = `waited for ${what}, but its connection ended (${this.ended})`;
      throw new Failure("mismatch", `${this.transcript.who} ${ended}`);
    }, ms);
  }

  #hear(chunk: string): void {
    const lines = (this.#partial + chunk).split("\n");
    this.#partial = lines.pop() as string;
    this.#heardAt = Date.now();
    for (const line of lines) {
      this.answered = true;
      this.transcript.add("<", line);
      const token = line.endsWith("~") ? TOKEN.exec(line)?.[0] : undefined;
      if (token === undefined) this.heard.push(this.#translate(line, this.#sent));
      else this.#tokens.delete(token);
    }
    this.#bell.ring();
  }

  #end(how: "end" | "reset"): void {
    clearInterval(this.#awake);
    if (this.ended) return;
    this.ended = how;
    this.transcript.add("*", how === "end" ? "the server ended" : "the connection broke");
    this.#bell.ring();
  }
}
