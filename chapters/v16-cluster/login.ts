/** Who may come in; wrong tokens slow down the address that they come from, and nobody else. */
import { isName } from "./names.ts";
import { nameIn } from "./token.ts";

const FREE = 3; // wrong ones that cost nothing: anybody may paste the wrong line
const FIRST_WAIT = 250; // ms for the next one, and double for each that follows
const LONGEST_WAIT = 8000; // well within the login limit: whoever is right still gets in
const FORGOTTEN = 60_000; // ms without a wrong one
const MOST_ADDRESSES = 10_000; // the one whose last wrong one is oldest goes first: about 2 MB
const MOST_WAITING = 100; // of one address: many who share it may come back at once
const MOST_WAITING_IN_ALL = 10_000;

export type Refused = "bad token" | "bad name";

interface Address {
  wrong: number;
  waiting: number;
  /** When the last wrong one came. */
  last: number;
}

export class Login {
  /** Without a secret, everybody may come in. */
  readonly needed: boolean;
  readonly #secret: Buffer | undefined;
  /** Those with a wrong one in the last minute, in the order of it. */
  readonly #addresses = new Map<string, Address>();
  readonly #waiting = new Set<() => void>();

  constructor(secret: Buffer | undefined) {
    this.needed = secret !== undefined;
    this.#secret = secret;
  }

  /**
   * Resolves with why it is refused, or undefined. `addr` is `ip:port`.
   *
   * Where it is slow, nobody is judged before the wait is over, a right token neither: if the right one were answered
   * at once, silence would say "wrong", and a guesser would hang up and try the next.
   */
  async check(hello: { name: string; token: string }, addr: string): Promise<Refused | undefined> {
    if (this.#secret === undefined) return undefined;
    this.#forget();
    const ip = network(addr);
    const address = this.#addresses.get(ip);
    const slow = address !== undefined && address.wrong >= FREE;
    if (slow && !(await this.#turn(address))) return "bad token";
    const refused = judge(hello, this.#secret);
    if (refused) this.#note(ip);
    return refused; // a right one clears nothing: with one token of his own, a guesser would be free again
  }

  /** At the end nobody waits any longer. */
  close(): void {
    for (const wake of this.#waiting) wake();
  }

  /** False when too many wait already. */
  async #turn(address: Address): Promise<boolean> {
    const before = address.wrong + address.waiting; // who waits may be wrong: all at once is no way around
    if (address.waiting >= MOST_WAITING || this.#waiting.size >= MOST_WAITING_IN_ALL) return false;
    address.waiting++;
    await this.#wait(Math.min(FIRST_WAIT * 2 ** (before - FREE), LONGEST_WAIT));
    address.waiting--;
    return true;
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms).unref(); // it keeps no process alive
      this.#waiting.add(wake);
    });
  }

  #note(ip: string): void {
    const address = this.#addresses.get(ip) ?? { wrong: 0, waiting: 0, last: 0 };
    address.wrong++;
    address.last = performance.now();
    this.#addresses.delete(ip); // and to the end of the order
    this.#addresses.set(ip, address);
    const [oldest] = this.#addresses.keys();
    if (oldest !== undefined && this.#addresses.size > MOST_ADDRESSES)
      this.#addresses.delete(oldest);
  }

  #forget(): void {
    const since = performance.now() - FORGOTTEN;
    for (const [ip, { last }] of this.#addresses) {
      if (last > since) return;
      this.#addresses.delete(ip);
    }
  }
}

function judge({ name, token }: { name: string; token: string }, secret: Buffer) {
  if (!isName(name)) return "bad name";
  return nameIn(token, secret) === name ? undefined : "bad token";
}

/** What one person has: an IPv4 address, or the first 64 bits of an IPv6 one, since the rest is his to choose. */
function network(addr: string): string {
  // A socket for both kinds says ::ffff:192.0.2.1.
  const ip = addr.slice(0, addr.lastIndexOf(":")).replace(/^::ffff:(?=\d+\.)/i, "");
  if (!ip.includes(":")) return ip;
  const [before = [], after = []] = ip.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
