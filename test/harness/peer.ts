/** One end of a WebSocket or of a connection for packets: it sends whatever it is told to, byte by byte. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Bell } from "./bell.ts";
import { patience } from "./client.ts";
import { type Hello, hello, inWords, packets, send } from "./packets.ts";
import { Failure } from "./transcript.ts";
import { codeOf, frame, frames } from "./websocket.ts";

const NAMES: Readonly<Record<number, string>> = { 1: "text", 2: "binary", 9: "ping", 10: "pong" };

/** What has come whole, in words, and the bytes that are left. */
type Reads = (bytes: Buffer) => { readonly heard: string[]; readonly rest: Buffer };

export class Peer {
  readonly socket: Socket;
  /** As the server sees it: `ip:port`. */
  readonly addr: string;
  name: string;
  /** Whether the server has ended its side, and whether in good order. */
  ended: "end" | "reset" | undefined;
  #heard: string[] = [];
  #rest: Buffer = Buffer.alloc(0);
  readonly #bell = new Bell();

  constructor(socket: Socket, reads: Reads = inFrames) {
    this.socket = socket;
    this.addr = this.name = `${socket.localAddress}:${socket.localPort}`;
    socket.on("data", (chunk) => {
      const { heard, rest } = reads(Buffer.concat([this.#rest, chunk]));
      this.#rest = rest;
      this.#heard.push(...heard);
      this.#bell.ring();
    });
    socket.on("end", () => this.#end("end"));
    socket.on("error", () => this.#end("reset"));
    socket.on("close", () => this.#end("reset"));
  }

  /** Resolves when they have left. */
  write(...pieces: Uint8Array[]): Promise<void> {
    return new Promise((resolve) => this.socket.write(Buffer.concat(pieces), () => resolve()));
  }

  say(line: string): Promise<void> {
    return this.write(frame(1, line));
  }

  /** The next frame, in words: `text hello`, `pong`, `close 1000`; or packet: `recv 0 hello`. */
  async next(): Promise<string> {
    await this.#until(() => this.#heard.length > 0 || this.ended !== undefined, "the next message");
    return this.#heard.shift() ?? `nothing, since the connection ended (${this.ended})`;
  }

  /** Reads on until the server has ended the connection: the last frame in words. */
  async over(): Promise<string> {
    await this.#until(() => this.ended !== undefined, "the end of the connection");
    let last = "";
    while (this.#heard.length > 0) last = await this.next();
    this.socket.destroy();
    return this.ended === "end" ? last : `${last} (then the connection was reset)`;
  }

  #end(how: "end" | "reset"): void {
    this.ended ??= how;
    this.#bell.ring();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    if (await this.#bell.until(holds, patience.ms)) return;
    throw new Failure("hang", `a peer waited ${patience.ms / 1000} s for ${what}`);
  }
}

function inFrames(bytes: Buffer): ReturnType<Reads> {
  const { heard, rest } = frames(bytes);
  const words = heard.map(({ opcode, payload }) =>
    opcode === 8 ? `close ${codeOf(payload)}` : `${NAMES[opcode] ?? opcode} ${payload}`.trimEnd(),
  );
  return { heard: words, rest };
}

/** The same of packets; it says nothing by itself, not even CONNECT. */
export class PacketPeer extends Peer {
  #sent = 0;

  static async dial(port: number, localAddress?: string): Promise<PacketPeer> {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({
      port,
      host: "127.0.0.1",
      allowHalfOpen: true,
      noDelay: true,
      ...from,
    });
    await once(socket, "connect");
    return new PacketPeer(socket, (bytes) => {
      const { heard, rest } = packets(bytes);
      return { heard: heard.map(inWords), rest };
    });
  }

  /** Says who it is: the answer in words, such as `connack 0 alice`. */
  async hello(who: Hello = {}): Promise<string> {
    await this.write(hello(who));
    if (who.name) this.name = who.name;
    return this.next();
  }

  override say(line: string): Promise<void> {
    return this.write(send(++this.#sent, line));
  }

  /** The next line; acknowledgements are passed over. With its number before it: `recv 7 hello`. */
  async line(): Promise<string> {
    for (;;) {
      const words = await this.next();
      if (!words.startsWith("sendack ")) return words;
    }
  }
}
