/** WebSocket as a wire (RFC 6455): a text message is a line. Knows frames only; the handshake is elsewhere. */
import { isUtf8 } from "node:buffer";
import { type Decoder, decode, type Line, MAX_LINE } from "./lines.ts";
import type { Wire } from "./wire.ts";

/** What a frame is; the control frames are those from 8 on. */
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/** Why a connection is closed; RFC 6455, section 7.4.1. */
const NORMAL = 1000;
const GOING_AWAY = 1001;
const PROTOCOL_ERROR = 1002;
const UNSUPPORTED = 1003;
const NO_UTF8 = 1007;
const TOO_BIG = 1009;
/** The codes that a peer may send: the others have no meaning, or must never go over the wire. */
const CODES = /^(100[0-37-9]|101[0-4]|[34]\d{3})$/;

const MAX_CONTROL = 125;
const EMPTY = Buffer.alloc(0);

/** The server's frames are not masked: one Buffer serves all who hear it. */
export function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  const extra = length <= MAX_CONTROL ? 0 : length <= 0xffff ? 2 : 8;
  const head = Buffer.alloc(2 + extra);
  head[0] = 0x80 | opcode; // whole: no fragments
  head[1] = extra === 0 ? length : extra === 2 ? 126 : 127;
  if (extra === 2) head.writeUInt16BE(length, 2);
  if (extra === 8) head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** Each line is a text message. */
export const WEBSOCKET: Wire = {
  decoder: () => new WebSocketDecoder(),
  encode: (lines) => Buffer.concat(lines.map((line) => frame(TEXT, Buffer.from(line)))),
};

interface Head {
  readonly fin: boolean;
  readonly opcode: number;
  /** Of its payload, in bytes. */
  readonly length: number;
  /** Where its mask begins. */
  readonly mask: number;
}

/** Answers pings in their turn, between the lines. A frame that the protocol forbids ends the lines. */
export class WebSocketDecoder implements Decoder<Line | Buffer> {
  over = false;
  readonly #maxBytes: number;
  /** What is not a whole frame yet. */
  #bytes: Buffer = EMPTY;
  /** True while bytes of a chunk are not read yet, as with a slowed-down peer: a pong may be among them. */
  #busy = false;
  /** The opcode of a message in fragments; its bytes so far are in `#message`. */
  #opcode = 0;
  #message: Buffer = EMPTY;
  /** The code for our close frame; if the peer has sent one, we send it back. */
  #code: Buffer | undefined;
  #pings = 0;
  #answered: ((pong: Buffer) => void) | undefined;

  constructor(maxBytes = MAX_LINE) {
    this.#maxBytes = maxBytes;
  }

