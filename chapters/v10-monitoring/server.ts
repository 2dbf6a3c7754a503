/** Accepts clients, and gives each two tasks of its own: one reads, one writes. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Connection } from "./connection.ts";
import { MAX_LINE, TOO_LONG } from "./lines.ts";
import { Room } from "./room.ts";
import { TaskGroup } from "./tasks.ts";
import { User } from "./user.ts";

export interface Settings {
  readonly idleSeconds: number;
}

export class Server {
  readonly tasks = new TaskGroup();
  readonly room = new Room();
  // allowHalfOpen: a client that has sent all and ended its side may still wait for the answer.
  readonly #listener = createServer({ allowHalfOpen: true, noDelay: true });
  readonly #sockets = new Set<Socket>();
  readonly #idleSeconds: number;
  /** The server is shutting down: it tells everybody, and accepts nobody. */
  closing = false;

  constructor({ idleSeconds }: Settings) {
    this.#idleSeconds = idleSeconds;
  }

  /** Serves until {@link close}. Rejects when the port is in use, or is not ours to take. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#listener.on("connection", (socket) => this.accept(socket));
    this.#listener.listen(port, host);
    await once(this.#listener, "listening");
    this.#listener.on("error", (error) => console.error(`cannot accept: ${error.message}`));
    this.tasks.go("broadcaster", () => this.room.broadcaster());
    return this.#listener.address() as AddressInfo;
  }

  /**
   * Accepts nobody any more, and tells everybody. A connection that is not over after `graceSeconds`
   * is cut off, whether it has read everything or not. `tasks` names those that did not end: a leak.
   */
  async close(graceSeconds = 5): Promise<{ users: number; cutOff: number; tasks: string[] }> {
    const users = this.room.online.size;
    let cutOff = 0;
    this.closing = true;
    this.#listener.close();
    this.room.close(graceSeconds * 1000);
    const ended = this.tasks.wait();
    if (!(await within(graceSeconds * 1000, ended))) {
      cutOff = this.#sockets.size;
      for (const socket of this.#sockets) socket.destroy();
      await within(1000, ended);
    }
    return { users, cutOff, tasks: this.tasks.running };
  }

  accept(socket: Socket): void {
    const connection = new Connection(socket);
    if (socket.remoteAddress === undefined) return void socket.destroy(); // gone before we looked
    this.#sockets.add(socket.once("close", () => this.#sockets.delete(socket)));
    this.tasks.go(`writer ${connection.addr}`, () => connection.writer());
    const user = new User(connection, this.room);
    this.tasks.go(`handler ${connection.addr}`, () => this.handle(user));
  }

  /** One user, from online to offline. */
  async handle(user: User): Promise<void> {
    await user.online();
    const seconds = this.#idleSeconds;
    const kick = () => this.tasks.go(`kick ${user.name}`, () => user.kick(`idle for ${seconds} s`));
    let overdue: NodeJS.Immediate | undefined;
    const idle = setTimeout(() => {
      overdue = setImmediate(kick); // lines that came while the event loop was busy are read first
    }, seconds * 1000);
    try {
      for await (const line of user.connection.lines()) {
        clearImmediate(overdue);
        idle.refresh();
        if (line === TOO_LONG) user.sendMsg(`line too long: at most ${MAX_LINE} bytes`);
        else await user.doMessage(line);
      }
    } finally {
      clearTimeout(idle);
      await user.offline();
    }
  }
}

/** Go's `context.WithTimeout`: false when the time is up before the work is done. */
async function within(ms: number, work: Promise<void>): Promise<boolean> {
  const cancel = new AbortController();
  const timeUp = after(ms, false, { signal: cancel.signal }).catch(() => false);
  const done = await Promise.race([work.then(() => true), timeUp]);
  cancel.abort(); // Go's `defer cancel()`: a timer that goes on would keep the process running
  return done;
}
