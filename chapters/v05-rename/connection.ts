/** One client's socket: lines come in, and all that goes out goes through the outbox. */
import type { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { Channel } from "./channel.ts";
import { encode, type Line, readLines, write } from "./lines.ts";

const OUTBOX_BYTES = 4 * 1024 * 1024;
const LINGER_MS = 2000;

export class Connection {
  /** The client's `ip:port`, as the server sees it. */
  readonly addr: string;
  readonly outbox = new Channel<Buffer>(OUTBOX_BYTES, (bytes) => bytes.length);
  readonly #socket: Socket;
  #deadline: NodeJS.Timeout | undefined;

  constructor(socket: Socket) {
    socket.on("error", () => {}); // a reset: its lines end, and that is all we need to know
    this.#socket = socket;
    this.addr = `${socket.remoteAddress}:${socket.remotePort}`;
  }

  /**
   * The client's lines, read no faster than it takes the answers to the last ones. After
   * {@link close} they are read and thrown away: with bytes left unread, the system
   * would send a reset instead of an orderly end, and the farewell would be lost.
   */
  async *lines(): AsyncGenerator<Line, void, undefined> {
    for await (const line of readLines(this.#socket)) {
      await this.outbox.halfEmpty();
      if (!this.outbox.closed) yield line;
    }
  }

  /**
   * One line or several, encoded. Never waits: a client that is 4 MiB behind is cut off
   * instead, so that nobody else waits for it.
   */
  send(bytes: Buffer): void {
    if (!this.outbox.trySend(bytes) && !this.outbox.closed) this.#socket.destroy();
  }

  /** A line to this client alone. */
  say(text: string): void {
    this.send(encode(text));
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

  /** What is queued still goes out, if the client takes it within `lingerMs`. A second call is harmless. */
  close(lingerMs = LINGER_MS): void {
    this.outbox.close();
    this.#deadline ??= setTimeout(() => this.#socket.destroy(), lingerMs);
  }
}
