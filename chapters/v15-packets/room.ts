/** Who is online, and the one queue of all that is said. */
import { Channel } from "./channel.ts";
import type { Connection, Ending } from "./connection.ts";
import { framed, type History, type Said } from "./history.ts";
import type { Why } from "./lines.ts";
import { Block } from "./wire.ts";

const QUEUE_BYTES = 256 * 1024; // a sixteenth of an outbox: so one burst alone cannot fill an outbox
const MAX_TURNS = 16; // with 4, 2,000 who come at once take three times as long; 64 is no faster

export interface Member {
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
  | { kind: "tell"; user: Member; line: string; to: ReadonlySet<Member> }
  | { kind: "join"; user: Member; line: string; missed: Missed | undefined }
  | { kind: "leave"; user: Member; line: string; farewell: string; why: Why }
  | { kind: "ask"; user: Member; line: ""; answer: () => void }
>;

/** What was said while a device was away, up to the moment of the call. */
export type Missed = () => Block | undefined;

type Queued = readonly [message: Message, at: number];

export class Room {
  readonly history: History | undefined;
  /** In the order they came. */
  readonly online = new Set<Member>();
  /** By {@link fold}ed name. */
  readonly #names = new Map<string, Set<Member>>();
  #lingerMs = 0;
  /** What has happened so far. Counting costs next to nothing; the metrics read the counts when asked. */
  readonly counts = {
    lines: { say: 0, tell: 0, join: 0, leave: 0, ask: 0 },
    left: { quit: 0, end: 0, reset: 0, kick: 0, "cut off": 0 },
    deliveries: 0,
  };
  /** Called for each message with the seconds from its sending until it was in the outboxes. */
  onDelivered = (_seconds: number): void => {};
  readonly messages = new Channel<Queued>(QUEUE_BYTES, ([{ line }]) => Buffer.byteLength(line));

  constructor(history?: History) {
    this.history = history;
  }

  /** One for each name, in the order they came: several devices are one user. */
  get users(): Member[] {
    const proved = new Set<string>();
    return [...this.online].filter(
      ({ name, isProved }) => !isProved || proved.size < proved.add(name).size,
    );
  }

  /** All hear of it if it is its user's first device. An older connection of the same device is ended. */
  async join(user: Member, missed?: Missed): Promise<void> {
    const others = user.isProved ? this.find(user.name) : undefined;
    this.online.add(user);
    this.#names.set(fold(user.name), new Set(others).add(user));
    const line = others ? "" : frame(user, "online");
    const joined = this.#send({ kind: "join", user, line, missed });
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
    const line = this.#giveUpName(user) ? frame(user, "offline") : "";
    const why = reason === "kick" ? "idle" : "well";
    const sent = await this.#send({ kind: "leave", user, line, farewell, why });
    if (sent) this.counts.left[reason]++;
    else this.online.add(user); // too late to leave: the broadcaster ends it with all others
  }

  /** False when another user has the name. Nothing is awaited between the check and the change. */
  rename(user: Member, name: string): boolean {
    const others = this.#names.get(fold(name));
    if (others && !others.has(user)) return false;
    this.#giveUpName(user);
    this.#names.set(fold(name), new Set([user]));
    user.name = name;
    return true;
  }

  /**
   * False when other devices of the user stay. If the name is an address, a new connection may have the same
   * one by now, and then the name is not ours to give up.
   */
  #giveUpName(user: Member): boolean {
    const devices = this.#names.get(fold(user.name));
    const isOurs = devices?.delete(user) === true;
    if (isOurs && devices.size === 0) this.#names.delete(fold(user.name));
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

  /** Through the same queue as lines to all, so that everybody hears a sender's lines in order. */
  async tell(user: Member, to: ReadonlySet<Member>, text: string): Promise<void> {
    await this.#send({
      kind: "tell",
      user,
      to: new Set(to),
      line: `${user.name} says to you:${text}`,
    });
  }

  /** Message and time as a pair: a copy of the message, `{ ...message, at }`, costs more than the rest of measuring. */
  async #send(message: Message): Promise<boolean> {
    const sent = await this.messages.send([message, performance.now()]);
    if (!sent) message.user.connection.isLeaving = true; // too late: neither said nor acknowledged
    return sent;
  }

  /** The broadcaster task. It alone knows who hears, so nothing needs a lock. */
  async broadcaster(): Promise<void> {
    const audience = new Set<Member>();
    for await (const batch of this.messages.batches(MAX_TURNS)) {
      const lines = new Lines();
      for (const [message] of batch) {
        const { user, line } = message;
        this.counts.lines[message.kind]++;
        switch (message.kind) {
          case "say":
            if (!audience.has(user)) break; // it was kicked meanwhile
            lines.add(line, this.history?.keep(message.said));
            break;
          case "tell":
            this.counts.deliveries += deliver(lines, audience); // what the sender said before goes out first
            if (!audience.has(user)) break;
            lines.add(line);
            this.counts.deliveries += deliver(lines, message.to);
            break;
          case "join":
            this.counts.deliveries += deliver(lines, audience); // what was said before is not for the newcomer
            audience.add(user);
            lines.add(line);
            this.counts.deliveries += this.#replay(message, lines, audience);
            break;
          case "ask":
            message.answer();
            break;
          case "leave":
            this.counts.deliveries += deliver(lines, audience); // what was said before is still for the leaver
            audience.delete(user);
            lines.add(line);
            user.connection.close(undefined, message.farewell, message.why);
        }
      }
      this.counts.deliveries += deliver(lines, audience);
      const now = performance.now();
      for (const [, at] of batch) this.onDelivered((now - at) / 1000);
    }
    this.history?.close(this.#lingerMs / 2); // so that a frozen store leaves time to end in order
    for (const user of this.online) this.#dismiss(user);
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

/** Names that differ only in case, width or composition (é as one character or two) are one name. */
function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
}

/** One block for each user, not one for each line: a burst costs each outbox one entry. Gives the deliveries. */
function deliver(lines: Lines, audience: ReadonlySet<Member>): number {
  if (lines.length === 0) return 0;
  const deliveries = lines.length * audience.size;
  const block = lines.take();
  for (const user of audience) user.connection.send(block);
  return deliveries;
}
