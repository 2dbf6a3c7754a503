/** Makes names unique across all nodes: a claim is written into NATS, and counts while its node has its lease. */
import { setTimeout as after } from "node:timers/promises";
import type { KV, KvEntry } from "@nats-io/kv";
import { away, type Buckets, type Bus, isRace, isRefusal, troubleOf, wrong } from "./bus.ts";
import { fold } from "./names.ts";

const RENEW_MS = 2000; // three renewals may fail before the lease runs out
const LOOK_MS = 500; // a node that is alive renews its lease within four of them
const REFRESH_MS = 20 * 60 * 1000; // a third of the time after which NATS deletes a name
const DOUBT_MS = 500; // a smaller difference in age does not count: else two could take it from each other for ever
const KEYS_MS = 1000; // at most, to list the keys: normally some milliseconds
const AT_ONCE = 100; // so many requests at a time, when all names are claimed again

/** What is stored in NATS. NATS adds the time by its own clock, so no node's clock matters. */
interface Entry {
  readonly node: string;
  readonly run: string;
  /** How old the claim was when this was written, in ms. */
  readonly age: number;
}

interface Claim {
  readonly name: string;
  /** When it was claimed, by `performance.now()`. */
  readonly since: number;
  isOver: boolean;
  /** Whether it is stored in NATS, or may be: only then it must be erased there. */
  isWritten: boolean;
  /** A check of it is queued already. */
  isDue: boolean;
}

export class Claims {
  /** What is wrong, and what follows; undefined if all is well. */
  trouble: string | undefined;
  /** Another node has our name: it started while we were frozen, or cut off from NATS. */
  isTaken = false;
  /** Called with a name that we lose: a user of another node had it before ours. */
  onLost = (_name: string): void => {};
  /** Called with a name that we keep: we had it before another node, which must be told. */
  onWon = (_name: string): void => {};
  readonly #bus: Bus;
  readonly #node: string;
  readonly #run: string;
  #buckets: Buckets | undefined;
  /** The revision of our lease; 0 without one. */
  #lease = 0;
  /** How far NATS's clock is ahead of `performance.now()`, in ms. */
  #ahead = 0;
  #refreshed = 0;
  readonly #claims = new Map<string, Claim>();
  readonly #turns = new Map<string, Promise<unknown>>();
  #isClosed = false;
  #wake = () => {};

  constructor(bus: Bus, node: string, run: string) {
    this.#bus = bus;
    this.#node = node;
    this.#run = run;
    bus.onChange = () => {
      if (!bus.isConnected) this.#lose("NATS is away: this node goes on alone");
      this.#wake();
    };
  }

