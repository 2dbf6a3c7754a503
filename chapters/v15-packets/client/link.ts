/** The network half of the client: one connection, and the way back when it is lost. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import {
  encode,
  type Line,
  LineDecoder,
  type Reader,
  readLines,
  TOO_LONG,
  write,
} from "../lines.ts";

/** The server's longest line: a frame, and a client's line in which each byte may have become U+FFFD (3 bytes). */
export const MAX_BYTES = 16 * 1024;
const MAX_WAIT = 30;
const EMPTY = Buffer.alloc(0);
/** After one of these lines, the client does not reconnect by itself. */
const GOODBYE = /^(bye$|you were kicked: )/;
/** Nor after one of these: the server has refused the login. */
const REFUSED = /^(login refused|log in first): /;

/** What happens to a {@link Link}; `wait` is in seconds. */
export type News =
  | { readonly kind: "line" | "acknowledged" | "unacknowledged"; readonly line: string }
  | { readonly kind: "lost"; readonly wait: number }
  | { readonly kind: "back" };

/** What comes over a connection; a Buffer goes back to the server at once. */
export type Item = Line | Buffer | News;

/** How lines go over a connection. It outlives a lost connection, and serves the next one, too. */
export interface Form {
  /** Each connection begins with a login, which the server answers. */
  readonly named: boolean;
  /** The bytes to send first on a connection. */
  hello(): Buffer;
  /** Makes items of the bytes that come; called once for each connection. */
  reader(): Reader<Item>;
  /** The bytes to send for these lines, or pieces of lines. */
  say(bytes: Buffer): Buffer;
  /** The bytes to send last. */
  rest(): Buffer;
  /** The lines that the server has not acknowledged: they may be lost with the connection. */
  unacknowledged(): string[];
}

/** Plain lines, sent as they are. With a token, the first line is the login. */
export function lines(name = "", token = ""): Form {
  return {
    named: token !== "",
    hello: () => (token === "" ? EMPTY : encode(`login|${name}|${token}`)),
    reader: () => new LineDecoder(MAX_BYTES),
    say: (bytes) => bytes,
    rest: () => EMPTY,
    unacknowledged: () => [],
  };
}

export class Link {
  readonly form: Form;
  readonly #host: string;
  readonly #port: number;
  readonly #quit = new AbortController();
  #socket: Socket | undefined;
  /** Whether a connection was ever reset: then answers may be missing. */
  broken = false;
  /** Why the server does not let us in, if it does not. */
  refusal = "";

  constructor(host: string, port: number, form = lines()) {
    this.form = form;
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
    socket.write(this.form.hello());
  }

  /** False when there is no connection to send it over. */
  async send(bytes: Buffer): Promise<boolean> {
    return this.#socket !== undefined && (await write(this.#socket, this.form.say(bytes)));
  }

  /**
   * The server's lines, across lost connections: tries again after 1, 2, 4 … 30 s. Ends after
   * {@link quit}, or when the server has said goodbye or refused the login: then it does not reconnect.
   */
  async *news(): AsyncGenerator<News, void, undefined> {
    const { signal } = this.#quit;
    for (let wait = 1; ; wait = Math.min(wait * 2, MAX_WAIT)) {
      if (this.#socket) {
        wait = 1;
        const reader = this.form.reader();
        let last = "";
        for await (const item of readLines(this.#socket, reader)) {
          if (Buffer.isBuffer(item)) this.#answer(item);
          else if (typeof item === "object") yield item;
          else {
            last = item === TOO_LONG ? "(a line that is too long to show)" : item;
            if (REFUSED.test(last)) this.refusal = last;
            else yield { kind: "line", line: last };
          }
        }
        this.#socket.destroy();
        this.#socket = undefined;
        if (this.refusal !== "") return;
        for (const line of this.form.unacknowledged()) yield { kind: "unacknowledged", line };
        if (reader.over || GOODBYE.test(last)) return;
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
    if (!this.#quit.signal.aborted) socket?.end(this.form.rest());
    this.#quit.abort();
    if (lingerMs < Number.POSITIVE_INFINITY) setTimeout(() => socket?.destroy(), lingerMs).unref();
  }

  /** We do not wait until it is written: the server may read nothing until we have read more. */
  #answer(bytes: Buffer): void {
    if (this.#socket?.writable) this.#socket.write(bytes);
  }
}
