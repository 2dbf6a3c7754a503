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
  | { kind: "join"; user: Member; line: string }
  | { kind: "leave"; user: Member; line: string }
>;

export class Room {
  /** In the order they came. */
  readonly online = new Set<Member>();
  readonly messages = new Channel<Message>(QUEUE_BYTES, ({ line }) => Buffer.byteLength(line));

  async join(user: Member): Promise<void> {
    this.online.add(user);
    await this.messages.send({ kind: "join", user, line: frame(user, "online") });
  }

  /** Off the list at once; what was said before still reaches the leaver. A second call is harmless. */
  async leave(user: Member): Promise<void> {
    if (!this.online.delete(user)) return;
    const line = frame(user, "offline");
    const sent = await this.messages.send({ kind: "leave", user, line });
    if (!sent) this.online.add(user); // too late to leave: the broadcaster ends it with all others
  }

  async broadcast(user: Member, text: string): Promise<void> {
    await this.messages.send({ kind: "say", user, line: frame(user, text) });
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
            lines.push(line);
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
            user.connection.close();
        }
      }
      deliver(lines, audience);
    }
    for (const user of this.online) user.connection.close();
  }

  /** What has been said is still delivered; then everybody's connection is closed. */
  close(): void {
    this.messages.close();
  }
}

function frame({ name, connection }: Member, text: string): string {
  return `[${connection.addr}]${name}:${text}`;
}

/** One block for each user, not one for each line: a burst costs each outbox one entry. */
function deliver(lines: string[], audience: Set<Member>): void {
  if (lines.length === 0) return;
  const block = encode(lines.splice(0).join("\n"));
  for (const user of audience) user.connection.send(block);
}
