/** Who speaks in a closed loop, and who knows its lines among all others. */
import { Counter, User } from "./crowd.ts";
import type { Server } from "./server.ts";

/** What is said, in bytes: x and x, the number of who says it, and a tilde. */
export const TEXT = 64;
const NUMBER = 4;
const TILDE = "~".charCodeAt(0);

/** Knows the lines of one sender, and how long each of them was on its way. */
export class Ear extends User {
  /** From a line sent to the same line heard here. */
  delaysMs: number[] = [];
  /** Called when some of them were heard. */
  onHeard = (_lines: number) => {};
  readonly #number: number;
  #lastBytes: Buffer = Buffer.alloc(NUMBER);
  #sentAt: number[] = [];

  constructor(server: Server, user: number, sender: number) {
    super(server, new Counter("~", TEXT), user);
    this.#number = Buffer.from(digits(sender)).readUInt32BE();
  }

  /** So many lines are sent now. */
  expect(lines: number): void {
    const now = performance.now();
    for (let i = 0; i < lines; i++) this.#sentAt.push(now);
  }

  override hear(bytes: Buffer): void {
    let known = 0;
    for (let at = bytes.indexOf(TILDE); at !== -1; at = bytes.indexOf(TILDE, at + 1)) {
      this.heard++;
      if (this.#numberBefore(bytes, at) === this.#number) known++;
    }
    this.#lastBytes = Buffer.concat([this.#lastBytes, bytes.subarray(-NUMBER)]).subarray(-NUMBER);
    const now = performance.now();
    for (const sent of this.#sentAt.splice(0, known)) this.delaysMs.push(now - sent);
    if (known > 0) this.onHeard(known);
  }

  /** Some of its digits may have come with the bytes before. */
  #numberBefore(bytes: Buffer, tilde: number): number {
    if (tilde >= NUMBER) return bytes.readUInt32BE(tilde - NUMBER);
    return Buffer.concat([this.#lastBytes, bytes.subarray(0, tilde)]).readUInt32BE(tilde);
  }
}

function digits(sender: number): string {
  return `${sender}`.padStart(NUMBER, "0");
}

export class Sender extends Ear {
  readonly #line: string;
  #speaking = false;
  /** Says the next line when this one has heard the last: the sender itself, or somebody at another node. */
  #other: Ear | undefined;
  lines = 0;

  constructor(server: Server, user: number, sender: number) {
    super(server, user, sender);
    this.#line = server.contender.say(`${digits(sender)}~`.padStart(TEXT, "x"));
    this.onHeard = (lines) => this.#next(lines);
  }

  get ears(): readonly Ear[] {
    return this.#other ? [this, this.#other] : [this];
  }

  /** From now on it is not enough that it has heard itself. */
  waitFor(other: Ear): void {
    this.#other = other;
    this.onHeard = () => {};
    other.onHeard = (lines) => this.#next(lines);
  }

  start(window: number): void {
    this.#speaking = true;
    this.lines = 0;
    for (const ear of this.ears) ear.delaysMs = [];
    this.#say(window);
  }

  stop(): void {
    this.#speaking = false;
  }

  #next(lines: number): void {
    if (this.#speaking) this.#say(lines);
  }

  #say(lines: number): void {
    for (const ear of this.ears) ear.expect(lines);
    this.lines += lines;
    this.socket.write(this.#line.repeat(lines), "latin1");
  }
}
