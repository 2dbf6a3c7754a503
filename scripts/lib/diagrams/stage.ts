/** The stage of one scene: a server and its clients in this process, of which an observer watches the one or the other. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Event } from "../../../chapters/v16-cluster/envelope.ts";
import { FakeTerminal } from "../../../test/harness/terminal.ts";
import { Host, type Setup, settled, sit } from "./load.ts";
import type { Observer } from "./observe.ts";
import type { Shelf } from "./shelf.ts";

export class Stage {
  readonly observer: Observer;
  /** Addresses by the names that the picture shows. */
  readonly names = new Map<string, string>();
  readonly #host: Host;
  /** Clients by name, and the server's end of each. */
  readonly #sockets = new Map<string, Socket>();
  readonly #served = new Map<string, Socket>();
  /** At the course's client sits alice. */
  readonly #terminal = new FakeTerminal();
  #client = Promise.resolve();
  /** Whose connection the server accepts next. */
  #newcomer = "alice";

  /** The server is there already. */
  static async open(observer: Observer, folder: string, setup: Setup = {}): Promise<Stage> {
    const stage = new Stage(observer, folder, setup);
    await observer.watch(folder);
    await stage.serve();
    return stage;
  }

  private constructor(observer: Observer, folder: string, setup: Setup) {
    this.observer = observer;
    const greet = (socket: Socket) => {
      this.names.set(`${socket.remoteAddress}:${socket.remotePort}`, this.#newcomer);
      this.#served.set(this.#newcomer, socket);
    };
    this.#host = new Host(folder, greet, setup);
  }

  serve(): Promise<void> {
    return this.#host.open((run, actor) => this.observer.onStage("server", run, actor));
  }

  async stopServing(): Promise<void> {
    await this.observer.onStage("server", () => this.#host.close());
    await this.settle();
  }

  /** Connects clients, and waits each time until everybody has heard of it. */
  async connect(...names: string[]): Promise<void> {
    for (const name of names) await this.#connect(name, this.#host.port);
  }

  /** Connects a client that speaks packets, and sends them. */
  async knock(name: string, ...packets: Buffer[]): Promise<void> {
    await this.#connect(name, this.#host.packetPort);
    if (packets.length > 0) await this.send(name, ...packets);
  }

  async #connect(name: string, port: number): Promise<void> {
    this.#newcomer = name;
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }).resume();
    socket.on("error", () => {}); // the server may cut it off: that is what some scenes are about
    await once(socket, "connect");
    this.#sockets.set(name, socket);
    await this.settle();
  }

  async send(name: string, ...packets: Buffer[]): Promise<void> {
    this.socket(name).write(Buffer.concat(packets));
    await this.settle();
  }

  async say(name: string, ...lines: string[]): Promise<void> {
    this.socket(name).write(lines.map((line) => `${line}\n`).join(""));
    await this.settle();
  }

  get shelf(): Shelf {
    return this.#host.shelf;
  }

  /** Something happens at the other node. */
  async elsewhere(event: Event): Promise<void> {
    this.#host.neighbour?.publish(event);
    await this.settle();
  }

  socket(name: string): Socket {
    const socket = this.#sockets.get(name);
    if (!socket) throw new Error(`nobody called ${name} is on the stage`);
    return socket;
  }

  /** Whether more has been said to it than the operating system takes. */
  behind(name: string): boolean {
    return (this.#served.get(name)?.writableLength ?? 0) > 0;
  }

  /** The client starts, and its user sees the first lines. Rejects when nobody serves. */
  async sit(name = ""): Promise<void> {
    const place = <T>(run: () => T) => this.observer.onStage("client", run);
    const { over } = await sit(this.#host, this.#terminal, name, place);
    this.#client = over;
    await this.shows(name === "" ? /:online$/m : "you are now ");
  }

  /** Keys and Enter. */
  type(line: string): void {
    this.#terminal.type(`${line}\r`);
  }

  /** Waits until the screen shows it, and all that came with it has happened. */
  async shows(what: string | RegExp): Promise<void> {
    await this.#terminal.shows(what);
    await this.settle();
  }

  /** Waits until the client has ended. */
  ended(): Promise<void> {
    return this.#client;
  }

  /** The picture begins here: what was before is not in it. */
  begin(): void {
    this.observer.steps.length = 0;
  }

  settle(): Promise<void> {
    return settled(() => this.observer.events);
  }

  async close(): Promise<void> {
    this.observer.paused = true;
    for (const socket of this.#sockets.values()) socket.destroy();
    this.#terminal.type("\u0003");
    await this.#client;
    await this.#host.close();
    this.observer.unwatch();
  }
}
