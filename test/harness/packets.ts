/** Packets as if they were a socket: lines go in and come out, each is a SEND or a RECV on the way (docs/protocol.md). */
import { once } from "node:events";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";

export const [CONNECT, CONNACK, SEND, SENDACK, RECV, RECVACK, PING, PONG, DISCONNECT] = [
  ...([1, 2, 3, 4, 5, 6, 7, 8, 9] as const),
] as const;
const HEADER = 6;
const NEWLINE = 0x0a;
const SLICE = 64 * 1024; // of a flood, so that its packets are not all in memory at once

interface Shape {
  readonly flags?: number;
  /** What it says of its body's length, if that is not true. */
  readonly length?: number;
}

/** A packet, as a client sends it unless `shape` says otherwise. */
export function packet(type: number, body: string | Uint8Array = "", shape: Shape = {}): Buffer {
  const bytes = Buffer.from(body as Uint8Array);
  const { flags = 0, length = bytes.length } = shape;
  const all = Buffer.allocUnsafe(HEADER + bytes.length);
  all[0] = type;
  all[1] = flags;
  all.writeUInt32BE(length, 2);
  bytes.copy(all, HEADER);
  return all;
}

/** A number in so many bytes, the greatest first. */
export function number(value: number | bigint, bytes: 1 | 2 | 4 | 8): Buffer {
  const all = Buffer.alloc(8);
  all.writeBigUInt64BE(BigInt(value));
  return all.subarray(8 - bytes);
}

/** Its length in two bytes, and its UTF-8. */
export function string(text: string | Uint8Array): Buffer {
  const bytes = Buffer.from(text as Uint8Array);
  return Buffer.concat([number(bytes.length, 2), bytes]);
}

export interface Hello {
  readonly name?: string;
  readonly device?: string;
  readonly token?: string;
  /** The last number that it has seen; 0: nothing is to be told again. */
  readonly after?: number | bigint;
}

export function hello({ name = "", device = "", token = "", after = 0 }: Hello = {}): Buffer {
  const strings = [name, device, token].map(string);
  return packet(CONNECT, Buffer.concat([...strings, number(after, 8)]));
}

export function send(count: number, line: string | Uint8Array): Buffer {
  return packet(SEND, Buffer.concat([number(count, 4), Buffer.from(line as Uint8Array)]));
}

/** What a server says. */
export type Heard =
  | { readonly type: typeof CONNACK | typeof DISCONNECT; reason: number; text: Buffer }
  | { readonly type: typeof SENDACK; count: number; reason: number }
  | { readonly type: typeof RECV; count: number; text: Buffer }
  | { readonly type: typeof PONG };

/** The whole packets at the beginning of the bytes, and what is left. Throws at one that no server may send. */
export function packets(bytes: Buffer): { heard: Heard[]; rest: Buffer } {
  const heard: Heard[] = [];
  while (bytes.length >= HEADER) {
    const [type, flags] = bytes as unknown as [number, number];
    if (flags !== 0)
      throw new Error(`the server sent a packet of type ${type} with flags ${flags}`);
    const end = HEADER + bytes.readUInt32BE(2);
    if (bytes.length < end) break;
    heard.push(read(type, bytes.subarray(HEADER, end)));
    bytes = bytes.subarray(end);
  }
  return { heard, rest: bytes };
}

function read(type: number, body: Buffer): Heard {
  const wrong = () =>
    new Error(`the server sent a packet of type ${type} with a body of ${body.length} bytes`);
  if (type === CONNACK || type === DISCONNECT) {
    if (body.length < 1) throw wrong();
    return { type, reason: body.readUInt8(), text: body.subarray(1) };
  }
  if (type === SENDACK) {
    if (body.length !== 5) throw wrong();
    return { type, count: body.readUInt32BE(), reason: body.readUInt8(4) };
  }
  if (type === RECV) {
    if (body.length < 8) throw wrong();
    return { type, count: Number(body.readBigUInt64BE()), text: body.subarray(8) };
  }
  if (type !== PONG || body.length > 0) throw wrong();
  return { type };
}

/** In words: `connack 0 alice`, `sendack 1 0`, `recv 0 hello`, `pong`, `disconnect 4 why`. */
export function inWords(heard: Heard): string {
  switch (heard.type) {
    case CONNACK:
      return `connack ${heard.reason} ${heard.text}`;
    case SENDACK:
      return `sendack ${heard.count} ${heard.reason}`;
    case RECV:
      return `recv ${heard.count} ${heard.text}`;
    case PONG:
      return "pong";
    case DISCONNECT:
      return `disconnect ${heard.reason} ${heard.text}`.trimEnd();
  }
}

