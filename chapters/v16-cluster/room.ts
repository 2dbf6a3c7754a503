/** Who is online, and the one queue of all that is said. */
import { Channel } from "./channel.ts";
import type { Cluster } from "./cluster.ts";
import type { Connection, Ending } from "./connection.ts";
import { framed, type History, type Said } from "./history.ts";
import type { Why } from "./lines.ts";
import { fold } from "./names.ts";
import type { Elsewhere, Heard } from "./presence.ts";
import { Block } from "./wire.ts";

const QUEUE_BYTES = 256 * 1024; // a sixteenth of an outbox: so one burst alone cannot fill an outbox
const MAX_TURNS = 16; // with 4, 2,000 who come at once take three times as long; 64 is no faster

export interface Member {
  /** The number by which the other nodes know this user. */
  readonly id: number;
  name: string;
  readonly connection: Connection;
  /** Whether a token has proved the name: then several devices may have it. */
  readonly isProved: boolean;
  /** Empty if the client does not give one. */
  readonly device: string;
}

/** Why a user is no longer online. */
export type Reason = Ending | "quit" | "kick";

type Message = Readonly<
  | { kind: "say"; user: Member; line: string; said: Said }
  | { kind: "tell"; user: Member; line: string; to: Reach; text: string }
  | { kind: "join"; user: Member; line: string; name: string; missed: Missed | undefined }
  | { kind: "leave"; user: Member; line: string; farewell: string; why: Why }
  | { kind: "ask"; user: Member; line: ""; answer: () => void }
  | { kind: "name"; user: Member; line: ""; name: string }
  | { kind: "hear"; user?: undefined; line: string; said?: Said; to?: ReadonlySet<Member> }
>;

/** All devices of one name. */
interface Reach {
  readonly here: ReadonlySet<Member>;
  readonly there: readonly Elsewhere[];
}

/** What was said while a device was away, up to the moment of the call. */
export type Missed = () => Block | undefined;

type Queued = readonly [message: Message, at: number];

export class Room {
  readonly history: History | undefined;
  /** The other nodes, if there are any. */
  readonly cluster: Cluster | undefined;
  /** In the order they came. */
  readonly online = new Set<Member>();
  /** By {@link fold}ed name. */
  readonly #names = new Map<string, Set<Member>>();
  /** The folded names for which we are asking the cluster at the moment. */
  readonly #claimed = new Set<string>();
  #lingerMs = 0;
  /** What has happened so far. Counting costs next to nothing; the metrics read the counts when asked. */
  readonly counts = {
    lines: { say: 0, tell: 0, join: 0, leave: 0, ask: 0, name: 0, hear: 0 },
    left: { quit: 0, end: 0, reset: 0, kick: 0, "cut off": 0 },
    deliveries: 0,
  };
  /** Called for each message with the seconds from its sending until it was in the outboxes. */
  onDelivered = (_seconds: number): void => {};
  readonly messages = new Channel<Queued>(QUEUE_BYTES, ([{ line }]) => Buffer.byteLength(line));

  constructor(history?: History, cluster?: Cluster) {
    this.history = history;
    this.cluster = cluster;
    if (cluster === undefined) return;
    cluster.onHeard = (heard) => this.#hear(heard);
    cluster.claims.onLost = (name) => void this.#lose(name);
    cluster.claims.onWon = (name) => {
      for (const user of this.find(name) ?? [])
        void this.#send({ kind: "name", user, line: "", name: user.name });
    };
  }

  /** One for each name, in the order they came: several devices are one user. */
  get users(): Member[] {
    return onePerName(this.online);
  }

  /** Our users, and those of the other nodes. */
  get everybody(): { readonly addr: string; readonly name: string }[] {
    const here = [...this.online].map(({ name, isProved, connection }) => ({
      name,
      isProved,
      addr: connection.addr,
    }));
    const there = (this.cluster?.presence.users ?? []).map((user) => ({
      ...user,
      name: this.#nameOf(user),
    }));
    return onePerName([...here, ...there]);
  }

