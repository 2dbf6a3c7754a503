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

/** A line of the server's: a frame and a client's line, of which any byte may have become U+FFFD. */
export const MAX_BYTES = 16 * 1024;
const MAX_WAIT = 30;
const EMPTY = Buffer.alloc(0);
/** Who is sent away does not come back by itself. */
const GOODBYE = /^(bye$|you were kicked: )/;
/** Nor does who is not let in. */
const REFUSED = /^(login refused|log in first): /;

/** What happens to a {@link Link}; `wait` is in seconds. */
export type News =
  | { readonly kind: "line" | "acknowledged" | "unacknowledged"; readonly line: string }
  | { readonly kind: "lost"; readonly wait: number }
  | { readonly kind: "back" };

/** What comes over a connection; a Buffer goes back to the server at once. */
export type Item = Line | Buffer | News;

/** How lines go over a connection, and over the one after it. */
export interface Form {
  /** It says who one is, on each connection, and the server has an answer to that. */
  readonly named: boolean;
  /** What goes first over a connection. */
  hello(): Buffer;
  /** Makes items of what comes over it; one for each. */
  reader(): Reader<Item>;
  /** What goes over it, of lines, or pieces of lines. */
  say(bytes: Buffer): Buffer;
  /** What goes last. */
  rest(): Buffer;
  /** What went over it and may be lost with it. */
  unacknowledged(): string[];
}

/** Lines go as they are. With a token, the first one says who one is. */
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
      this.broken ||= socket === this.#socket; // and its lines end
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
   * {@link quit}, or when the server has said goodbye or does not let us in: then it is not lost.
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
      await after(wait * 1000, undefined, { signal }).catch(() => {}); // quit while it waited
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

  /** Not waited for: the server may read nothing until we have read more. */
  #answer(bytes: Buffer): void {
    if (this.#socket?.writable) this.#socket.write(bytes);
  }
}
