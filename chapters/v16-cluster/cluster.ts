/** One room on several nodes: what happens here is published, and what the others publish is heard. */
import { randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { Bus } from "./bus.ts";
import { Channel } from "./channel.ts";
import { Claims } from "./claims.ts";
import { type Ask, type Event, open, seal } from "./envelope.ts";
import { type Heard, Presence } from "./presence.ts";
import type { TaskGroup } from "./tasks.ts";

const SUBJECTS = "chat.*";
const BEAT_MS = 1000;
const QUEUE_BYTES = 8 * 1024 * 1024; // as much as two nodes like this one say in a second of a flood
const EVENT_BYTES = 100; // what an event takes besides its text
const PIECE_BYTES = 48 * 1024; // less than half of the longest envelope: in JSON, a quotation mark takes two bytes
const GATHER_MS = 100; // we wait so long for more nodes that ask for our state, and send it once for all of them
const MOST_ASKING = 100; // any further nodes ask again
const MEET_MS = 2000; // people do not wait longer for the chat to start

/** Queued once a second, and no event: the others hear that we are alive, and we count for how long each is silent. */
const BEAT = undefined;

export class Cluster {
  readonly node: string;
  readonly presence: Presence;
  readonly claims: Claims;
  /** Called with what our users must hear; the next call comes when this one is done. */
  onHeard = async (_heard: Heard): Promise<void> => {};
  /** Called with the seconds that each envelope took to NATS and back. */
  onPublished = (_seconds: number): void => {};
  /** Events that did not fit into our queue, and envelopes that we refused. */
  readonly counts = { dropped: 0, refused: 0 };
  readonly bus: Bus;
  readonly #secret: Buffer | undefined;
  readonly #run = randomBytes(12).toString("base64url");
  #seq = 0;
  /** Our users, as the others know them once they have heard all that is queued. */
  readonly #users = new Map<number, Event & { kind: "on" }>();
  readonly #outbox = new Channel<Event | typeof BEAT>(QUEUE_BYTES, sizeOf);
  readonly #inbox = new Channel<readonly [string, Buffer] | typeof BEAT>(QUEUE_BYTES, (piece) =>
    piece ? EVENT_BYTES + piece[1].length : 0,
  );
  /** The nodes that ask for our state, each with the random text that our answer must repeat. */
  readonly #asking = new Map<string, string>();
  /** Nodes that know our state. */
  readonly #told = new Set<string>();
  #beat: NodeJS.Timeout | undefined;

  constructor(bus: Bus, node: string, secret?: Buffer) {
    this.bus = bus;
    this.node = node;
    this.#secret = secret;
    this.presence = new Presence(node);
    this.claims = new Claims(bus, node, this.#run);
    bus.onBytes = (subject, bytes) => this.#inbox.trySend([subject, bytes]); // if full, the next one shows the gap
  }

  /**
   * Waits until this node and the others know each other, but not longer than people wait; NATS may be
   * away. Rejects when NATS refuses us, or another node has our name. Its tasks end when it is closed.
   */
  async open(tasks: TaskGroup): Promise<void> {
    try {
      await this.bus.open(SUBJECTS);
      await this.claims.open();
    } catch (error) {
      await this.bus.close();
      throw error;
    }
    this.#work(tasks);
    this.#beats();
    this.#beat = setInterval(() => this.#beats(), BEAT_MS).unref();
    const others = await this.claims.nodes();
    const all = () => others.every((node) => this.#told.has(node) && this.presence.knows(node));
    for (let ms = 0; ms < MEET_MS && !all(); ms += GATHER_MS) await after(GATHER_MS);
  }

  #beats(): void {
    this.#outbox.trySend(BEAT);
    this.#inbox.trySend(BEAT);
  }

  /** False when another node has it. If NATS cannot be asked, we decide by what we hear of the others. */
  async claim(name: string): Promise<boolean> {
    const isOurs = await this.claims.claim(name);
    if (!isOurs || this.claims.hasLease || this.presence.find(name).length === 0) return isOurs;
    this.claims.release(name);
    return false;
  }

  /** Never waits. If the queue is full, the others miss the event, notice that, and ask for our state. */
  publish(event: Event): void {
    if (event.kind === "on") this.#users.set(event.id, event);
    if (event.kind === "off") this.#users.delete(event.id);
    const user = event.kind === "name" && this.#users.get(event.id);
    if (user) this.#users.set(user.id, { ...user, name: event.name });
    this.#send(event);
  }

  #send(event: Event): void {
    if (this.#outbox.trySend(event)) return;
    this.#seq++; // a gap in the numbers: so the others know that something is missing
    this.counts.dropped++;
  }

  #work(tasks: TaskGroup): void {
    const kept = this.claims.keep();
    tasks.go("leaseholder", () => kept);
    tasks.go("listener", () => this.listener());
    tasks.go("publisher", async () => {
      await this.publisher();
      await kept;
      await this.bus.close();
    });
  }

  /** What happens while one envelope is on its way to NATS goes into the next. */
  async publisher(): Promise<void> {
    for await (const events of this.#outbox.batches()) {
      for (const piece of piecesOf(events)) {
        const { asks } = this.presence;
        const envelope = { node: this.node, run: this.#run, seq: ++this.#seq, asks, events: piece };
        if (this.claims.isTaken) continue;
        const from = performance.now();
        const isOut = await this.bus.publish(subjectOf(this.node), seal(envelope, this.#secret));
        if (isOut) this.onPublished((performance.now() - from) / 1000);
      }
    }
  }

  async listener(): Promise<void> {
    for await (const pieces of this.#inbox.batches())
      for (const piece of pieces)
        for (const heard of piece === BEAT ? this.presence.beat() : this.#hear(...piece))
          await this.onHeard(heard);
  }

  *#hear(subject: string, bytes: Buffer): Generator<Heard, void, undefined> {
    const envelope = open(bytes, this.#secret);
    if (envelope === undefined || subjectOf(envelope.node) !== subject) return this.#refuse();
    for (const { node, random } of envelope.asks)
      if (node === this.node) this.#asked({ node: envelope.node, random });
    const { missed } = this.presence;
    yield* this.presence.take(envelope);
    if (this.presence.missed > missed) this.#outbox.trySend(BEAT); // so that our question goes out at once
  }

  #refuse(): void {
    if (this.counts.refused++ > 0) return;
    console.error(
      "the bus carries what is not ours: another secret, another version, or a stranger",
    );
  }

  #asked({ node, random }: Ask): void {
    if (this.#asking.size === 0) setTimeout(() => this.#tellState(), GATHER_MS).unref();
    if (this.#asking.size < MOST_ASKING) this.#asking.set(node, random);
  }

  /** Sends all our users, for the nodes that have asked: they are new, or have missed something. */
  #tellState(): void {
    this.#send({ kind: "state", answers: [...this.#asking.values()] });
    for (const user of this.#users.values()) this.#send(user);
    this.#send({ kind: "whole" });
    for (const node of this.#asking.keys()) this.#told.add(node);
    this.#asking.clear();
  }

  /** Tells the others that all our users are gone, and lets the tasks end. */
  close(): void {
    clearInterval(this.#beat);
    for (const id of [...this.#users.keys()]) this.publish({ kind: "off", id });
    this.#outbox.close();
    this.#inbox.close();
    this.claims.close();
  }
}

function subjectOf(node: string): string {
  return `chat.${Buffer.from(node).toString("base64url")}`;
}

function sizeOf(event: Event | typeof BEAT): number {
  const text =
    event === BEAT ? "" : "text" in event ? event.text : "name" in event ? event.name : "";
  return EVENT_BYTES + Buffer.byteLength(text);
}

/** As many events together as fit into an envelope; if there are only beats, one empty envelope. */
function* piecesOf(events: readonly (Event | typeof BEAT)[]): Generator<Event[], void, undefined> {
  let piece: Event[] = [];
  let bytes = 0;
  for (const event of events) {
    if (event === BEAT) continue;
    bytes += sizeOf(event);
    if (bytes > PIECE_BYTES) {
      yield piece;
      piece = [];
      bytes = sizeOf(event);
    }
    piece.push(event);
  }
  yield piece;
}
