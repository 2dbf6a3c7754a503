/** The network half of the client: one connection, and the way back when it is lost. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { LineDecoder, readLines, TOO_LONG, write } from "../lines.ts";

/** The server's longest line: a frame, and a client's line in which each byte may have become U+FFFD (3 bytes). */
const MAX_BYTES = 16 * 1024;
const MAX_WAIT = 30;
/** After one of these lines, the client does not reconnect by itself. */
const GOODBYE = /^(bye$|you were kicked: )/;

/** What happens to a {@link Link}; `wait` is in seconds. */
export type News =
  | { readonly kind: "line"; readonly line: string }
  | { readonly kind: "lost"; readonly wait: number }
  | { readonly kind: "back" };

export class Link {
  readonly #host: string;
  readonly #port: number;
  readonly #quit = new AbortController();
  #socket: Socket | undefined;
  /** Whether a connection was ever reset: then answers may be missing. */
  broken = false;

  constructor(host: string, port: number) {
    this.#host = host;
    this.#port = port;
  }

  /** Rejects with the reason when there is no connection. */
  async connect(): Promise<void> {
    const socket = connect(this.#port, this.#host).setNoDelay();
    socket.on("error", () => {
      this.broken ||= socket === this.#socket; // a reset: its lines end as they do without one, so we note it
    });
    try {
      await once(socket, "connect", { signal: this.#quit.signal });
    } catch (error) {
      socket.destroy();
      throw error;
    }
    this.#socket = socket;
  }

  /** False when there is no connection to send it over. */
  async send(bytes: Buffer): Promise<boolean> {
    return this.#socket !== undefined && (await write(this.#socket, bytes));
  }

  /**
   * The server's lines, across lost connections: tries again after 1, 2, 4 … 30 s. Ends after
   * {@link quit}, or when the server has said goodbye: then it does not reconnect.
   */
  async *news(): AsyncGenerator<News, void, undefined> {
    const { signal } = this.#quit;
    for (let wait = 1; ; wait = Math.min(wait * 2, MAX_WAIT)) {
      if (this.#socket) {
        wait = 1;
        let last = "";
        for await (const line of readLines(this.#socket, new LineDecoder(MAX_BYTES))) {
          last = line === TOO_LONG ? "(a line that is too long to show)" : line;
          yield { kind: "line", line: last };
        }
        this.#socket.destroy();
        this.#socket = undefined;
        if (GOODBYE.test(last)) return;
      }
      if (signal.aborted) return;
      yield { kind: "lost", wait };
      await after(wait * 1000, undefined, { signal }).catch(() => {}); // quit() ends the wait
      if (signal.aborted) return;
      const back = await this.connect().then(
        () => true,
        () => false, // still away: the next round says so
      );
      if (back) yield { kind: "back" };
    }
  }

  /** What was sent still arrives, and its answers too, if they come within `lingerMs`. */
  quit(lingerMs = Number.POSITIVE_INFINITY): void {
    const socket = this.#socket;
    this.#quit.abort();
    socket?.end();
    if (lingerMs < Number.POSITIVE_INFINITY) setTimeout(() => socket?.destroy(), lingerMs).unref();
  }
}