  /** All hear of it if it is its user's first device. An older connection of the same device is ended. */
  async join(user: Member, missed?: Missed): Promise<void> {
    const others = user.isProved ? this.find(user.name) : undefined;
    this.online.add(user);
    this.#names.set(fold(user.name), new Set(others).add(user));
    const line = others || this.#isElsewhere(user) ? "" : frame(user, "online");
    const joined = this.#send({ kind: "join", user, line, name: user.name, missed });
    for (const other of others ?? [])
      if (user.device !== "" && other.device === user.device)
        await this.leave(other, "quit", "you are here again");
    if (await joined) return;
    missed?.(); // must be called once, though nobody hears it
    this.#dismiss(user); // the broadcaster may have ended while the missed lines were read
  }

  /**
   * Off the list at once; what was said before still reaches the leaver, and then the farewell,
   * if there is one. A second call is harmless.
   */
  async leave(user: Member, reason: Reason, farewell = ""): Promise<void> {
    if (!this.online.delete(user)) return;
    user.connection.isLeaving = true;
    const isLast = this.#giveUpName(user) && !this.#isElsewhere(user);
    const line = isLast ? frame(user, "offline") : "";
    const why = reason === "kick" ? "idle" : "well";
    const sent = await this.#send({ kind: "leave", user, line, farewell, why });
    if (sent) this.counts.left[reason]++;
    else this.online.add(user); // too late to leave: the broadcaster ends it with all others
  }

  /**
   * False when another user has the name. Nobody else here can claim it while we ask the cluster; without
   * one, nothing is awaited between the check and the change.
   */
  async rename(user: Member, name: string): Promise<boolean> {
    const key = fold(name);
    const others = this.#names.get(key);
    if (others ? !others.has(user) : this.#claimed.has(key)) return false;
    if (this.cluster && others === undefined) {
      this.#claimed.add(key);
      const isOurs = await this.cluster.claim(name);
      this.#claimed.delete(key);
      if (!isOurs) return false;
      if (user.connection.isLeaving) this.cluster.claims.release(name); // it left while we asked
    }
    if (!user.connection.isLeaving) await this.#call(user, name);
    return true;
  }

  async #call(user: Member, name: string): Promise<void> {
    const isOther = fold(user.name) !== fold(name);
    if (isOther) this.#giveUpName(user);
    this.#names.set(fold(name), new Set([user]));
    user.name = name;
    if (this.cluster) await this.#send({ kind: "name", user, line: "", name });
  }

