/** Who is online elsewhere: whatever is lost on the way, or comes twice, each sender is heard in order, and the list is right in the end. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v16-cluster/presence.ts");
type Presence = InstanceType<Module["Presence"]>;
type Envelope = Parameters<Presence["take"]>[0];
type Event = Envelope["events"][number];
type Heard = ReturnType<Presence["take"]> extends Generator<infer Each> ? Each : never;

const BEATS = 5;

/** A node as it should be: numbers its envelopes, and gives its state when it is asked. */
class Sender {
  readonly node: string;
  readonly users = new Map<number, string>();
  #run = 1;
  #seq = 0;
  #number = 0;

  constructor(node: string) {
    this.node = node;
  }

  tells(...events: Event[]): Envelope {
    return this.#envelope(events);
  }

  #envelope(events: readonly Event[]): Envelope {
    return { node: this.node, run: `run-${this.#run}`, seq: ++this.#seq, asks: [], events };
  }

  joins(id: number, name = ""): Event {
    this.users.set(id, name);
    return this.#on(id, name);
  }

  calls(id: number, name: string): Event {
    if (this.users.has(id)) this.users.set(id, name);
    return { kind: "name", id, name };
  }

  /** A line with the next number. */
  says(id: number): Event {
    return { kind: "say", id, text: `${++this.#number}` };
  }

  leaves(id: number): Event {
    this.users.delete(id);
    return { kind: "off", id };
  }

  /** In one envelope for each part. */
  state(presence: Presence, parts = 1): Envelope[] {
    const asked = presence.asks.filter(({ node }) => node === this.node);
    const all: Event[] = [
      { kind: "state", answers: asked.map(({ random }) => random) },
      ...[...this.users].map(([id, name]) => this.#on(id, name)),
      { kind: "whole" },
    ];
    const size = Math.ceil(all.length / parts);
    return Array.from({ length: parts }, (_, i) =>
      this.#envelope(all.slice(i * size, (i + 1) * size)),
    );
  }

  /** It is started again: nobody is there any more. */
  restarts(): void {
    this.#run++;
    this.#seq = 0;
    this.users.clear();
  }

  #on(id: number, name: string): Event & { kind: "on" } {
    return { kind: "on", id, addr: `${this.node}:${id}`, name, isProved: false };
  }
}

/** In words, so that they can be compared. */
function inWords(heard: Heard): string {
  const { kind, from } = heard;
  return [kind, from.name, ...("text" in heard ? [heard.text] : [])].join(" ");
}

/** Without `named`, which says nothing to users. Each in words at once: its user may take another name next. */
function hear(presence: Presence, ...envelopes: readonly Envelope[]): string[] {
  const lines: string[] = [];
  for (const each of envelopes)
    for (const heard of presence.take(each)) if (heard.kind !== "named") lines.push(inWords(heard));
  return lines;
}

const listOf = (presence: Presence) =>
  presence.users.map(({ node, id, name }) => `${node} ${id} ${name}`).sort();

const listIn = (...senders: readonly Sender[]) =>
  senders
    .flatMap(({ node, users }) =>
      [...users].map(([id, name]) => `${node} ${id} ${name || `${node}:${id}`}`),
    )
    .sort();

