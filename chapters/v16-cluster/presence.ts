/** Who is online on the other nodes, as their envelopes tell it. It knows no NATS and no clock. */
import { randomBytes } from "node:crypto";
import type { Ask, Envelope, Event } from "./envelope.ts";
import { fold } from "./names.ts";

const BEATS = 5; // a node is gone after so many in silence: one may be late, garbage collection takes one at most
const MOST_NODES = 1000; // so that whoever may publish cannot fill our memory
const MOST_ASKS = 100; // 10 KB
const MOST_USERS = 200_000; // about 80 MB

/** A user of another node. */
export interface Elsewhere {
  readonly node: string;
  readonly id: number;
  readonly addr: string;
  name: string;
  readonly isProved: boolean;
}

/** What our own users are to hear of it. */
export type Heard = Readonly<
  | { kind: "on" | "off" | "named"; from: Elsewhere }
  | { kind: "say"; from: Elsewhere; text: string }
  | { kind: "tell"; from: Elsewhere; to: number; text: string }
>;

interface Node {
  run: string;
  seq: number;
  /** How many of our beats have passed since its last envelope. */
  silent: number;
  /** Set if it is new, or we missed something of it: we wait for the state that repeats this text. */
  random: string | undefined;
  readonly users: Map<number, Elsewhere>;
  /** While its state is coming: those of its users that the state has not named yet. */
  unnamed: Set<Elsewhere> | undefined;
}

export class Presence {
  readonly #self: string;
  readonly #nodes = new Map<string, Node>();
  /** By {@link fold}ed name. */
  readonly #names = new Map<string, Set<Elsewhere>>();
  #users = 0;
  /** How often something was missed. */
  missed = 0;

  constructor(self: string) {
    this.#self = self;
  }

  /** The other nodes that we hear. */
  get nodes(): number {
    return [...this.#nodes.values()].filter(({ seq }) => seq > 0).length;
  }

  get users(): Elsewhere[] {
    return [...this.#nodes.values()].flatMap(({ users }) => [...users.values()]);
  }

  /** Whoever has the name, however it is written: several devices, or two nodes that have just met again. */
  find(name: string): Elsewhere[] {
    return [...(this.#names.get(fold(name)) ?? [])];
  }

  /** A question to each node of which we missed something; only to the first ones, if they are many. */
  get asks(): Ask[] {
    const asking = [...this.#nodes].filter(([, { random }]) => random !== undefined);
    return asking.slice(0, MOST_ASKS).map(([node, { random = "" }]) => ({ node, random }));
  }

  /** True if its state is known. */
  knows(node: string): boolean {
    return (this.#nodes.get(node)?.seq ?? 0) > 0;
  }

  /** What our users hear of it; nothing if it is an old envelope, or if we missed one before it. */
  *take({ node: name, run, seq, events }: Envelope): Generator<Heard, void, undefined> {
    if (name === this.#self) return;
    const node = this.#nodes.get(name) ?? this.#meet(name);
    if (node === undefined || (run === node.run && seq <= node.seq)) return;
    const isNext = run === node.run && seq === node.seq + 1;
    const answer = events.findIndex((event) => isAnswer(event, node.random));
    if (!isNext && answer === -1) return this.#miss(node);
    if (run !== node.run) for (const user of node.users.values()) yield* this.#leave(node, user);
    Object.assign(node, { run, seq, silent: 0 });
    for (const event of isNext ? events : events.slice(answer))
      yield* this.#happen(name, node, event);
  }

  /** Once a second. Whoever has not been heard for some beats is gone, with all its users. */
  *beat(): Generator<Heard, void, undefined> {
    for (const [name, node] of this.#nodes) {
      node.silent++;
      if (node.silent <= BEATS) continue;
      this.#nodes.delete(name);
      for (const user of node.users.values()) yield* this.#leave(node, user);
    }
  }

  #miss(node: Node): void {
    if (node.random) return; // we have asked for its state already
    node.random = randomBytes(12).toString("base64url");
    this.missed++;
  }

  #meet(name: string): Node | undefined {
    if (this.#nodes.size === MOST_NODES) return undefined;
    const node: Node = {
      run: "",
      seq: 0,
      silent: 0,
      random: undefined,
      users: new Map(),
      unnamed: undefined,
    };
    this.#nodes.set(name, node);
    return node;
  }

  *#happen(name: string, node: Node, event: Event): Generator<Heard, void, undefined> {
    if (event.kind === "state") {
      if (!isAnswer(event, node.random)) return; // an answer to other nodes, not to us
      node.random = undefined;
      node.unnamed = new Set(node.users.values());
    } else if (event.kind === "whole") {
      for (const user of node.unnamed ?? []) yield* this.#leave(node, user);
      node.unnamed = undefined;
    } else if (event.kind === "on") {
      const { id, addr, isProved } = event;
      yield* this.#join(node, { node: name, id, addr, name: event.name || addr, isProved });
    } else {
      const from = node.users.get(event.id);
      if (from === undefined) return;
      if (event.kind === "off") yield* this.#leave(node, from);
      if (event.kind === "name") {
        this.#call(from, event.name || from.addr);
        yield { kind: "named", from };
      }
      if (event.kind === "say") yield { kind: "say", from, text: event.text };
      if (event.kind === "tell" && event.node === this.#self)
        yield { kind: "tell", from, to: event.to, text: event.text };
    }
  }

  *#join(node: Node, user: Elsewhere): Generator<Heard, void, undefined> {
    const known = node.users.get(user.id);
    if (known === undefined) {
      if (this.#users === MOST_USERS) return;
      this.#users++;
      node.users.set(user.id, user);
      this.#call(user, user.name);
      yield { kind: "on", from: user };
    } else {
      node.unnamed?.delete(known);
      this.#call(known, user.name);
    }
    yield { kind: "named", from: known ?? user };
  }

  *#leave(node: Node, user: Elsewhere): Generator<Heard, void, undefined> {
    this.#users--;
    node.users.delete(user.id);
    node.unnamed?.delete(user);
    this.#forget(user);
    yield { kind: "off", from: user };
  }

  #call(user: Elsewhere, name: string): void {
    this.#forget(user);
    user.name = name;
    this.#names.set(fold(name), new Set(this.#names.get(fold(name))).add(user));
  }

  #forget(user: Elsewhere): void {
    const all = this.#names.get(fold(user.name));
    if (all?.delete(user) && all.size === 0) this.#names.delete(fold(user.name));
  }
}

function isAnswer(event: Event, random: string | undefined): boolean {
  return event.kind === "state" && random !== undefined && event.answers.includes(random);
}