  /** A user of another node had the name before ours. */
  async #lose(name: string): Promise<void> {
    for (const user of [...(this.find(name) ?? [])]) {
      const { addr } = user.connection;
      user.connection.say(`name ${name} is another's, who had it before: you are ${addr} again`);
      await this.#call(user, addr);
    }
  }

  /**
   * False when other devices of the user stay. If the name is an address, a new connection may have the same
   * one by now, and then the name is not ours to give up.
   */
  #giveUpName(user: Member): boolean {
    const devices = this.#names.get(fold(user.name));
    const isOurs = devices?.delete(user) === true;
    if (isOurs && devices.size === 0) {
      this.#names.delete(fold(user.name));
      this.cluster?.claims.release(user.name);
    }
    return !isOurs || devices.size === 0;
  }

  async broadcast(user: Member, text: string): Promise<void> {
    const said = { addr: user.connection.addr, name: user.name, text };
    await this.#send({ kind: "say", user, line: framed(said), said });
  }

  /** What was said before the question is in the answer, and nothing that is said after it. */
  ask(user: Member, count: number, name?: string): Promise<readonly string[]> {
    return new Promise((give) => {
      const gone = () => user.connection.isGone;
      const answer = () => give(this.history?.recall(count, name, gone) ?? ["no history is kept"]);
      this.#send({ kind: "ask", user, line: "", answer }).then((sent) => sent || give([]));
    });
  }

  /** All devices of whoever has the name, however it is written. */
  find(name: string): ReadonlySet<Member> | undefined {
    return this.#names.get(fold(name));
  }

  /** All devices with this name, here and on other nodes. */
  reach(name: string): Reach {
    const here = this.find(name) ?? new Set();
    const there = this.cluster?.presence.find(name) ?? [];
    return { here, there: there.filter((user) => this.#nameOf(user) === user.name) };
  }

  /** Through the same queue as lines to all, so that everybody hears a sender's lines in order. */
  async tell(user: Member, { here, there }: Reach, text: string): Promise<void> {
    const to = { here: new Set(here), there };
    await this.#send({ kind: "tell", user, to, text, line: `${user.name} says to you:${text}` });
  }

  /** What has happened on another node. Waits while the queue is full. */
  async #hear(heard: Heard): Promise<void> {
    if (heard.kind === "named") return this.#meet(heard.from.name);
    const message = this.#messageOf(heard);
    if (message) await this.messages.send([message, performance.now()]);
  }

  #messageOf(heard: Exclude<Heard, { kind: "named" }>): (Message & { kind: "hear" }) | undefined {
    const { kind, from } = heard;
    const said = { addr: from.addr, name: this.#nameOf(from) };
    switch (kind) {
      case "on":
      case "off":
        if (this.#isHereToo(from)) return undefined;
        return { kind: "hear", line: framed({ ...said, text: `${kind}line` }) };
      case "say":
        return {
          kind: "hear",
          line: framed({ ...said, text: heard.text }),
          said: { ...said, text: heard.text },
        };
      case "tell": {
        const to = new Set([...this.online].filter(({ id }) => id === heard.to));
        return { kind: "hear", line: `${said.name} says to you:${heard.text}`, to };
      }
    }
  }

  /** Somebody on another node has this name. */
  #meet(name: string): void {
    if (this.find(name)) this.cluster?.claims.contest(name);
  }

  /** A user of another node is never shown under a name that a different user has here, whoever keeps it in the end. */
  #nameOf({ node, addr, name, isProved }: Elsewhere): string {
    const [ours] = this.find(name) ?? [];
    return ours === undefined || (ours.isProved && isProved) ? name : `${addr}@${node}`;
  }

  /** Another device of the same user is on another node. */
  #isElsewhere({ name, isProved }: Member): boolean {
    return isProved && this.cluster?.presence.find(name).some((user) => user.isProved) === true;
  }

  #isHereToo(from: Elsewhere): boolean {
    const others = this.cluster?.presence.find(from.name).filter((user) => user !== from) ?? [];
    return (
      from.isProved && [...(this.find(from.name) ?? []), ...others].some((user) => user.isProved)
    );
  }

  /** Message and time as a pair: a copy of the message, `{ ...message, at }`, costs more than the rest of measuring. */
  async #send(message: Message): Promise<boolean> {
    const sent = await this.messages.send([message, performance.now()]);
    if (!sent && message.user) message.user.connection.isLeaving = true; // too late: neither said nor acknowledged
    return sent;
  }

  /** The broadcaster task. It alone knows who hears, so nothing needs a lock. */
  async broadcaster(): Promise<void> {
    const audience = new Set<Member>();
    for await (const batch of this.messages.batches(MAX_TURNS)) {
      const lines = new Lines();
      for (const [message] of batch) {
        this.counts.lines[message.kind]++;
        if (message.kind === "hear") {
          this.counts.deliveries += this.#pass(message, lines, audience);
          continue;
        }
        const { user, line } = message;
        switch (message.kind) {
          case "say":
            if (!audience.has(user)) break; // it was kicked meanwhile
            lines.add(line, this.history?.keep(message.said));
            this.cluster?.publish({ kind: "say", id: user.id, text: message.said.text });
            break;
          case "name":
            if (audience.has(user))
              this.cluster?.publish({ kind: "name", id: user.id, name: shown(message).name });
            break;
          case "tell":
            this.counts.deliveries += deliver(lines, audience); // what the sender said before goes out first
            if (!audience.has(user)) break;
            lines.add(line);
            this.counts.deliveries += deliver(lines, message.to.here);
            for (const { node, id: to } of message.to.there)
              this.cluster?.publish({ kind: "tell", id: user.id, node, to, text: message.text });
            break;
          case "join":
            this.counts.deliveries += deliver(lines, audience); // what was said before is not for the newcomer
            audience.add(user);
            this.cluster?.publish({ kind: "on", ...shown(message) });
            lines.add(line);
            this.counts.deliveries += this.#replay(message, lines, audience);
            break;
          case "ask":
            message.answer();
            break;
          case "leave":
            this.counts.deliveries += deliver(lines, audience); // what was said before is still for the leaver
            if (audience.delete(user)) this.cluster?.publish({ kind: "off", id: user.id });
            lines.add(line);
            user.connection.close(undefined, message.farewell, message.why);
        }
      }
      this.counts.deliveries += deliver(lines, audience);
      const now = performance.now();
      for (const [, at] of batch) this.onDelivered((now - at) / 1000);
    }
    this.cluster?.close();
    this.history?.close(this.#lingerMs / 2); // so that a frozen store leaves time to end in order
    for (const user of this.online) this.#dismiss(user);
  }

  /** A line from another node: to all, or to one of our users, after what was said before. */
  #pass(
    { line, said, to }: Message & { kind: "hear" },
    lines: Lines,
    audience: ReadonlySet<Member>,
  ): number {
    const before = to ? deliver(lines, audience) : 0;
    lines.add(line, said && this.history?.keep(said));
    return to ? before + deliver(lines, to) : before;
  }

  #dismiss({ connection }: Member): void {
    connection.close(this.#lingerMs, "server is shutting down", "shutting down");
  }

  /** After its own "online": what it missed, or what a newcomer hears. */
  #replay(
    { user, missed }: Message & { kind: "join" },
    lines: Lines,
    audience: Set<Member>,
  ): number {
    const block = missed ? missed() : this.history?.replay;
    if (block === undefined) return 0;
    const deliveries = deliver(lines, audience);
    user.connection.send(block);
    return deliveries;
  }

  /** What was said is still delivered, and then the farewell; each client has `lingerMs` to take it all. */
  close(lingerMs: number): void {
    this.#lingerMs = lingerMs;
    this.messages.close();
  }
}