describe.each(variants("presence.ts"))("$id", async ({ url }) => {
  const { Presence }: Module = await import(url);

  /** A node that knows b, and b with two users. */
  function met() {
    const presence = new Presence("a");
    const b = new Sender("b");
    expect(hear(presence, b.tells(b.joins(1, "Mei")))).toEqual([]);
    b.joins(2);
    expect(hear(presence, ...b.state(presence)).sort()).toEqual(["on Mei", "on b:2"]);
    return { presence, b };
  }

  test("what a node says that was never heard of is not believed: it is asked how things stand", () => {
    const { presence } = met();
    expect(presence.asks).toEqual([]);
    const c = new Sender("c");
    expect(hear(presence, c.tells(c.joins(1), c.says(1)))).toEqual([]);
    expect(presence.asks.map(({ node }) => node)).toEqual(["c"]);
    expect([presence.knows("b"), presence.knows("c"), presence.nodes]).toEqual([true, false, 1]);
    expect(hear(presence, ...c.state(presence))).toEqual(["on c:1"]);
    expect([presence.knows("c"), presence.nodes]).toEqual([true, 2]);
  });

  test("what happens is heard in its order", () => {
    const { presence, b } = met();
    const events = [
      b.says(1),
      b.calls(1, "mei"),
      b.says(1),
      b.joins(3),
      b.leaves(2),
      b.calls(1, ""),
    ];
    const tell: Event = { kind: "tell", id: 3, node: "a", to: 7, text: "psst" };
    expect(hear(presence, b.tells(...events, tell), b.tells({ ...tell, node: "c" }))).toEqual([
      ...["say Mei 1", "say mei 2", "on b:3", "off b:2", "tell b:3 psst"],
    ]);
    expect(listOf(presence)).toEqual(listIn(b));
  });

  test("what says to be of this very node is not heard", () => {
    const presence = new Presence("a");
    const self = new Sender("a");
    expect(hear(presence, self.tells(self.joins(1)), self.tells(self.says(1)))).toEqual([]);
    expect([presence.asks, presence.users, presence.nodes]).toEqual([[], [], 0]);
  });

  test("one is missed: nothing is heard of what comes behind it, until the state has come", () => {
    const { presence, b } = met();
    b.tells(b.says(1), b.leaves(1), b.joins(3, "Bo"), b.calls(2, "Al"));
    expect(hear(presence, b.tells(b.says(2)), b.tells(b.says(2)))).toEqual([]);
    expect([presence.missed, presence.asks.length]).toEqual([2, 1]); // once when it was new
    expect(hear(presence, ...b.state(presence), b.tells(b.says(3)))).toEqual([
      ...["on Bo", "off Mei", "say Bo 4"],
    ]);
    expect(listOf(presence)).toEqual(listIn(b));
    expect(presence.asks).toEqual([]);
  });

  test("what stands before the state in its envelope was missed, what stands behind it was not", () => {
    const { presence, b } = met();
    b.tells();
    hear(presence, b.tells());
    const [state] = b.state(presence) as [Envelope];
    const events = [b.says(1), ...state.events, b.says(1)];
    expect(hear(presence, { ...state, events })).toEqual(["say Mei 2"]);
  });

  test("one comes twice, or an old one once more: it is heard once", () => {
    const { presence, b } = met();
    const [first, second] = [b.tells(b.says(1)), b.tells(b.says(1), b.joins(3), b.leaves(3))];
    const all = [first, first, second, first, second];
    expect(hear(presence, ...all)).toEqual(["say Mei 1", "say Mei 2", "on b:3", "off b:3"]);
    expect(presence.asks).toEqual([]);
  });

  test("a state in pieces: who is not in it is gone when it is whole, and not before", () => {
    const { presence, b } = met();
    b.tells(b.leaves(2));
    for (let id = 3; id < 9; id++) b.joins(id);
    hear(presence, b.tells());
    const pieces = b.state(presence, 3);
    const heard = pieces.map((each) => hear(presence, each));
    expect(heard.map((lines) => lines.includes("off b:2"))).toEqual([false, false, true]);
    expect(listOf(presence)).toEqual(listIn(b));
  });

  test("a piece of a state is missed: it is asked for once more, with another random text", () => {
    const { presence, b } = met();
    b.tells();
    hear(presence, b.tells());
    const before = presence.asks;
    const [head, , tail] = b.state(presence, 3) as [Envelope, Envelope, Envelope];
    b.users.delete(1);
    hear(presence, head, tail);
    expect(listOf(presence)).toContain("b 1 Mei");
    expect(presence.asks).toHaveLength(1);
    expect(presence.asks).not.toEqual(before);
    expect(hear(presence, ...b.state(presence, 2))).toEqual(["off Mei"]);
  });

  test("the state that another has asked for, or an old one, is not believed", () => {
    const { presence, b } = met();
    b.tells(b.leaves(1));
    hear(presence, b.tells());
    const [state] = b.state(presence) as [Envelope];
    const answers = ["drawn-by-c"];
    const others: Event[] = [{ kind: "state", answers }, { kind: "whole" }];
    expect(hear(presence, b.tells(...others))).toEqual([]);
    expect(listOf(presence)).toContain("b 1 Mei");
    expect(hear(presence, { ...state, seq: state.seq + 2 })).toEqual(["off Mei"]);
    expect(hear(presence, { ...state, seq: state.seq + 9 })).toEqual([]);
    expect(presence.asks).toHaveLength(1);
  });

  test("somebody else's question amid what is in order changes nothing", () => {
    const { presence, b } = met();
    const others: Event[] = [{ kind: "state", answers: ["drawn-by-c"] }, { kind: "whole" }];
    expect(hear(presence, b.tells(b.says(1), ...others, b.says(2)))).toEqual([
      ...["say Mei 1", "say b:2 2"],
    ]);
    expect(listOf(presence)).toEqual(listIn(b));
  });

  test("a new run is believed only with an answer; then those of the old one are gone", () => {
    const { presence, b } = met();
    b.restarts();
    expect(hear(presence, b.tells(b.joins(1, "Bo"), b.says(1)))).toEqual([]);
    expect(hear(presence, ...b.state(presence))).toEqual(["off Mei", "off b:2", "on Bo"]);
    expect(listOf(presence)).toEqual(listIn(b));
  });

  test("pieces of an old run neither bring anybody back nor stop the new one", () => {
    const presence = new Presence("a");
    const b = new Sender("b");
    const old = [b.tells()];
    hear(presence, ...old);
    b.joins(1, "Mei");
    old.push(...b.state(presence), b.tells(b.says(1)));
    hear(presence, ...old.slice(1));
    b.restarts();
    hear(presence, b.tells(b.joins(1, "Bo")));
    expect(hear(presence, ...b.state(presence))).toEqual(["off Mei", "on Bo"]);
    expect(hear(presence, ...old, ...old)).toEqual([]);
    expect(hear(presence, b.tells(b.says(1)))).toEqual(["say Bo 2"]);
    expect(hear(presence, ...b.state(presence), ...old)).toEqual([]);
    expect(listOf(presence)).toEqual(listIn(b));
  });

  test("silence is counted in beats: after five all its users are gone, with one word they stay", () => {
    const { presence, b } = met();
    const beats = (count: number) =>
      Array.from({ length: count }, () => [...presence.beat()].map(inWords)).flat();
    expect(beats(BEATS)).toEqual([]);
    expect(hear(presence, b.tells(b.says(1)))).toEqual(["say Mei 1"]);
    expect(beats(BEATS)).toEqual([]);
    expect(beats(1)).toEqual(["off Mei", "off b:2"]);
    expect([presence.nodes, listOf(presence), presence.find("Mei")]).toEqual([0, [], []]);
    expect(hear(presence, b.tells(b.says(1)))).toEqual([]);
    expect(hear(presence, ...b.state(presence)).sort()).toEqual(["on Mei", "on b:2"]);
  });

  test("a node that speaks, and never answers, is not asked for ever", () => {
    const { presence, b } = met();
    b.tells();
    for (let i = 0; i < BEATS; i++) {
      expect(hear(presence, b.tells(b.says(1)))).toEqual([]);
      expect([...presence.beat()]).toEqual([]);
    }
    expect([...presence.beat()].map(inWords).sort()).toEqual(["off Mei", "off b:2"]);
    expect(presence.asks).toEqual([]);
  });

  test("names are found however they are written, for as long as somebody has them", () => {
    const { presence, b } = met();
    const who = (name: string) => presence.find(name).map(({ id }) => id);
    expect([who("MEI"), who("Ｍei"), who("b:2"), who("nobody")]).toEqual([[1], [1], [2], []]);
    hear(presence, b.tells(b.calls(2, "mei")));
    expect([who("Mei"), who("b:2")]).toEqual([[1, 2], []]);
    hear(presence, b.tells(b.calls(1, "Bo"), b.leaves(2)));
    expect([who("Mei"), who("bo")]).toEqual([[], [1]]);
    hear(presence, b.tells(b.calls(1, "")));
    expect([who("bo"), who("b:1")]).toEqual([[], [1]]);
  });

  test("whoever may publish cannot fill the memory: nodes, asks and users are bounded", () => {
    const presence = new Presence("a");
    for (let i = 0; i < 3000; i++) hear(presence, new Sender(`n${i}`).tells());
    expect(presence.asks).toHaveLength(100);
    for (let i = 0; i <= BEATS; i++) expect([...presence.beat()]).toEqual([]);
    const b = new Sender("b");
    hear(presence, b.tells());
    expect(presence.asks.map(({ node }) => node)).toEqual(["b"]);
    for (let id = 0; id < 200_001; id++) b.joins(id);
    expect(hear(presence, ...b.state(presence))).toHaveLength(200_000);
    expect(presence.users).toHaveLength(200_000);
    expect(hear(presence, b.tells(b.says(200_000), b.leaves(200_000), b.leaves(0)))).toHaveLength(
      1,
    );
    expect(hear(presence, b.tells(b.joins(200_001)))).toHaveLength(1);
  }, 60_000);

  /** What may happen on the way between a node and another, and on the node itself. */
  const id = fc.integer({ min: 1, max: 3 });
  const from = fc.nat(1);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ does: fc.constant("say"), from, id }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("on", "off"), from, id }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("name"), from, id }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("state"), from, id }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("restart"), from, id }) },
    { weight: 8, arbitrary: fc.record({ does: fc.constant("arrive"), from, id }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("lose"), from, id }) },
    { weight: 2, arbitrary: fc.record({ does: fc.constant("again"), from, id: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ does: fc.constant("beat"), from, id }) },
  );
  type Step = typeof step extends fc.Arbitrary<infer Each> ? Each : never;

  /** Two nodes, and the way from each to the one that hears. */
  class World {
    readonly presence = new Presence("a");
    readonly heard: Heard[] = [];
    readonly senders = [new Sender("b"), new Sender("c")] as const;
    readonly #ways: readonly [Envelope[], Envelope[]] = [[], []];
    readonly #sent: Envelope[] = [];

    do({ does, from, id }: Step): void {
      const sender = this.senders[from] as Sender;
      const way = this.#ways[from] as Envelope[];
      const send = (...envelopes: Envelope[]) => {
        way.push(...envelopes);
        this.#sent.push(...envelopes);
      };
      const isOn = sender.users.has(id);
      if (does === "on" && !isOn) send(sender.tells(sender.joins(id)));
      if (does === "say" && isOn) send(sender.tells(sender.says(id), sender.says(id)));
      if (does === "name" && isOn) send(sender.tells(sender.calls(id, `x${this.#sent.length}`)));
      if (does === "off" && isOn) send(sender.tells(sender.leaves(id)));
      if (does === "state") send(...sender.state(this.presence, id));
      if (does === "restart") sender.restarts();
      if (does === "arrive") for (const each of way.splice(0, id)) this.#take(each);
      if (does === "lose") way.splice(0, id);
      const again = does === "again" && this.#sent[id % this.#sent.length];
      if (again) this.#take(again);
      if (does === "beat") this.heard.push(...this.presence.beat());
    }

    /** Nothing is lost any more: a beat of each shows what is missing, and then the state comes. */
    heal(): void {
      for (const way of this.#ways) for (const each of way.splice(0)) this.#take(each);
      for (const sender of this.senders) this.#take(sender.tells());
      for (const sender of this.senders)
        for (const each of sender.state(this.presence, 2)) this.#take(each);
    }

    #take(envelope: Envelope): void {
      this.heard.push(...this.presence.take(envelope));
    }
  }

  /** A sender's numbers grow; somebody is online once, and offline once, and speaks between the two. */
  function proveHeard(all: readonly Heard[]): void {
    const online = new Set<unknown>();
    const last = new Map<string, number>();
    for (const heard of all) {
      const { kind, from } = heard;
      expect(online.has(from), inWords(heard)).toBe(kind !== "on");
      if (kind === "on") online.add(from);
      if (kind === "off") online.delete(from);
      if (kind !== "say") continue;
      expect(Number(heard.text)).toBeGreaterThan(last.get(from.node) ?? 0);
      last.set(from.node, Number(heard.text));
    }
  }

  test("whatever is lost, mixed or repeated: in order, never twice, and right after the next state", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const world = new World();
        for (const each of steps) world.do(each);
        world.heal();
        proveHeard(world.heard);
        expect(listOf(world.presence)).toEqual(listIn(...world.senders));
        expect(world.presence.asks).toEqual([]);
      }),
      { numRuns: 500 },
    );
  }, 60_000);
});
