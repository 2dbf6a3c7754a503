/** Claims of several nodes on one store: whatever is in between, a name is held once, and in the end by who had it before. */
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { random } from "../harness/random.ts";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v16-cluster/claims.ts");
type Bus = ConstructorParameters<Module["Claims"]>[0];
type Claims = InstanceType<Module["Claims"]>;

const LEASE_MS = 8000;
const RENEW_MS = 2000;
const OLDER_MS = 1000; // about less nobody quarrels
const TURNS = 30; // of the event loop, in which no question is on its way
const ALONE = "NATS is away: this node goes on alone";

const turn = () => new Promise((resolve) => setImmediate(resolve));
const keyOf = (name: string) => Buffer.from(name).toString("base64url");

interface Stored {
  readonly value: string;
  readonly revision: number;
  readonly created: number;
  readonly operation: "PUT" | "DEL";
}

/** As NATS does it, in memory: keys with revisions, and a clock of its own. */
class Store {
  readonly nodes = new Bucket(this, LEASE_MS);
  readonly names = new Bucket(this, 60 * 60 * 1000);
  /** Questions so far, and those on their way. */
  asked = 0;
  pending = 0;
  revision = 0;
  #chance = random(1);

  get now(): number {
    return 1e12 + performance.now();
  }

  seed(seed: number): void {
    this.#chance = random(seed);
  }

  /** There and back, each as long as it may be. */
  async way<T>(bus: FakeBus, answer: () => T): Promise<T> {
    this.asked++;
    this.pending++;
    try {
      await this.#pass(bus);
      const given = answer();
      await this.#pass(bus);
      return given;
    } finally {
      this.pending--;
    }
  }

  async #pass(bus: FakeBus): Promise<void> {
    for (let turns = this.#chance(4); turns > 0; turns--) await turn();
    if (bus.isCut) throw Object.assign(new Error("timeout"), { name: "TimeoutError" });
  }
}

class Bucket {
  readonly #all = new Map<string, Stored>();
  readonly #store: Store;
  readonly #ttl: number;

  constructor(store: Store, ttl: number) {
    this.#store = store;
    this.#ttl = ttl;
  }

  at(key: string): Stored | undefined {
    const there = this.#all.get(key);
    return there && this.#store.now - there.created < this.#ttl ? there : undefined;
  }

