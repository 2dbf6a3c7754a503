/** Who is online, and the one queue of all that is said. */
import { Channel } from "./channel.ts";
import type { Connection } from "./connection.ts";
import { encode } from "./lines.ts";

const QUEUE_BYTES = 256 * 1024; // a sixteenth of an outbox: so one burst alone cannot fill an outbox
const MAX_TURNS = 16; // with 4, 2,000 who come at once take three times as long; 64 is no faster

export interface Member {
  name: string;
  readonly connection: Connection;
}

type Message = Readonly<
  | { kind: "say"; user: Member; line: string }
  | { kind: "tell"; user: Member; line: string; to: Member }
  | { kind: "join"; user: Member; line: string }
  | { kind: "leave"; user: Member; line: string; farewell: string }
>;

export class Room {
  /** In the order they came. */
  readonly online = new Set<Member>();
  /** By {@link fold}ed name. */
  readonly #names = new Map<string, Member>();
  #lingerMs = 0;
  readonly messages = new Channel<Message>(QUEUE_BYTES, ({ line }) => Buffer.byteLength(line));

  async join(user: Member): Promise<void> {
    this.online.add(user);
    this.#names.set(fold(user.name), user);
    await this.messages.send({ kind: "join", user, line: frame(user, "online") });
  }

  /**
   * Off the list at once; what was said before still reaches the leaver, and then the farewell,
   * if there is one. A second call is harmless.
   */
  async leave(user: Member, farewell = ""): Promise<void> {
    if (!this.online.delete(user)) return;
    this.#giveUpName(user);
    const line = frame(user, "offline");
    const sent = await this.messages.send({ kind: "leave", user, line, farewell });
    if (!sent) this.online.add(user); // too late to leave: the broadcaster ends it with all others
  }

  /** False when another user has the name. Nothing is awaited between the check and the change. */
  rename(user: Member, name: string): boolean {
    if ((this.#names.get(fold(name)) ?? user) !== user) return false;
    this.#giveUpName(user);
    this.#names.set(fold(name), user);
    user.name = name;
    return true;
  }

  /** If the name is an address, a new connection may have the same one by now: then it is not ours to give up. */
  #giveUpName(user: Member): void {
    if (this.#names.get(fold(user.name)) === user) this.#names.delete(fold(user.name));
  }

  async broadcast(user: Member, text: string): Promise<void> {
    await this.messages.send({ kind: "say", user, line: frame(user, text) });
  }

  /** Whoever has the name, however it is written. */
  find(name: string): Member | undefined {
    return this.#names.get(fold(name));
  }

  /** Through the same queue as lines to all, so that everybody hears a sender's lines in order. */
  async tell(user: Member, to: Member, text: string): Promise<void> {
    await this.messages.send({ kind: "tell", user, to, line: `${user.name} says to you:${text}` });
  }

  /** The broadcaster task. It alone knows who hears, so nothing needs a lock. */
  async broadcaster(): Promise<void> {
    const audience = new Set<Member>();
    for await (const batch of this.messages.batches(MAX_TURNS)) {
      const lines: string[] = [];
      for (const message of batch) {
        const { user, line } = message;
        switch (message.kind) {
          case "say":
            if (audience.has(user)) lines.push(line); // unless it was kicked meanwhile
            break;
          case "tell":
            deliver(lines, audience); // what the sender said before goes out first
            if (audience.has(user)) message.to.connection.say(line);
            break;
          case "join":
            deliver(lines, audience); // what was said before is not for the newcomer
            audience.add(user);
            lines.push(line);
            break;
          case "leave":
            deliver(lines, audience); // what was said before is still for the leaver
            audience.delete(user);
            lines.push(line);
            if (message.farewell) user.connection.say(message.farewell);
            user.connection.close();
        }
      }
      deliver(lines, audience);
    }
    for (const { connection } of this.online)
      connection.close(this.#lingerMs, "server is shutting down");
  }

  /** What was said is still delivered, and then the farewell; each client has `lingerMs` to take it all. */
  close(lingerMs: number): void {
    this.#lingerMs = lingerMs;
    this.messages.close();
  }
}

function frame({ name, connection }: Member, text: string): string {
  return `[${connection.addr}]${name}:${text}`;
}

/** Names that differ only in case, width or composition (é as one character or two) are one name. */
function fold(name: string): string {
  return name.normalize("NFKC").toLowerCase().toUpperCase().normalize("NFKC");
}

/** One block for each user, not one for each line: a burst costs each outbox one entry. */
function deliver(lines: string[], audience: Set<Member>): void {
  if (lines.length === 0) return;
  const block = encode(lines.splice(0).join("\n"));
  for (const user of audience) user.connection.send(block);
}
