/** What a user can do: the business logic, apart from the sockets below and the server above. */
import type { Connection } from "./connection.ts";
import type { Room } from "./room.ts";

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
    if (line !== "") await this.#room.broadcast(this, line);
  }
}
