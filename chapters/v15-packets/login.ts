/** Who may come in; wrong tokens slow down the address that they come from, and nobody else. */
import { isName } from "./names.ts";
import { nameIn } from "./token.ts";

const FREE = 3; // so many wrong tokens cost no wait: anybody may paste the wrong line
const FIRST_WAIT = 250; // ms for the next one, and double for each that follows
const LONGEST_WAIT = 8000; // well within the login limit: whoever is right still gets in
const FORGOTTEN = 60_000; // ms without a wrong token, and all is forgotten
const MOST_ADDRESSES = 10_000; // about 2 MB; beyond that, the one whose last wrong token is oldest is dropped
const MOST_WAITING = 100; // of one address: many who share it may come back at once
const MOST_WAITING_IN_ALL = 10_000;

export type Refused = "bad token" | "bad name";

interface Address {
  wrong: number;
  waiting: number;
  /** When the last wrong token came. */
  last: number;
}

export class Login {
  /** Without a secret, everybody may come in. */
  readonly needed: boolean;
  readonly #secret: Buffer | undefined;
  /** Those with a wrong token in the last minute; the one with the latest stands last. */
  readonly #addresses = new Map<string, Address>();
  readonly #waiting = new Set<() => void>();

  constructor(secret: Buffer | undefined) {
    this.needed = secret !== undefined;
    this.#secret = secret;
  }

  /**
   * Resolves with why it is refused, or undefined. `addr` is `ip:port`.
   *
   * For a slow address, a right token must wait as long as a wrong one. If it were answered at once, a guesser
   * would take a short silence for "wrong", hang up, and try the next token.
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
    return refused; // a right token does not reset the count: else a guesser could reset it with his own token
  }

  /** At shutdown, nobody waits any longer. */
  close(): void {
    for (const wake of this.#waiting) wake();
  }

  /** False when too many wait already. */
  async #turn(address: Address): Promise<boolean> {
    const before = address.wrong + address.waiting; // else many connections could guess faster than one
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
      const timer = setTimeout(wake, ms).unref(); // it does not keep the process running
      this.#waiting.add(wake);
    });
  }

  #note(ip: string): void {
    const address = this.#addresses.get(ip) ?? { wrong: 0, waiting: 0, last: 0 };
    address.wrong++;
    address.last = performance.now();
    this.#addresses.delete(ip); // so that it moves to the end of the order
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

/** What one person has: an IPv4 address, or the first 64 bits of an IPv6 address, where one can choose the rest. */
function network(addr: string): string {
  // A socket for both IPv4 and IPv6 shows 192.0.2.1 as ::ffff:192.0.2.1.
  const ip = addr.slice(0, addr.lastIndexOf(":")).replace(/^::ffff:(?=\d+\.)/i, "");
  if (!ip.includes(":")) return ip;
  const [before = [], after = []] = ip.split("::").map((part) => part.split(":").filter(Boolean));
  const zeros = Array(Math.max(0, 8 - before.length - after.length)).fill("0");
  return [...before, ...zeros, ...after].slice(0, 4).join(":");
}
