/** Accepts clients, and gives each two tasks of its own: one reads, one writes. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Connection } from "./connection.ts";
import { MAX_LINE, TOO_LONG } from "./lines.ts";
import { Room } from "./room.ts";
import { TaskGroup } from "./tasks.ts";
import { User } from "./user.ts";

export class Server {
  readonly tasks = new TaskGroup();
  readonly room = new Room();
  // allowHalfOpen: a client that has sent all and ended its side may still wait for the answer.
  readonly #listener = createServer({ allowHalfOpen: true, noDelay: true });

  /** Serves until {@link close}. Rejects when the port is in use, or is not ours to take. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#listener.on("connection", (socket) => this.accept(socket));
    this.#listener.listen(port, host);
    await once(this.#listener, "listening");
    this.#listener.on("error", (error) => console.error(`cannot accept: ${error.message}`));
    this.tasks.go("broadcaster", () => this.room.broadcaster());
    return this.#listener.address() as AddressInfo;
  }

  /** Ends every connection; when it resolves, no task is left. */
  async close(): Promise<void> {
    this.#listener.close();
    this.room.close();
    await this.tasks.wait();
  }

  accept(socket: Socket): void {
    const connection = new Connection(socket);
    if (socket.remoteAddress === undefined) return void socket.destroy(); // gone before we looked
    this.tasks.go(`writer ${connection.addr}`, () => connection.writer());
    const user = new User(connection, this.room);
    this.tasks.go(`handler ${connection.addr}`, () => this.handle(user));
  }

  /** One user, from online to offline. */
  async handle(user: User): Promise<void> {
    await user.online();
    try {
      for await (const line of user.connection.lines()) {
        if (line === TOO_LONG) user.sendMsg(`line too long: at most ${MAX_LINE} bytes`);
        else await user.doMessage(line);
      }
    } finally {
      await user.offline();
    }
  }
}
