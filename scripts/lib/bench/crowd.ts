/**
 * Many users of one server, in one process that must not be the bottleneck: what they hear is not decoded.
 * Each frame that a server sends them has a certain byte once, and these bytes are counted.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Refusal } from "../command.ts";
import type { Contender } from "./contenders.ts";
import { howItEnded, type Server, serving } from "./server.ts";

const COMING = 100; // at once: there are systems where no more than 128 can wait to be accepted
const HANG_MS = 20_000;

/** All sockets are read into it; what has been read is dealt with at once. */
const buffer = Buffer.allocUnsafe(256 * 1024);

/** Counts a byte that each frame has once. No frame is shorter than `shortest` bytes. */
export class Counter {
  readonly #byte: number;
  readonly #far: number;
  /** From one to the next, the last time; the next one is probably as far away. */
  #stride: number;

  constructor(byte: string, shortest: number) {
    this.#byte = byte.charCodeAt(0);
    this.#far = 2 * shortest; // a stride below it cannot step over a whole frame
    this.#stride = shortest;
  }

  count(bytes: Uint8Array): number {
    let count = 0;
    for (let at = bytes.indexOf(this.#byte); at !== -1; count++) {
      const guess = at + this.#stride;
      if (bytes[guess] === this.#byte) {
        at = guess;
        continue;
      }
      const next = bytes.indexOf(this.#byte, at + 1);
      if (next !== -1 && next - at < this.#far) this.#stride = next - at;
      at = next;
    }
    return count;
  }
}

export class User {
  readonly socket: Socket;
  /** How many frames it has heard. */
  heard = 0;
  /** Called when the server has let it in. */
  onGreeted = () => {};
  readonly #counter: Counter;

  constructor({ port, contender }: Server, counter: Counter) {
    this.#counter = counter;
    let greeted = false;
    let first = "";
    const callback = (length: number) => {
      const bytes = buffer.subarray(0, length);
      this.hear(bytes);
      if (!greeted) {
        first += bytes.toString("latin1");
        greeted = first.includes(contender.greeting);
        if (greeted) this.onGreeted();
      }
      return true;
    };
    this.socket = connect({ port, host: "127.0.0.1", noDelay: true, onread: { buffer, callback } });
    if (contender.hello) this.socket.write(contender.hello);
  }

  hear(bytes: Buffer): void {
    this.heard += this.#counter.count(bytes);
  }
}

/** A server with a crowd of users, while it is used. */
export function withCrowd<T>(contender: Contender, use: (crowd: Crowd) => Promise<T>): Promise<T> {
  return serving(contender, async (server) => {
    const crowd = new Crowd(server);
    try {
      return await use(crowd);
    } finally {
      crowd.disband();
    }
  });
}

export class Crowd {
  readonly users: User[] = [];
  readonly server: Server;
  #lost: string | undefined;

  constructor(server: Server) {
    this.server = server;
  }

  /** Resolves when all are in. */
  async gather(count: number, make: (i: number) => User): Promise<void> {
    let greeted = 0;
    const come = () => {
      if (this.users.length === count || this.#lost) return;
      const user = make(this.users.length);
      this.users.push(user);
      user.onGreeted = () => {
        greeted++;
        come();
      };
      const lose = (why: string) => {
        this.#lost ??= `${this.server.contender.id} lost a user: ${why}`;
      };
      user.socket.on("error", ({ message }) => lose(message));
      user.socket.on("close", () => lose("it was cut off"));
    };
    for (let i = 0; i < COMING; i++) come();
    await this.until(() => greeted === count, `${count} users are in`);
  }

  /** Waits until it holds. Refuses when a user is lost, or when nobody has heard anything for 20 s. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { contender, program } = this.server;
    let [before, since] = [-1, performance.now()];
    while (!holds()) {
      if (program.end)
        throw new Refusal(`${contender.id} ended while it was measured (${howItEnded(program)})`);
      if (this.#lost) throw new Refusal(this.#lost);
      if (performance.now() - since > HANG_MS) {
        const bytes = this.users.reduce((sum, { socket }) => sum + socket.bytesRead, 0);
        if (bytes === before)
          throw new Refusal(`${contender.id}: nobody heard anything for 20 s, before ${what}`);
        [before, since] = [bytes, performance.now()];
      }
      await after(1);
    }
  }

  /** All leave at once, by a reset: no port stays taken. */
  disband(): void {
    for (const { socket } of this.users) {
      socket.removeAllListeners("close").resetAndDestroy();
    }
  }
}
