/** One client's socket: lines come in, and all that goes out goes through the outbox. */
import type { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { Channel } from "./channel.ts";
import { type Line, readLines, write } from "./lines.ts";
import { Block, type Wire } from "./wire.ts";

const OUTBOX_BYTES = 4 * 1024 * 1024;
const LEAST_BYTES = 100; // what the smallest Buffer takes, such as a pong
const LINGER_MS = 2000;

/** How a connection ends when its user neither said `quit` nor was kicked. */
export type Ending = "end" | "reset" | "cut off";

export class Connection {
  /** The client's `ip:port`, as the server sees it. */
  readonly addr: string;
  readonly outbox = new Channel<Buffer>(OUTBOX_BYTES, ({ length }) => LEAST_BYTES + length);
  readonly #socket: Socket;
  readonly #wire: Wire;
  readonly #decoder;
  #deadline: NodeJS.Timeout | undefined;
  #isCutOff = false;

  constructor(socket: Socket, wire: Wire, decoder = wire.decoder()) {
    socket.on("error", () => {}); // a reset: its lines end, and that is all we need to know
    this.#socket = socket;
    this.#wire = wire;
    this.#decoder = decoder;
    this.addr = `${socket.remoteAddress}:${socket.remotePort}`;
  }

  /**
   * The client's lines, read no faster than it takes the answers to the last ones. After
   * {@link close} they are read and thrown away: with bytes left unread, the system
   * would send a reset instead of an orderly end, and the farewell would be lost.
   */
  async *lines(): AsyncGenerator<Line, void, undefined> {
    for await (const line of readLines(this.#socket, this.#decoder)) {
      await this.outbox.halfEmpty();
      if (Buffer.isBuffer(line)) this.outbox.trySend(line);
      else if (!this.outbox.closed) yield line;
    }
    this.#socket.resume(); // what comes after its goodbye is read and thrown away, too
  }

  /** How it ended, once its lines are over. */
  get ending(): Ending {
    if (this.#isCutOff) return "cut off";
    return this.#decoder.over || this.#socket.readableEnded ? "end" : "reset";
  }

  /**
   * One line or several. Never waits: a client that is 4 MiB behind is cut off
   * instead, so that nobody else waits for it.
   */
  send(block: Block): void {
    if (!this.outbox.trySend(block.on(this.#wire)) && !this.outbox.closed) this.cutOff();
  }

  /** Ends the connection at once: the client does not read, or is no longer there. */
  cutOff(): void {
    this.#isCutOff = true;
    this.#socket.destroy();
  }

  /** A line, or several, to this client alone. */
  say(text: string): void {
    this.send(new Block(text.split("\n")));
  }

  /** The writer task: the only one to write to the socket, and to end it. */
  async writer(): Promise<void> {
    for await (const blocks of this.outbox.batches()) {
      const shared = blocks.length === 1 && blocks[0]; // one Buffer for all who hear it: it is not copied
      await write(this.#socket, shared || Buffer.concat(blocks));
    }
    this.#socket.end();
    await finished(this.#socket).catch(() => {}); // it rejects when the connection is broken: that is an end, too
    clearTimeout(this.#deadline);
    this.#socket.destroy();
  }

  /**
   * What is queued still goes out, and then `lastWords`, if the client takes it within
   * `lingerMs`. A second call is harmless.
   */
  close(lingerMs = LINGER_MS, lastWords = ""): void {
    // trySend: send would cut off a client with a full outbox. It misses the goodbye, but has time to read the rest.
    const goodbye = this.#decoder.goodbye(lastWords);
    if (goodbye.length > 0) this.outbox.trySend(goodbye);
    this.outbox.close();
    this.#deadline ??= setTimeout(() => this.#socket.destroy(), lingerMs);
  }
}
