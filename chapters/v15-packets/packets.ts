/** Packets as a wire: each says how long it is, so its bytes may be anything. Knows no socket and no room. */
import { isUtf8 } from "node:buffer";
import { type Decoder, decode, type Line, MAX_LINE, REASONS, type Why } from "./lines.ts";
import { Ring } from "./ring.ts";
import type { Hello, Wire } from "./wire.ts";

export const CONNECT = 1;
export const CONNACK = 2;
export const SEND = 3;
export const SENDACK = 4;
export const RECV = 5;
export const RECVACK = 6;
export const PING = 7;
export const PONG = 8;
export const DISCONNECT = 9;

const HEAD = 6; // type, flags, and the length of the body in four bytes
const MAX_BODY = 4 + MAX_LINE; // of a SEND, the longest that a client has to say
const NUMBER = 8;
const EMPTY = Buffer.alloc(0);

export interface Packet {
  readonly type: number;
  readonly body: Buffer;
}

export function packet(type: number, body: Buffer): Buffer {
  const head = Buffer.alloc(HEAD);
  head[0] = type;
  head.writeUInt32BE(body.length, 2);
  return Buffer.concat([head, body]);
}

/** Bytes in, packets out; what is not whole yet waits in a ring. */
export class Packets {
  /** Why it takes no more bytes, if it does not. */
  refused: Why | undefined;
  readonly #maxBody: number;
  readonly #ring: Ring;

  constructor(maxBody = MAX_BODY) {
    this.#maxBody = maxBody;
    this.#ring = new Ring(2 * (HEAD + maxBody)); // an unfinished packet, and one more piece of that length
  }

  *feed(chunk: Buffer): Generator<Packet, void, undefined> {
    for (let at = 0; at < chunk.length && !this.refused; ) {
      const piece = chunk.subarray(at, at + HEAD + this.#maxBody);
      this.#ring.write(piece);
      at += piece.length;
      for (let next = this.#next(); next; next = this.#next()) yield next;
    }
  }

  /** Undefined when it is not whole yet, or never will be. */
  #next(): Packet | undefined {
    if (this.refused || this.#ring.length < HEAD) return;
    const head = this.#ring.peek(HEAD);
    const [type = 0, flags] = head;
    const length = head.readUInt32BE(2);
    if (type < CONNECT || type > DISCONNECT || flags !== 0) return void this.refuse("malformed");
    if (length > this.#maxBody) return void this.refuse("too large"); // refused at once: we do not wait for its bytes
    if (this.#ring.length < HEAD + length) return;
    this.#ring.read(HEAD);
    return { type, body: this.#ring.read(length) };
  }

  refuse(why: Why): void {
    this.refused ??= why;
  }
}

/** Each line is a packet; each packet of the client's is answered in its turn. */
export const PACKETS: Wire = {
  asks: true,
  decoder: () => new PacketDecoder(),
  encode(lines, numbers = []) {
    const lengths = lines.map((line) => NUMBER + Buffer.byteLength(line));
    const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + HEAD + length, 0));
    let at = 0;
    for (const [i, line] of lines.entries()) {
      at = bytes.writeUInt16BE(RECV << 8, at); // type and flags: no flag is set
      at = bytes.writeUInt32BE(lengths[i] ?? 0, at);
      at = bytes.writeBigUInt64BE(BigInt(numbers[i] ?? 0), at);
      at += bytes.write(line, at);
    }
    return bytes;
  },
};

export class PacketDecoder implements Decoder<Line | Buffer | Hello> {
  over = false;
  readonly #packets = new Packets();
  #state: "silent" | "asking" | "in" = "silent";

  *feed(chunk: Buffer): Generator<Line | Buffer | Hello, void, undefined> {
    for (const packet of this.#packets.feed(chunk)) {
      if ((packet.type === CONNECT) !== (this.#state === "silent")) this.#refuse("malformed");
      else yield* this.#taken(packet);
      if (this.over) return; // what comes after a DISCONNECT is not even looked at
    }
    this.over ||= this.#packets.refused !== undefined;
  }

  /** A packet that did not come whole is ignored. */
  *end(): Generator<Line, void, undefined> {}

  welcome(name: string): Buffer {
    this.#state = "in";
    return packet(CONNACK, reasoned("well", name));
  }

  /** A client whose login is refused hears the reason in the answer to it, a CONNACK. */
  goodbye(lastWords: string, why: Why): Buffer {
    const reason = this.#packets.refused ?? why;
    const refused = this.#state === "asking" && !this.#packets.refused;
    return packet(refused ? CONNACK : DISCONNECT, reasoned(reason, lastWords || reason));
  }

  *#taken({ type, body }: Packet): Generator<Line | Buffer | Hello, void, undefined> {
    const length = body.length;
    if (type === CONNECT) yield* this.#connect(body);
    else if (type === SEND && length >= 4) yield* this.#said(body);
    else if (type === PING && length === 0) yield packet(PONG, EMPTY);
    else if (type === DISCONNECT && length > 0 && isUtf8(body.subarray(1))) this.over = true;
    else if (type !== RECVACK || length !== NUMBER) this.#refuse("malformed"); // the room needs no RECVACK
  }

  *#connect(body: Buffer): Generator<Hello, void, undefined> {
    const hello = helloIn(body);
    if (hello === undefined) return this.#refuse("malformed");
    this.#state = "asking";
    yield hello;
  }

  /** The acknowledgement comes after the line: when it goes out, the room has the line. */
  *#said(body: Buffer): Generator<Line | Buffer, void, undefined> {
    const text = body.subarray(4);
    if (!isUtf8(text)) return this.#refuse("malformed");
    yield decode(text);
    yield packet(SENDACK, Buffer.concat([body.subarray(0, 4), reasoned("well", "")]));
  }

  #refuse(why: Why): void {
    this.#packets.refuse(why);
    this.over = true;
  }
}

/** Name, device and token, each after its length; then the number of the last line it has heard. */
function helloIn(body: Buffer): Hello | undefined {
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < 3; i++) {
    if (at + 2 > body.length) return;
    const start = at + 2;
    at = start + body.readUInt16BE(at);
    const text = body.subarray(start, at);
    if (at > body.length || !isUtf8(text)) return;
    texts.push(text.toString());
  }
  if (body.length !== at + NUMBER) return;
  const after = Number(body.readBigUInt64BE(at));
  const [name = "", device = "", token = ""] = texts;
  return Number.isSafeInteger(after) ? { name, device, token, after } : undefined;
}

function reasoned(why: Why, text: string): Buffer {
  return Buffer.concat([Buffer.from([REASONS.indexOf(why)]), Buffer.from(text)]);
}