  put(key: string, value: string, operation: Stored["operation"] = "PUT"): number {
    const [revision, created] = [++this.#store.revision, this.#store.now];
    this.#all.set(key, { value, operation, revision, created });
    return revision;
  }

  lose(): void {
    this.#all.clear();
  }

  /** As a node sees it. */
  through(bus: FakeBus) {
    const way = <T>(answer: () => T) => this.#store.way(bus, answer);
    const name = "JetStreamApiError";
    const race = () => Object.assign(new Error("wrong last sequence"), { name, code: 10_071 });
    const change = (key: string, value: string, previous: number, operation?: "DEL") =>
      way(() => {
        if ((this.at(key)?.revision ?? 0) !== previous) throw race();
        return this.put(key, value, operation);
      });
    return {
      get: (key: string) => way(() => this.#entry(key)),
      create: (key: string, value: string) => change(key, value, 0),
      update: (key: string, value: string, revision: number) => change(key, value, revision),
      delete: (key: string, { previousSeq }: { previousSeq: number }) =>
        change(key, "", previousSeq, "DEL"),
      keys: () => way(() => [...this.#all.keys()].filter((key) => this.at(key))),
    };
  }

  #entry(key: string) {
    const there = this.at(key);
    if (there === undefined) return null;
    const { value, revision, operation, created } = there;
    const more = { string: () => value, json: () => JSON.parse(value) };
    return { key, revision, operation, created: new Date(created), ...more };
  }
}

/** A node's way to the store. */
class FakeBus {
  isConnected = true;
  /** No question is answered. */
  isCut = false;
  onChange = () => {};
  trouble: Error | undefined;
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async buckets() {
    if (this.trouble) throw this.trouble;
    return { nodes: this.#store.nodes.through(this), names: this.#store.names.through(this) };
  }

  refusal(error: Error): Error {
    return error;
  }

  cut(): void {
    this.isCut = true;
    this.isConnected = false;
    this.onChange();
  }

  heal(): void {
    this.isCut = false;
    this.isConnected = true;
    this.onChange();
  }
}

const said: string[] = [];
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  vi.spyOn(console, "error").mockImplementation((line: string) => said.push(line));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  said.splice(0);
});

describe.each(variants("claims.ts"))("$id", async ({ url }) => {
  const { Claims }: Module = await import(url);

  /** A node, as far as it has names. */
  class Node {
    readonly bus: FakeBus;
    readonly claims: Claims;
    readonly names = new Set<string>();
    readonly lost: string[] = [];
    readonly won: string[] = [];
    kept = Promise.resolve();
    readonly #claiming = new Set<string>();

    constructor(store: Store, name: string, run = `run of ${name}`) {
      this.bus = new FakeBus(store);
      this.claims = new Claims(this.bus as unknown as Bus, name, run);
      this.claims.onLost = (lost) => {
        this.names.delete(lost);
        this.lost.push(lost);
      };
      this.claims.onWon = (won) => this.won.push(won);
    }

    async open(): Promise<this> {
      await this.claims.open();
      this.kept = this.claims.keep();
      return this;
    }

    /** As a room does, which asks for a name once at a time. */
    async claim(name: string): Promise<boolean> {
      const isFree = ![...this.names, ...this.#claiming].some(
        (own) => own.toUpperCase() === name.toUpperCase(),
      );
      if (!isFree) return false;
      this.#claiming.add(name);
      const isOurs = await this.claims.claim(name);
      this.#claiming.delete(name);
      if (isOurs) this.names.add(name);
      return isOurs;
    }

    release(name: string): void {
      this.names.delete(name);
      this.claims.release(name);
    }

    /** Its process is no more. */
    die(): void {
      this.bus.isCut = true;
      this.bus.isConnected = false;
    }
  }

  /** Until nobody has a question on its way. */
  async function settled(store: Store): Promise<void> {
    for (let idle = 0; idle < TURNS; idle = store.pending > 0 ? 0 : idle + 1) await turn();
  }

  async function pass(store: Store, ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= RENEW_MS / 2) {
      vi.advanceTimersByTime(Math.min(left, RENEW_MS / 2));
      await settled(store);
    }
  }

  async function opened(count: number) {
    const store = new Store();
    const nodes: Node[] = [];
    for (let i = 0; i < count; i++) nodes.push(await new Node(store, `node ${i}`).open());
    await settled(store);
    return { store, nodes };
  }

  async function two() {
    const { store, nodes } = await opened(2);
    return { store, a: nodes[0] as Node, b: nodes[1] as Node };
  }

  /** Each hears from the others who has what, as presence tells it. */
  async function meet(store: Store, ...nodes: readonly Node[]): Promise<void> {
    for (let i = 0; i < 3; i++) {
      for (const node of nodes)
        for (const other of nodes)
          if (other !== node) for (const name of other.names) node.claims.contest(name);
      await settled(store);
    }
  }

  test("of several who claim a name at once, exactly one has it", async () => {
    const { store, nodes } = await opened(3);
    for (let seed = 0; seed < 200; seed++) {
      store.seed(seed);
      const name = `name ${seed}`;
      const claims = nodes.flatMap((node) => [node.claims.claim(name)]);
      expect((await Promise.all(claims)).filter((isOurs) => isOurs)).toHaveLength(1);
    }
  });

  test("a name is one, however it is written; another's is refused until it is released", async () => {
    const { store, a, b } = await two();
    expect(await a.claim("Mei")).toBe(true);
    for (const name of ["Mei", "MEI", "Ｍei"]) expect(await b.claim(name), name).toBe(false);
    b.claims.release("mei"); // it has it not
    await settled(store);
    expect(await b.claim("Mei")).toBe(false);
    expect(await a.claims.claim("mei")).toBe(true);
    a.release("MEI");
    await settled(store);
    expect(await b.claim("Mei")).toBe(true);
    expect(await a.claim("Mei")).toBe(false);
  });

  test("released and claimed again at once, in whatever order that arrives", async () => {
    const { store, a, b } = await two();
    for (let seed = 0; seed < 100; seed++) {
      store.seed(seed);
      expect(await a.claim("Mei")).toBe(true);
      a.release("Mei");
      const again = a.claim("Mei");
      const other = b.claim("Mei");
      expect([await again, await other].filter((isOurs) => isOurs)).toHaveLength(1);
      for (const each of [a, b]) each.release("Mei");
      await settled(store);
    }
    expect(store.names.at(keyOf("MEI"))?.operation).toBe("DEL");
  });

  test("of a node that does not renew its lease the names are free, and not before", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    await pass(store, 3 * LEASE_MS);
    expect(await b.claim("Mei")).toBe(false);
    a.die();
    await pass(store, LEASE_MS - 2 * RENEW_MS);
    expect(await b.claim("Mei")).toBe(false);
    await pass(store, 2 * RENEW_MS);
    expect(await b.claim("Mei")).toBe(true);
  });

  test("what another run of the node held, nobody holds", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    a.die();
    await pass(store, LEASE_MS);
    const again = await new Node(store, "node 0", "another run").open();
    expect(await b.claim("Mei")).toBe(true);
    expect(await again.claim("Mei")).toBe(false);
  });