  /** Takes our lease at the start. Rejects when another node has our name, or NATS refuses us. */
  async open(): Promise<void> {
    if (!this.#bus.isConnected) return this.#lose("NATS is away: this node goes on alone");
    await this.#try(async () => {
      const { nodes } = await this.#bus.buckets();
      const first = await nodes.get(keyOf(this.#node));
      let now = first;
      if (isThere(now))
        console.error(`there is a lease of ${this.#node}: waiting until it is over`);
      while (isThere(now)) {
        if (now.revision !== first?.revision)
          throw wrong(`${this.#node} is in use by another node`, "node");
        await after(LOOK_MS); // the other node may have been killed: then its lease runs out
        now = await nodes.get(keyOf(this.#node));
      }
      await this.#renew();
    }, isRefusal);
  }

  get hasLease(): boolean {
    return this.#lease > 0;
  }

  /** The other nodes that have a lease. */
  async nodes(): Promise<string[]> {
    const others = new Set<string>();
    await this.#try(async () => {
      const keys = await this.#buckets?.nodes.keys();
      const late = setTimeout(() => keys?.stop(), KEYS_MS); // the list may never end while others renew their leases
      for await (const key of keys ?? []) others.add(nameOf(key));
      clearTimeout(late);
    });
    others.delete(this.#node);
    return [...others];
  }

  /** The leaseholder task. */
  async keep(): Promise<void> {
    while (!this.#isClosed) {
      if (this.#bus.isConnected) await this.#try(() => this.#renew());
      await this.#pause();
    }
    const previousSeq = this.#lease;
    this.#lease = 0; // without our lease, all our names are free: no need to erase them one by one
    await Promise.all(this.#turns.values());
    if (previousSeq > 0)
      await this.#try(async () => this.#buckets?.nodes.delete(keyOf(this.#node), { previousSeq }));
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  /** False when another node has it. Without a lease we take it for now, and ask when we have a lease again. */
  claim(name: string): Promise<boolean> {
    const key = keyOf(fold(name));
    const since = performance.now();
    const claim: Claim = { name, since, isOver: false, isWritten: false, isDue: false };
    return this.#inTurn(key, async () => {
      let isOurs = true;
      if (this.#lease > 0)
        await this.#try(async () => {
          isOurs = await this.#hold(key, claim);
        });
      claim.isWritten ||= this.#claims.get(key)?.isWritten === true;
      if (isOurs) this.#claims.set(key, claim);
      return isOurs;
    });
  }

  release(name: string): void {
    const key = keyOf(fold(name));
    const claim = this.#claims.get(key);
    if (claim === undefined) return;
    claim.isOver = true;
    if (this.#lease > 0 || claim.isWritten) this.#checkSoon(claim);
    else this.#claims.delete(key); // never stored: if kept, such claims would pile up while NATS is away
  }

  /** Called when another node says that somebody there has the name. */
  contest(name: string): void {
    const claim = this.#claims.get(keyOf(fold(name)));
    if (claim) this.#checkSoon(claim);
  }

  async #renew(): Promise<void> {
    this.#buckets ??= await this.#bus.buckets();
    const { nodes } = this.#buckets;
    const key = keyOf(this.#node);
    const before = await nodes.get(key);
    this.isTaken = isThere(before) && before.string() !== this.#run;
    if (this.isTaken)
      return this.#lose(`another node is called ${this.#node}: this one goes on alone`);
    const hadLease = before !== null && before.revision === this.#lease;
    this.#lease = await write(nodes, key, this.#run, before);
    const lease = await nodes.get(key);
    if (lease) this.#ahead = lease.created.getTime() - performance.now();
    if (!hadLease || performance.now() - this.#refreshed > REFRESH_MS) await this.#claimAll();
    this.#tell(undefined);
  }

  async #claimAll(): Promise<void> {
    const claims = [...this.#claims.values()];
    for (let i = 0; i < claims.length; i += AT_ONCE)
      await Promise.all(claims.slice(i, i + AT_ONCE).map((claim) => this.#check(claim)));
    this.#refreshed = performance.now();
  }

  /** Queues one check of the claim; while it is queued, further calls do nothing. */
  #checkSoon(claim: Claim): void {
    if (this.#lease === 0 || claim.isDue) return; // without a lease: all claims are checked when we have one again
    claim.isDue = true;
    void this.#try(() => this.#check(claim));
  }

  #check(claim: Claim): Promise<void> {
    const key = keyOf(fold(claim.name));
    return this.#inTurn(key, async () => {
      claim.isDue = false;
      if (this.#claims.get(key) !== claim) return;
      if (claim.isOver) await this.#erase(key);
      else if (await this.#hold(key, claim)) return;
      this.#claims.delete(key);
      if (!claim.isOver) this.onLost(claim.name);
    });
  }

  /** True if it is ours now. */
  async #hold(key: string, claim: Claim): Promise<boolean> {
    const { name, since } = claim;
    if (this.#buckets === undefined) throw away();
    const { names } = this.#buckets;
    for (;;) {
      const there = await names.get(key);
      const had = this.#claims.get(key) === claim ? since : Number.POSITIVE_INFINITY; // a new claim is never older
      const whose = isThere(there) ? await this.#whose(there, had) : "ours";
      if (whose === "another's") return false;
      const entry: Entry = { node: this.#node, run: this.#run, age: performance.now() - since };
      claim.isWritten = true;
      try {
        await write(names, key, JSON.stringify(entry), there);
        if (whose === "ours, for we had it before") this.onWon(name);
        return true;
      } catch (error) {
        if (!isRace(error)) throw error; // somebody was faster: we look again
      }
    }
  }

  async #whose(there: KvEntry, since: number) {
    const { node, run, age } = entryIn(there);
    if (node === this.#node && run === this.#run) return "ours";
    const lease = await this.#buckets?.nodes.get(keyOf(node));
    if (!isThere(lease) || lease.string() !== run) return "ours"; // its node has no lease
    const theirs = there.created.getTime() - age;
    const isOlder = since + this.#ahead < theirs - DOUBT_MS;
    return isOlder ? "ours, for we had it before" : "another's";
  }

  async #erase(key: string): Promise<void> {
    const there = await this.#buckets?.names.get(key);
    if (!isThere(there) || entryIn(there).run !== this.#run) return;
    try {
      await this.#buckets?.names.delete(key, { previousSeq: there.revision });
    } catch (error) {
      if (!isRace(error)) throw error; // another node has taken it meanwhile: nothing to erase
    }
  }

  #inTurn<T>(key: string, task: () => Promise<T>): Promise<T> {
    const turn = Promise.resolve(this.#turns.get(key)).then(task);
    const over = turn.then(
      () => {},
      () => {}, // the caller gets the error; the next task runs even after a failed one
    );
    this.#turns.set(key, over);
    void over.then(() => this.#turns.get(key) === over && this.#turns.delete(key));
    return turn;
  }

  /** If NATS refuses or does not answer, we are without a lease; a bug in our own code is thrown. */
  async #try(task: () => Promise<void>, isFatal = (_error: unknown) => false): Promise<void> {
    try {
      await task();
    } catch (error) {
      const trouble = troubleOf(error);
      if (isFatal(error)) throw this.#bus.refusal(error);
      if (this.#bus.isConnected) this.#lose(`names are not checked: ${trouble}`);
    }
  }

  #lose(trouble: string): void {
    this.#lease = 0;
    this.#buckets = undefined;
    this.#tell(trouble);
  }

  #tell(trouble?: string): void {
    if (this.trouble !== trouble) console.error(trouble ?? "NATS is back");
    this.trouble = trouble;
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#isClosed ? 0 : RENEW_MS).unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** The keys of a bucket must be ASCII, so names are encoded. */
function keyOf(name: string): string {
  return Buffer.from(name).toString("base64url");
}

function nameOf(key: string): string {
  return Buffer.from(key, "base64url").toString();
}

/** For a deleted key, NATS gives an entry, too: one that says so. */
function isThere(entry: KvEntry | null | undefined): entry is KvEntry {
  return entry?.operation === "PUT";
}

/** Checks the entry: others may have written something else there. */
function entryIn(there: KvEntry): Entry {
  try {
    const { node, run, age } = there.json<Entry>();
    if (typeof node === "string" && typeof run === "string" && age >= 0) return { node, run, age };
  } catch {
    // no JSON: as if nobody held it
  }
  return { node: "-", run: "", age: 0 };
}

/** Rejects when `there` is no longer the key's newest entry. Gives the new revision. */
function write(bucket: KV, key: string, value: string, there: KvEntry | null): Promise<number> {
  return there ? bucket.update(key, value, there.revision) : bucket.create(key, value);
}