  *feed(chunk: Buffer): Generator<Line | Buffer, void, undefined> {
    this.#busy = true;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (let head = this.#head(); head !== undefined; head = this.#head()) {
      const start = head.mask + 4;
      if (this.#bytes.length < start + head.length) break;
      const payload = this.#bytes.subarray(start, start + head.length);
      for (let i = 0; i < payload.length; i++) {
        payload[i] = (payload[i] as number) ^ (this.#bytes[head.mask + (i & 3)] as number);
      }
      const rest = this.#bytes.subarray(start + head.length);
      this.#bytes = rest.length > 0 ? rest : EMPTY; // an empty part would keep the whole buffer in memory
      if (head.opcode < CLOSE) yield* this.#data(head, payload);
      else yield* this.#control(head.opcode, payload);
    }
    this.#busy = false;
  }

  /** A message that did not come whole is ignored. */
  *end(): Generator<Line, void, undefined> {}

  /** There are last words only when the server shuts down: then it says that it goes away. */
  goodbye(lastWords: string): Buffer {
    if (!lastWords) return frame(CLOSE, this.#code ?? code(NORMAL));
    const text = frame(TEXT, Buffer.from(lastWords));
    return Buffer.concat([text, frame(CLOSE, this.#code ?? code(GOING_AWAY))]);
  }

  /**
   * `onPong` is told the round trip in seconds. Undefined when the last ping should have been
   * answered by now; no bytes when its pong may have come, but is not read yet.
   */
  ping(onPong: (seconds: number) => void): Buffer | undefined {
    if (this.#answered) return this.#busy ? EMPTY : undefined;
    const payload = Buffer.from(`${++this.#pings}`);
    const at = performance.now();
    this.#answered = (pong) => {
      if (!pong.equals(payload)) return; // the RFC allows a pong that nobody has asked for
      this.#answered = undefined;
      onPong((performance.now() - at) / 1000);
    };
    return frame(PING, payload);
  }

  /** The head of the next frame; undefined when it is not there yet, or never will be. */
  #head(): Head | undefined {
    const [first, second] = this.#bytes;
    if (this.over || first === undefined || second === undefined) return;
    const [fin, opcode, short] = [first > 0x7f, first & 0x0f, second & 0x7f];
    if (this.#isForbidden(first, second)) return this.#refuse(PROTOCOL_ERROR);
    const extra = short === 126 ? 2 : short === 127 ? 8 : 0;
    const mask = 2 + extra;
    if (this.#bytes.length < mask + 4) return;
    const length = extra === 0 ? short : Number(`0x${this.#bytes.toString("hex", 2, mask)}`);
    if (extra > 0 && length <= (extra === 2 ? MAX_CONTROL : 0xffff)) {
      return this.#refuse(PROTOCOL_ERROR); // the RFC demands the shortest form of a length
    }
    if (opcode < CLOSE && this.#message.length + length > this.#maxBytes)
      return this.#refuse(TOO_BIG);
    return { fin, opcode, length, mask };
  }

  /** Whether the protocol forbids the frame: its first two bytes show that. */
  #isForbidden(first: number, second: number): boolean {
    const [fin, opcode, short] = [first > 0x7f, first & 0x0f, second & 0x7f];
    if ((first & 0x70) !== 0) return true; // reserved for extensions: none is agreed on
    if (second <= 0x7f) return true; // not masked
    if (opcode >= CLOSE) return opcode > PONG || !fin || short > MAX_CONTROL;
    return opcode > BINARY || (opcode === CONTINUATION) !== (this.#opcode !== 0);
  }

  #refuse(why: number): undefined {
    this.#code = code(why);
    this.over = true;
  }

  *#data({ fin, opcode }: Head, payload: Buffer): Generator<Line | Buffer, void, undefined> {
    // Copied into one Buffer: kept one by one, small fragments would cost a hundred times their size.
    this.#message = Buffer.concat([this.#message, payload]);
    if (!fin) {
      this.#opcode ||= opcode;
      return;
    }
    const kind = this.#opcode || opcode;
    const message = this.#message;
    this.#message = EMPTY;
    this.#opcode = 0;
    if (kind === TEXT && !isUtf8(message)) this.#refuse(NO_UTF8);
    else yield* this.message(kind, message);
  }

  /** What a whole message means. */
  protected *message(kind: number, bytes: Buffer): Generator<Line | Buffer, void, undefined> {
    if (kind === TEXT) yield decode(bytes);
    else this.#refuse(UNSUPPORTED);
  }

  *#control(opcode: number, payload: Buffer): Generator<Buffer, void, undefined> {
    if (opcode === PING) yield frame(PONG, payload);
    else if (opcode === PONG) this.#answered?.(payload);
    else {
      const given = payload.subarray(0, 2);
      const known =
        payload.length === 0 || (payload.length > 1 && CODES.test(`${given.readUInt16BE()}`));
      if (!known) this.#refuse(PROTOCOL_ERROR);
      else if (!isUtf8(payload.subarray(2))) this.#refuse(NO_UTF8);
      else {
        this.#code = given;
        this.over = true;
      }
    }
  }
}

function code(number: number): Buffer {
  return Buffer.from([number >> 8, number & 0xff]);
}
