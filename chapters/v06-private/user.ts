/** What a user can do: the business logic, apart from the sockets below and the server above. */
import type { Connection } from "./connection.ts";
import type { Room } from "./room.ts";

// Invisible characters would let names look alike: C, DI, and five blanks that are in neither.
const NAME = /^(?!\p{M})[^|:[\]\s\p{C}\p{DI}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]{1,32}$/u;

export class User {
  name: string;
  readonly connection: Connection;
  readonly #room: Room;

  constructor(connection: Connection, room: Room) {
    this.name = connection.addr;
    this.connection = connection;
    this.#room = room;
  }

  async online(): Promise<void> {
    await this.#room.join(this);
  }

  async offline(): Promise<void> {
    await this.#room.leave(this);
  }

  /** To this user alone. */
  sendMsg(text: string): void {
    this.connection.say(text);
  }

  /** One line that this user typed. */
  async doMessage(line: string): Promise<void> {
    if (line === "who" || line === "who online") this.who();
    else if (line.startsWith("rename|")) this.rename(line.slice("rename|".length));
    else if (line.startsWith("to|")) await this.tell(line);
    else if (line !== "") await this.#room.broadcast(this, line);
  }

  who(): void {
    const lines = [...this.#room.online].map(
      ({ name, connection }) => `[${connection.addr}]${name}:online...`,
    );
    this.sendMsg(lines.join("\n"));
  }

  rename(name: string): void {
    if (!NAME.test(name.normalize("NFKC"))) {
      this.sendMsg("invalid name: 1 to 32 visible characters, no white space, none of | : [ ]");
    } else if (!this.#room.rename(this, name)) {
      this.sendMsg(`name ${name} is taken`);
    } else {
      this.sendMsg(`you are now ${name}`);
    }
  }

  /** `to|name|text`; the text may hold a `|` itself. */
  async tell(line: string): Promise<void> {
    const [, name, text] = /^to\|([^|]+)\|(.*)$/s.exec(line) ?? [];
    const user = this.#room.find(name ?? "");
    if (text === undefined) this.sendMsg("usage: to|name|text");
    else if (user === undefined) this.sendMsg(`no user named ${name}`);
    else if (text === "") this.sendMsg("nothing to send");
    else await this.#room.tell(this, user, text);
  }
}
