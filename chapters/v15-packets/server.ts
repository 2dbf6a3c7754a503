/** Accepts clients, and gives each two tasks of its own: one reads, one writes. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server as Listener, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { Connection } from "./connection.ts";
import type { History } from "./history.ts";
import { type Line, MAX_LINE, TOO_LONG } from "./lines.ts";
import { Login } from "./login.ts";
import { Room } from "./room.ts";
import { TaskGroup } from "./tasks.ts";
import { User } from "./user.ts";
import { WHEEL } from "./wheel.ts";
import { type Hello, LINES, type Wire } from "./wire.ts";

const KEEP_ALIVE_MS = 30_000; // as often as a WebSocket is pinged

export interface Settings {
  readonly idleSeconds: number;
  /** Open already; none if nothing is kept. */
  readonly history?: History | undefined;
  /** For {@link Login}. */
  readonly secret?: Buffer | undefined;
  readonly loginSeconds?: number;
}

export class Server {
  readonly tasks = new TaskGroup();
  readonly room: Room;
  readonly #listeners: Listener[] = [];
  readonly #sockets = new Set<Socket>();
  readonly #idleSeconds: number;
  readonly #loginSeconds: number;
  readonly #login: Login;
  /** Those that have not logged in yet. */
  readonly #strangers = new Set<User>();
  /** The server is shutting down: it tells everybody, and accepts nobody. */
  closing = false;
  /** Called for each ping that is answered, with the seconds that it took. */
  onPong = (_seconds: number): void => {};

  constructor({ idleSeconds, history, secret, loginSeconds = 30 }: Settings) {
    this.#idleSeconds = idleSeconds;
    this.#loginSeconds = loginSeconds;
    this.#login = new Login(secret);
    this.room = new Room(history);
  }

  /** Serves until {@link close}. Rejects when the port is in use, or is not ours to take. */
  async listen(host: string, port: number, wire = LINES): Promise<AddressInfo> {
    const listener = createServer({
      allowHalfOpen: true, // a client that has sent all and ended its side may still wait for the answer
      noDelay: true,
      keepAlive: true, // the system asks silent clients whether they are there: nothing else notices a pulled cable
      keepAliveInitialDelay: KEEP_ALIVE_MS,
    });
    listener.on("connection", (socket) => this.accept(socket, wire));
    listener.listen(port, host);
    if (wire !== LINES) listener.unref(); // this alone does not keep the process running
    await once(listener, "listening");
    listener.on("error", (error) => console.error(`cannot accept: ${error.message}`));
    if (this.#listeners.push(listener) === 1) this.#work();
    return listener.address() as AddressInfo;
  }

  #work(): void {
    this.tasks.go("broadcaster", () => this.room.broadcaster());
    const { history } = this.room;
    if (history) this.tasks.go("historian", () => history.historian());
  }

  /**
   * Accepts nobody any more, and tells everybody. A connection that is not over after `graceSeconds`
   * is cut off, whether it has read everything or not. `tasks` names those that did not end: a leak.
   */
  async close(graceSeconds = 5): Promise<{ users: number; cutOff: number; tasks: string[] }> {
    const users = this.room.users.length;
    let cutOff = 0;
    this.closing = true;
    for (const listener of this.#listeners) listener.close();
    this.#login.close();
    for (const user of this.#strangers) user.refuse("shutting down");
    this.room.close(graceSeconds * 1000);
    const ended = this.tasks.wait();
    if (!(await within(graceSeconds * 1000, ended))) {
      cutOff = this.#sockets.size;
      for (const socket of this.#sockets) socket.destroy();
      await within(1000, ended);
    }
    return { users, cutOff, tasks: this.tasks.running };
  }

  accept(socket: Socket, wire: Wire, decoder = wire.decoder()): Connection | undefined {
    if (socket.remoteAddress === undefined) return void socket.destroy(); // gone before we looked
    const connection = new Connection(socket, wire, decoder);
    this.#sockets.add(socket.once("close", () => this.#sockets.delete(socket)));
    this.tasks.go(`writer ${connection.addr}`, () => connection.writer());
    const user = new User(connection, this.room);
    this.tasks.go(`handler ${connection.addr}`, () => this.handle(user));
    return connection;
  }

  /** One connection, from its login, where there is one, to offline. */
  async handle(user: User): Promise<void> {
    const lines = user.connection.lines();
    const asks = this.#login.needed || user.connection.wire.asks;
    if (!asks || (await this.#loggedIn(user, lines))) return this.#talk(user, lines);
    user.connection.close(); // if the client has ended without sending anything
    for await (const _ of lines); // reads what still comes: bytes left unread would turn our end into a reset
  }

  async #loggedIn(user: User, lines: AsyncGenerator<Line | Hello>): Promise<boolean> {
    const limit = WHEEL.start(this.#loginSeconds * 1000, () => user.refuse("too late"));
    this.#strangers.add(user);
    try {
      const { value: first } = await lines.next();
      const isIn = first !== undefined && (await user.login(first, this.#login));
      return isIn && !user.connection.isLeaving;
    } finally {
      this.#strangers.delete(user);
      limit.stop();
    }
  }

  async #talk(user: User, lines: AsyncGenerator<Line | Hello>): Promise<void> {
    await user.online();
    const seconds = this.#idleSeconds;
    const idle = WHEEL.start(seconds * 1000, () =>
      this.tasks.go(`kick ${user.name}`, () => user.kick(`idle for ${seconds} s`)),
    );
    try {
      for await (const line of lines) {
        idle.touch();
        if (line === TOO_LONG) user.sendMsg(`line too long: at most ${MAX_LINE} bytes`);
        else if (typeof line === "string") await user.doMessage(line);
      }
    } finally {
      idle.stop();
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
