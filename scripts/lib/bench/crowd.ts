/**
 * Many users of one server, in one process that must not be the bottleneck: what they hear is not decoded.
 * Each frame that a server sends them has a certain byte once, and these bytes are counted.
 */
import { connect, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Refusal } from "../command.ts";
import type { Contender } from "./contenders.ts";
import { howItEnded, type Server, type Site, standing } from "./server.ts";

const COMING = 100; // at once: there are systems where no more than 128 can wait to be accepted
const HANG_MS = 20_000;

/** An address has some 28,000 ports for those who call; a thousand of them leave room for everybody else. */
const USERS_AN_ADDRESS = 1000;

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
  /** In how many pieces they came: a batch of the server is one, or the user is slow. */
  pieces = 0;
  /** Called when the server has let it in. */
  onGreeted = () => {};
  readonly #counter: Counter;

  /** The number of the user says where it comes from. */
  constructor({ port, contender }: Server, counter: Counter, number: number) {
    this.#counter = counter;
    let greeted = false;
    let first = "";
    const callback = (length: number) => {
      const bytes = buffer.subarray(0, length);
      this.pieces++;
      this.hear(bytes);
      if (!greeted) {
        first += bytes.toString("latin1");
        greeted = first.includes(contender.greeting);
        if (greeted) this.onGreeted();
      }
      return true;
    };
    const to = { port, host: "127.0.0.1", ...comingFrom(number) };
    this.socket = connect({ ...to, noDelay: true, onread: { buffer, callback } });
    if (contender.hello) this.socket.write(contender.hello);
  }

  hear(bytes: Buffer): void {
    this.heard += this.#counter.count(bytes);
  }
}

/** Each thousand from an address of its own, so that ports do not run out; only Linux has all of 127.0.0.0/8. */
function comingFrom(number: number): { localAddress?: string } {
  const block = Math.floor(number / USERS_AN_ADDRESS);
  return block === 0 || process.platform !== "linux"
    ? {}
    : { localAddress: `127.0.0.${1 + block}` };
}

/** A server or a cluster with a crowd of users, while it is used. */
export function withCrowd<T>(contender: Contender, use: (crowd: Crowd) => Promise<T>): Promise<T> {
  return standing(contender, async (site) => {
    const crowd = new Crowd(site);
    try {
      return await use(crowd);
    } finally {
      crowd.disband();
    }
  });
}

export class Crowd {
  readonly users: User[] = [];
  readonly site: Site;
  readonly #sizes: number[];
  #lost: string | undefined;

  constructor(site: Site) {
    this.site = site;
    this.#sizes = site.nodes.map(() => 0);
  }

  /** The server for one more user: the node with this number, counted round, or else the one that has the fewest. */
  place(number = this.#sizes.indexOf(Math.min(...this.#sizes))): Server {
    const { nodes } = this.site;
    const node = number % nodes.length;
    this.#sizes[node] = (this.#sizes[node] ?? 0) + 1;
    return nodes[node] as Server;
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
        this.#lost ??= `${this.site.contender.id} lost a user: ${why}`;
      };
      user.socket.on("error", ({ message }) => lose(message));
      user.socket.on("close", () => lose("it was cut off"));
    };
    for (let i = 0; i < COMING; i++) come();
    await this.until(() => greeted === count, `${count} users are in`);
  }

  /** Waits until it holds. Refuses when a user is lost, or when nobody has heard anything for 20 s. */
  async until(holds: () => boolean, what: string): Promise<void> {
    const { contender, nodes, bus } = this.site;
    const servers = bus ? [...nodes, bus] : nodes;
    let [before, since] = [-1, performance.now()];
    while (!holds()) {
      for (const { contender, program } of servers)
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
