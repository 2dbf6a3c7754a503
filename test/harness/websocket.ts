/** A WebSocket as if it were a socket: lines go in and come out, each is a text message on the way (RFC 6455). */
import { randomBytes } from "node:crypto";
import { request } from "node:http";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { Duplex } from "node:stream";

const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const NEWLINE = 0x0a;
const SLICE = 64 * 1024; // of a flood, so that its frames are not all in memory at once

interface Shape {
  /** Whole, or the last of its fragments. */
  readonly fin?: boolean;
  readonly masked?: boolean;
  /** The reserved bits, as a number from 0 to 7. */
  readonly reserved?: number;
}

/** A frame, as a client sends it unless `shape` says otherwise. */
export function frame(opcode: number, payload: string | Uint8Array, shape: Shape = {}): Buffer {
  const { fin = true, masked = true, reserved = 0 } = shape;
  const body = Buffer.from(payload as Uint8Array);
  const { length } = body;
  const extra = length < 126 ? 0 : length < 65536 ? 2 : 8;
  const start = 2 + extra + (masked ? 4 : 0);
  const bytes = Buffer.allocUnsafe(start + length);
  bytes[0] = (fin ? 0x80 : 0) | (reserved << 4) | opcode;
  bytes[1] = (masked ? 0x80 : 0) | (extra === 0 ? length : extra === 2 ? 126 : 127);
  if (extra === 2) bytes.writeUInt16BE(length, 2);
  if (extra === 8) bytes.writeBigUInt64BE(BigInt(length), 2);
  body.copy(bytes, start);
  if (!masked) return bytes;
  bytes.writeUInt32BE(Math.floor(Math.random() * 2 ** 32), start - 4); // randomBytes takes longer than all the rest
  for (let i = 0; i < length; i++)
    bytes[start + i] = (bytes[start + i] as number) ^ (bytes[start - 4 + (i & 3)] as number);
  return bytes;
}

/** What a close frame says; 1005 when it says nothing. */
export function codeOf(payload: Buffer): number {
  return payload.length < 2 ? 1005 : payload.readUInt16BE(0);
}

export interface Heard {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** The whole frames at the beginning of the bytes, and what is left. Throws at one that no server may send. */
export function frames(bytes: Buffer): { heard: Heard[]; rest: Buffer } {
  const heard: Heard[] = [];
  for (;;) {
    const [first, second] = bytes;
    if (first === undefined || second === undefined) break;
    if (first < 0x80 || (first & 0x70) !== 0)
      throw new Error("the server sent a fragment, or a frame with reserved bits");
    if (second > 0x7f) throw new Error("the server sent a masked frame");
    const extra = second === 126 ? 2 : second === 127 ? 8 : 0;
    if (bytes.length < 2 + extra) break;
    const length = extra === 0 ? second : Number(`0x${bytes.toString("hex", 2, 2 + extra)}`);
    const end = 2 + extra + length;
    if (bytes.length < end) break;
    heard.push({ opcode: first & 0x0f, payload: bytes.subarray(2 + extra, end) });
    bytes = bytes.subarray(end);
  }
  return { heard, rest: bytes };
}

/** What came of a handshake: a socket when it was 101, else the answer. */
export interface Handshake {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
  readonly socket?: Socket;
}

/** Asks for a WebSocket at `url`; `headers` go beside, or in place of, what it takes. */
export function shake(
  url: string,
  headers: Readonly<Record<string, string | undefined>> = {},
  from: Partial<NetConnectOpts> = {},
): Promise<Handshake> {
  const all = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": randomBytes(16).toString("base64"),
    ...headers,
  };
  const { hostname: host, port } = new URL(url);
  const asks = request(url, {
    headers: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)),
    createConnection: () =>
      connect({ host, port: Number(port), allowHalfOpen: true, noDelay: true, ...from }),
  });
  asks.end();
  return new Promise((resolve, reject) => {
    asks.on("error", reject);
    asks.on("upgrade", ({ statusCode: status = 0, headers }, socket: Socket, head) => {
      socket.unshift(head);
      resolve({ status, headers, text: "", socket });
    });
    asks.on("response", async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
    });
  });
}

const END = Buffer.from("\n");
const GOODBYE = frame(CLOSE, Buffer.from([1000 >> 8, 1000 & 0xff]));

/** Half a line is a fragment. Its end is a close frame, and it ends when the server has answered with one. */
export class Messages extends Duplex {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #fragments = false;
  /** What the server's close frame said. */
  code: number | undefined;

  constructor(socket: Socket) {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    socket.pause();
    socket.on("data", (chunk) => this.#hear(chunk));
    socket.on("error", (error) => this.destroy(error));
    socket.on("end", () => {
      if (this.writableEnded) socket.end();
      if (this.code !== undefined) this.push(null);
      else this.destroy(new Error("the connection ended without a close frame"));
    });
    socket.on("close", () => this.destroy());
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

  /** Behind the server's close frame it is thrown away, as a socket does when nobody is left to read it. */
  override async _write(bytes: Buffer, _: string, done: (error?: Error) => void) {
    for (let start = 0; start < bytes.length && this.code === undefined; start += SLICE) {
      const out = this.#framed(bytes.subarray(start, start + SLICE));
      await new Promise((resolve) => this.#socket.write(out, resolve));
    }
    done();
  }

  override _final(done: () => void): void {
    if (this.code === undefined) this.#socket.write(GOODBYE, () => done());
    else this.#socket.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #framed(bytes: Buffer): Buffer {
    const out: Buffer[] = [];
    for (let start = 0; start < bytes.length; ) {
      const newline = bytes.indexOf(NEWLINE, start);
      const fin = newline !== -1;
      const end = fin ? newline : bytes.length;
      out.push(frame(this.#fragments ? 0 : TEXT, bytes.subarray(start, end), { fin }));
      this.#fragments = !fin;
      start = end + 1;
    }
    return Buffer.concat(out);
  }

  #hear(chunk: Buffer): void {
    try {
      const { heard, rest } = frames(Buffer.concat([this.#rest, chunk]));
      this.#rest = rest;
      const lines = heard.flatMap((each) => this.#frame(each));
      if (lines.length > 0 && !this.push(Buffer.concat(lines))) this.#socket.pause();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  /** The bytes of its line, if it is one. */
  #frame({ opcode, payload }: Heard): Buffer[] {
    if (this.code !== undefined) throw new Error("the server sent a frame after its close frame");
    if (opcode === TEXT) return [payload, END];
    if (opcode === PING) this.#socket.write(frame(10, payload));
    else if (opcode === CLOSE) {
      this.code = codeOf(payload);
      if (!this.writableEnded) this.#socket.write(GOODBYE);
    } else if (opcode !== 10) throw new Error(`the server sent a frame with opcode ${opcode}`);
    return [];
  }
}
