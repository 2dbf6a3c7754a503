/** The chat in packets, as a client says and hears it. */
import {
  decode,
  type Line,
  LineDecoder,
  MAX_LINE,
  REASONS,
  type Reader,
  TOO_LONG,
} from "../lines.ts";
import {
  CONNACK,
  CONNECT,
  DISCONNECT,
  Packets,
  PING,
  PONG,
  packet,
  RECV,
  RECVACK,
  SEND,
  SENDACK,
} from "../packets.ts";
import { type Form, type Item, MAX_BYTES } from "./link.ts";

const EMPTY = Buffer.alloc(0);

/** Lives longer than one connection: the next one goes on where the last one stopped. */
export class PacketForm implements Form, Reader<Item> {
  readonly named = true;
  /** The server has said goodbye: the client does not reconnect by itself. */
  over = false;
  readonly #who: [name: string, device: string, token: string];
  /** The number of the last line that we heard and the history keeps, as the bytes that came. */
  #last = Buffer.alloc(8);
  #sent = 0;
  /** Lines that were sent and not acknowledged, by number. */
  readonly #waiting = new Map<number, string>();
  readonly #lines = new LineDecoder();
  #packets = new Packets(MAX_BYTES);

  constructor(...who: [name: string, device: string, token: string]) {
    this.#who = who;
  }

  hello(): Buffer {
    const words = this.#who.map((word) => {
      const bytes = Buffer.from(word);
      return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
    });
    return packet(CONNECT, Buffer.concat([...words, this.#last]));
  }

  reader(): Reader<Item> {
    this.#packets = new Packets(MAX_BYTES);
    return this;
  }

  say(bytes: Buffer): Buffer {
    return this.#sends(this.#lines.feed(bytes));
  }

  /** What stands after the last newline is a line, too. */
  rest(): Buffer {
    return this.#sends(this.#lines.end());
  }

  unacknowledged(): string[] {
    const lines = [...this.#waiting.values()];
    this.#waiting.clear();
    return lines;
  }

  *feed(chunk: Buffer): Generator<Item, void, undefined> {
    const before = this.#last;
    for (const { type, body } of this.#packets.feed(chunk)) yield* this.#heard(type, body);
    if (this.#last !== before) yield packet(RECVACK, this.#last);
    if (!this.#packets.refused || this.over) return;
    this.over = true;
    yield "login refused: nobody speaks packets there";
  }

  /** A packet that did not come whole is ignored. */
  *end(): Generator<Item, void, undefined> {}

  #sends(lines: Iterable<Line>): Buffer {
    return Buffer.concat([...lines].map((line) => this.#send(line)));
  }

  #send(line: Line): Buffer {
    // For a line that is too long we send a PING: when its PONG comes, it is the line's turn to be reported.
    if (line === TOO_LONG || Buffer.byteLength(line) > MAX_LINE) return packet(PING, EMPTY);
    const number = Buffer.alloc(4);
    number.writeUInt32BE(++this.#sent);
    if (line !== "quit" && line !== "exit") this.#waiting.set(this.#sent, line); // these get no acknowledgement
    return packet(SEND, Buffer.concat([number, Buffer.from(line)]));
  }

  *#heard(type: number, body: Buffer): Generator<Item, void, undefined> {
    const [reason = 0] = body;
    const text = decode(body.subarray(1));
    if (type === CONNACK && reason === 0) yield `you are now ${text}`;
    else if (type === CONNACK || type === DISCONNECT) {
      const why = REASONS[reason];
      this.over = why !== "shutting down"; // after a shutdown, the client reconnects
      if (type === CONNACK && this.over) yield `login refused: ${why}`;
      else if (text !== "well") yield text; // "well" only confirms the end that we asked for
    } else if (type === SENDACK && body.length === 5) yield* this.#acknowledged(body);
    else if (type === RECV) yield this.#received(body);
    else if (type === PING) yield packet(PONG, EMPTY);
    else if (type === PONG) yield `line too long: at most ${MAX_LINE} bytes`;
  }

  *#acknowledged(body: Buffer): Generator<Item, void, undefined> {
    const number = body.readUInt32BE();
    const line = this.#waiting.get(number);
    this.#waiting.delete(number);
    if (line !== undefined) yield { kind: body[4] === 0 ? "acknowledged" : "unacknowledged", line };
  }

  #received(body: Buffer): string {
    const number = Buffer.from(body.subarray(0, 8)); // a copy: a part of the body would keep all of it in memory
    const line = decode(body.subarray(8));
    if (number.some((byte) => byte !== 0)) this.#last = number;
    const [, name] = /^you are now (.*)$/.exec(line) ?? [];
    this.#who[0] = name ?? this.#who[0]; // after a lost connection, it logs in under its present name
    return line;
  }
}