const END = Buffer.from("\n");
/** Of a DISCONNECT that only answers ours. */
const NO_WORDS = "well";
const GOODBYE = packet(DISCONNECT, number(0, 1));

/** Half a line waits for the rest of it. Its end is a DISCONNECT, and it ends when the server has ended. */
export class Packets extends Duplex {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #half: Buffer = Buffer.alloc(0);
  #sent = 0;
  #acknowledged = 0;
  #welcome = false;
  /** Why the server says that it ends. */
  reason: number | undefined;

  /** Resolves when the server has let it in. */
  static async open(socket: Socket, who: Hello): Promise<Packets> {
    const all = new Packets(socket);
    const welcome = once(all, "welcome");
    socket.write(hello(who));
    await welcome;
    return all;
  }

  private constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.on("error", () => {}); // it may break before anybody can listen
    this.#socket = socket;
    socket.on("data", (chunk) => this.#hear(chunk));
    socket.on("error", (error) => this.destroy(error));
    socket.on("end", () => this.#end());
    socket.on("close", () => {
      this.destroy(
        this.#welcome ? undefined : new Error("the server closed the connection before a CONNACK"),
      );
    });
  }

  get localAddress() {
    return this.#socket.localAddress;
  }

  get localPort() {
    return this.#socket.localPort;
  }

  resetAndDestroy(): void {
    this.#socket.resetAndDestroy();
  }

  override _read(): void {
    this.#socket.resume();
  }

  /** Behind the server's DISCONNECT it is thrown away, as a socket does when nobody is left to read it. */
  override async _write(bytes: Buffer, _: string, done: (error?: Error) => void) {
    for (let start = 0; start < bytes.length && this.reason === undefined; start += SLICE) {
      const out = this.#sends(bytes.subarray(start, start + SLICE));
      await new Promise((resolve) => this.#socket.write(out, resolve));
    }
    done();
  }

  override _final(done: () => void): void {
    if (this.reason !== undefined) {
      this.#socket.end(done);
      return;
    }
    const rest = this.#half.length > 0 ? [this.#send(Buffer.alloc(0))] : [];
    this.#socket.write(Buffer.concat([...rest, GOODBYE]), () => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #sends(bytes: Buffer): Buffer {
    const out: Buffer[] = [];
    for (;;) {
      const newline = bytes.indexOf(NEWLINE);
      if (newline === -1) break;
      out.push(this.#send(bytes.subarray(0, newline)));
      bytes = bytes.subarray(newline + 1);
    }
    this.#half = Buffer.concat([this.#half, bytes]);
    return Buffer.concat(out);
  }

  /** The line whose end this is. */
  #send(end: Buffer): Buffer {
    const line = this.#half.length > 0 ? Buffer.concat([this.#half, end]) : end;
    this.#half = Buffer.alloc(0);
    return send(++this.#sent, line);
  }

  #hear(chunk: Buffer): void {
    try {
      const { heard, rest } = packets(Buffer.concat([this.#rest, chunk]));
      this.#rest = rest;
      const lines = heard.flatMap((each) => this.#packet(each));
      if (lines.length > 0 && !this.push(Buffer.concat(lines))) this.#socket.pause();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** The bytes of its line, if it is one. */
  #packet(heard: Heard): Buffer[] {
    if (this.reason !== undefined) throw new Error("the server sent a packet after its DISCONNECT");
    if (!this.#welcome || heard.type === CONNACK) this.#letIn(heard);
    else if (heard.type === RECV) return [heard.text, END];
    else if (heard.type === SENDACK) this.#acknowledge(inWords(heard));
    else if (heard.type === PONG) throw new Error("the server sent a PONG without a PING");
    else {
      this.reason = heard.reason;
      const words = `${heard.text}` !== NO_WORDS && heard.text.length > 0;
      if (words) return [heard.text, END];
    }
    return [];
  }

  #letIn(heard: Heard): void {
    if (this.#welcome || heard.type !== CONNACK || heard.reason !== 0)
      throw new Error(`the server answered CONNECT with ${inWords(heard)}`);
    this.#welcome = true;
    this.#socket.pause(); // until it is read
    this.emit("welcome");
  }

  #acknowledge(words: string): void {
    const next = `sendack ${++this.#acknowledged} 0`;
    if (words !== next || this.#acknowledged > this.#sent)
      throw new Error(
        `the client sent ${this.#sent} lines; the next answer should be ${next}, and it is ${words}`,
      );
  }

  #end(): void {
    if (this.writableEnded) this.#socket.end();
    if (this.reason !== undefined || (this.#welcome && this.writableEnded)) this.push(null);
    else this.destroy(new Error("the connection ended without a DISCONNECT"));
  }
}