  test("a name that was claimed on both sides stays with the older claim, whoever comes back first", async () => {
    for (const first of [0, 1]) {
      const { store, a, b } = await two();
      for (const each of [a, b]) each.bus.cut();
      expect(await a.claim("Mei")).toBe(true);
      await pass(store, OLDER_MS);
      expect(await b.claim("mei")).toBe(true);
      for (const each of first === 0 ? [a, b] : [b, a]) {
        each.bus.heal();
        await settled(store);
      }
      await meet(store, a, b);
      expect([a.names, b.names]).toEqual([new Set(["Mei"]), new Set()]);
      expect([a.lost, b.lost, a.won.length]).toEqual([[], ["mei"], first]);
    }
  });

  test("claims that are hardly older do not take a name from each other", async () => {
    const { store, a, b } = await two();
    for (const each of [a, b]) each.bus.cut();
    await b.claim("Mei");
    await pass(store, 100);
    await a.claim("Mei");
    for (const each of [a, b]) {
      each.bus.heal();
      await settled(store);
    }
    await meet(store, a, b);
    expect([a.names.size, b.names.size, a.won, b.won]).toEqual([1, 0, [], []]);
  });

  test("a new claim takes a name from nobody, however slowly NATS answers", async () => {
    for (let seed = 0; seed < 100; seed++) {
      const { store, a, b } = await two();
      store.seed(seed);
      const claims = Promise.all([a.claim("Mei"), b.claim("Mei")]);
      for (let i = 0; i < 12; i++) {
        await turn();
        vi.advanceTimersByTime(OLDER_MS / 2);
      }
      expect((await claims).filter((isOurs) => isOurs)).toHaveLength(1);
      await meet(store, a, b);
      expect([a.lost, b.lost]).toEqual([[], []]);
    }
  });