/** The lines that the broadcaster delivers next; those that the history keeps have a number. */
class Lines {
  #lines: string[] = [];
  #numbers: number[] = [];

  add(line: string, number = 0): void {
    if (line === "") return; // another device of the same user came or went
    this.#lines.push(line);
    this.#numbers.push(number);
  }

  get length(): number {
    return this.#lines.length;
  }

  take(): Block {
    const block = new Block(this.#lines, this.#numbers);
    this.#lines = [];
    this.#numbers = [];
    return block;
  }
}

function frame({ name, connection }: Member, text: string): string {
  return framed({ addr: connection.addr, name, text });
}

/** What the other nodes are told: with the name that it had then, for it may have another one by now. */
function shown({ user, name }: { readonly user: Member; readonly name: string }) {
  const { id, isProved, connection } = user;
  return { id, addr: connection.addr, name: name === connection.addr ? "" : name, isProved };
}

/** Of several devices that have proved one name, only the first stays. */
function onePerName<Someone extends { name: string; isProved: boolean }>(
  all: Iterable<Someone>,
): Someone[] {
  const proved = new Set<string>();
  return [...all].filter(({ name, isProved }) => !isProved || proved.size < proved.add(name).size);
}

/** One block for each user, not one for each line: a burst costs each outbox one entry. Gives the deliveries. */
function deliver(lines: Lines, audience: ReadonlySet<Member>): number {
  if (lines.length === 0) return 0;
  const deliveries = lines.length * audience.size;
  const block = lines.take();
  for (const user of audience) user.connection.send(block);
  return deliveries;
}
