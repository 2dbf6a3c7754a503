/** One end of a WebSocket that sends whatever it is told to, frame by frame, byte by byte. */
import type { Socket } from "node:net";
import { Bell } from "./bell.ts";
import { patience } from "./client.ts";
import { Failure } from "./transcript.ts";
import { codeOf, frame, frames, type Heard } from "./websocket.ts";

const NAMES: Readonly<Record<number, string>> = { 1: "text", 2: "binary", 9: "ping", 10: "pong" };

export class Peer {
  readonly socket: Socket;
  /** As the server sees it: `ip:port`. */
  readonly addr: string;
  readonly name: string;
  /** Whether the server has ended its side, and whether in good order. */
  ended: "end" | "reset" | undefined;
  #heard: Heard[] = [];
  #rest: Buffer = Buffer.alloc(0);
  readonly #bell = new Bell();

  constructor(socket: Socket) {
    this.socket = socket;
    this.addr = this.name = `${socket.localAddress}:${socket.localPort}`;
    socket.on("data", (chunk) => {
      const { heard, rest } = frames(Buffer.concat([this.#rest, chunk]));
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

  /** The next frame, in words: `text hello`, `pong`, `close 1000`. */
  async next(): Promise<string> {
    await this.#until(() => this.#heard.length > 0 || this.ended !== undefined, "a frame");
    const frame = this.#heard.shift();
    if (!frame) return `no frame any more (${this.ended})`;
    if (frame.opcode === 8) return `close ${codeOf(frame.payload)}`;
    return `${NAMES[frame.opcode] ?? frame.opcode} ${frame.payload}`.trimEnd();
  }

  /** Reads on until the server has ended the connection: the last frame in words. */
  async over(): Promise<string> {
    await this.#until(() => this.ended !== undefined, "the end of the connection");
    let last = "";
    while (this.#heard.length > 0) last = await this.next();
    this.socket.destroy();
    return this.ended === "end" ? last : `${last} (the connection broke)`;
  }

  #end(how: "end" | "reset"): void {
    this.ended ??= how;
    this.#bell.ring();
  }

  async #until(holds: () => boolean, what: string): Promise<void> {
    if (await this.#bell.until(holds, patience.ms)) return;
    throw new Failure("hang", `a WebSocket waited ${patience.ms / 1000} s for ${what}`);
  }
}