  test("a node that was frozen has its names again if it had them before", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    await a.claim("Al");
    a.bus.isCut = true;
    await pass(store, LEASE_MS + RENEW_MS);
    expect(await b.claim("Mei")).toBe(true);
    a.bus.isCut = false;
    await pass(store, RENEW_MS);
    await meet(store, a, b);
    expect([a.names, b.lost]).toEqual([new Set(["Mei", "Al"]), ["Mei"]]);
    expect(await b.claim("Al")).toBe(false);
  });

  test("NATS has lost its store: who has a name keeps it", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    for (const each of [a, b]) each.bus.cut();
    for (const bucket of [store.nodes, store.names]) bucket.lose();
    for (const each of [b, a]) each.bus.heal();
    await settled(store);
    expect(await b.claim("Mei")).toBe(false);
    expect([a.lost, [...a.names]]).toEqual([[], ["Mei"]]);
  });

  test("what is released while NATS is away is free when it is back", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    a.bus.cut();
    a.release("Mei");
    expect(await b.claim("Mei")).toBe(false);
    a.bus.heal();
    await settled(store);
    expect([await b.claim("Mei"), a.lost]).toEqual([true, []]);
  });

  test("what is released, claimed and released again while NATS is away is free, too", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    a.bus.cut();
    a.release("Mei");
    expect(await a.claim("Mei")).toBe(true);
    a.release("Mei");
    a.bus.heal();
    await settled(store);
    expect(await b.claim("Mei")).toBe(true);
  });

  test("what another has taken meanwhile is not given up for it", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    a.bus.cut();
    await pass(store, LEASE_MS);
    expect(await b.claim("Mei")).toBe(true);
    a.release("Mei");
    a.bus.heal();
    await settled(store);
    expect(await a.claim("Mei")).toBe(false);
  });

  test("one releases a name while another, who had it before, comes back for it", async () => {
    for (let seed = 0; seed < 100; seed++) {
      const { store, a, b } = await two();
      a.bus.cut();
      await a.claim("Mei");
      await pass(store, OLDER_MS);
      await b.claim("Mei");
      store.seed(seed);
      said.splice(0);
      a.bus.heal();
      for (let turns = seed % 20; turns > 0; turns--) await turn();
      b.release("Mei");
      await settled(store);
      expect([said, [...a.names]]).toEqual([["NATS is back"], ["Mei"]]);
      expect(await b.claim("Mei")).toBe(false);
    }
  });

  test("what is claimed and released while NATS is away does not pile up", async () => {
    const { store, a } = await two();
    a.bus.cut();
    for (let i = 0; i < 5000; i++) {
      await a.claim(`name ${i}`);
      a.release(`name ${i}`);
    }
    const before = store.asked;
    a.bus.heal();
    await settled(store);
    expect(store.asked - before).toBeLessThan(10);
  });

  test("however often a name is contested, few questions are asked", async () => {
    const { store, a } = await two();
    await a.claim("Mei");
    const before = store.asked;
    for (let i = 0; i < 10_000; i++) a.claims.contest(i % 2 ? "Mei" : `name ${i}`);
    await settled(store);
    expect(store.asked - before).toBeLessThan(5);
    expect(a.lost).toEqual([]);
  });

  test("NATS is away: one line; back: one line; meanwhile every claim is granted", async () => {
    const { store, a, b } = await two();
    await b.claim("Mei");
    expect([a.claims.trouble, said]).toEqual([undefined, []]);
    a.bus.cut();
    expect(await a.claim("Mei")).toBe(true);
    await pass(store, 3 * RENEW_MS);
    expect([a.claims.trouble, said]).toEqual([ALONE, [ALONE]]);
    a.bus.heal();
    await settled(store);
    expect([a.claims.trouble, said]).toEqual([undefined, [ALONE, "NATS is back"]]);
  });

  test("NATS does not answer: said once, and it is tried again", async () => {
    const { store, a } = await two();
    a.bus.isCut = true;
    expect(await a.claim("Mei")).toBe(true);
    await pass(store, 3 * RENEW_MS);
    expect(said).toEqual(["names are not checked: NATS does not answer"]);
    a.bus.isCut = false;
    await pass(store, RENEW_MS);
    expect(said.slice(1)).toEqual(["NATS is back"]);
    expect(store.names.at(keyOf("MEI"))?.operation).toBe("PUT");
  });

  test("another node is called so: at the start it is refused, if the other one lives", async () => {
    const { store, a } = await two();
    const beats = setInterval(() => vi.advanceTimersByTime(100), 50); // so that the other one renews
    const second = new Node(store, "node 0", "another run");
    const refused = expect(second.claims.open()).rejects.toThrow(
      "--node node 0 is in use by another node",
    );
    await refused.finally(() => clearInterval(beats));
    expect(await a.claim("Mei")).toBe(true);
  });

  test("another node is called so: at the start it waits while the lease of a dead one runs out", async () => {
    const { store, a } = await two();
    a.die();
    await pass(store, LEASE_MS - 100);
    const second = new Node(store, "node 0", "another run");
    const opening = second.open();
    await settled(store);
    expect(store.nodes.at(keyOf("node 0"))?.value).toBe("run of node 0");
    vi.advanceTimersByTime(200);
    await opening;
    expect(store.nodes.at(keyOf("node 0"))?.value).toBe("another run");
  });

  test("another node is called so: it came while we were cut off, and we go on alone until it goes", async () => {
    const { store, a, b } = await two();
    a.bus.cut();
    await pass(store, LEASE_MS);
    const second = await new Node(store, "node 0", "another run").open();
    a.bus.heal();
    await settled(store);
    const words = "another node is called node 0: this one goes on alone";
    expect([a.claims.isTaken, a.claims.trouble]).toEqual([true, words]);
    await a.claim("Mei");
    expect(await b.claim("Mei")).toBe(true);
    second.claims.close();
    await second.kept;
    await pass(store, RENEW_MS);
    expect([a.claims.isTaken, a.claims.trouble]).toEqual([false, undefined]);
  });

  test("at its end a node gives its lease back, and nobody else's", async () => {
    const { store, a, b } = await two();
    await a.claim("Mei");
    a.claims.close();
    await a.kept;
    expect(store.nodes.at(keyOf("node 0"))?.operation).toBe("DEL");
    expect(await b.claim("Mei")).toBe(true);
    store.nodes.put(keyOf("node 1"), "another run");
    b.claims.close();
    await b.kept;
    expect(store.nodes.at(keyOf("node 1"))?.value).toBe("another run");
  });

  test("the other nodes are those with a lease", async () => {
    const { store, a, b } = await two();
    expect(await a.claims.nodes()).toEqual(["node 1"]);
    b.die();
    await pass(store, LEASE_MS);
    expect(await a.claims.nodes()).toEqual([]);
  });

  test("what somebody else has written to the store is as if nobody held the name", async () => {
    const { store, a } = await two();
    const wrong = [
      ...["", "no JSON", "null", "7", "[]", "{}", '{"node":7,"run":"run of node 1","age":0}'],
      ...['{"node":"node 1","run":null,"age":0}', '{"node":"node 1","run":"run of node 1"}'],
      '{"node":"node 1","run":"run of node 1","age":-1e9}',
    ];
    for (const [i, value] of wrong.entries()) {
      store.names.put(keyOf(`NAME ${i}`), value);
      expect(await a.claim(`name ${i}`), value).toBe(true);
    }
  });

  test("NATS will not do: at the start that is fatal, later it is said", async () => {
    const store = new Store();
    const node = new Node(store, "a");
    node.bus.trouble = Object.assign(new Error("no JetStream"), { name: "JetStreamNotEnabled" });
    await expect(node.claims.open()).rejects.toThrow("no JetStream");
    node.bus.trouble = undefined;
    await node.open();
    await settled(store);
    node.bus.trouble = Object.assign(new Error("no JetStream"), { name: "JetStreamNotEnabled" });
    node.bus.cut();
    node.bus.heal();
    await pass(store, RENEW_MS);
    expect(node.claims.trouble).toBe("names are not checked: no JetStream");
  });

  test("a fault of ours is not hidden", async () => {
    const { a } = await two();
    const fault = new TypeError("x is not a function");
    a.bus.cut();
    a.bus.trouble = fault;
    a.bus.heal();
    await expect(a.kept).rejects.toBe(fault);
  });

  const who = fc.nat(2);
  const name = fc.constantFrom("Al", "AL", "Bo");
  const act = fc.oneof(
    { weight: 4, arbitrary: fc.record({ does: fc.constant("claim"), who, name }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("release"), who, name }) },
    {
      weight: 3,
      arbitrary: fc.record({ does: fc.constantFrom("cut", "heal", "freeze"), who, name }),
    },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("NATS loses its store"), who, name }) },
    { weight: 3, arbitrary: fc.record({ does: fc.constantFrom("wait", "wait long"), who, name }) },
  );

  test("after whatever happened, a name is held once, and whoever holds it has it in the store", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 20 }), fc.nat(), async (acts, seed) => {
        said.splice(0);
        const { store, nodes } = await opened(3);
        store.seed(seed);
        for (const { does, who, name } of acts) {
          const node = nodes[who] as Node;
          if (does === "claim") void node.claim(name);
          if (does === "release" && node.names.has(name)) node.release(name);
          if (does === "cut") node.bus.cut();
          if (does === "heal") node.bus.heal();
          if (does === "freeze") node.bus.isCut = true;
          if (does === "NATS loses its store") {
            for (const { bus } of nodes) bus.cut();
            for (const bucket of [store.nodes, store.names]) bucket.lose();
          }
          if (does === "wait") await turn();
          if (does === "wait long") await pass(store, LEASE_MS / 2);
        }
        await settled(store);
        for (const { bus } of nodes) bus.heal();
        await pass(store, 2 * RENEW_MS);
        await meet(store, ...nodes);
        const held = nodes.flatMap(({ names }) => [...names].map((each) => each.toUpperCase()));
        expect(held.sort()).toEqual([...new Set(held)].sort());
        for (const [i, { names }] of nodes.entries())
          for (const each of names)
            expect(store.names.at(keyOf(each.toUpperCase()))?.value).toContain(`"node ${i}"`);
        expect(said.filter((line) => line.includes("wrong"))).toEqual([]); // a race is no trouble
        for (const { claims } of nodes) claims.close();
        await Promise.all(nodes.map(({ kept }) => kept));
      }),
      { numRuns: 100 },
    );
  }, 120_000);
});
