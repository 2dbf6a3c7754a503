/** The code of the chapters, run in this process: a server for whoever comes, a client at a terminal in memory. */
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { chapters } from "../../../chapters/manifest.ts";
import type { History } from "../../../chapters/v13-history/history.ts";
import type { Cluster } from "../../../chapters/v16-cluster/cluster.ts";
import type { TaskGroup } from "../../../chapters/v16-cluster/tasks.ts";
import type { FakeTerminal } from "../../../test/harness/terminal.ts";
import { Memory } from "./buckets.ts";
import { Shelf } from "./shelf.ts";

export interface Class<Self> {
  readonly prototype: Self;
}

/** The parts of a chapter's server that the pictures need; v01 has no room. */
export interface Server {
  readonly room?: { readonly online: Iterable<{ readonly connection: Connection }> };
  listen(host: string, port: number, wire?: object): Promise<{ port: number }>;
  /** From v15 on it is told which wire the newcomer speaks. */
  accept(socket: Socket, ...wire: unknown[]): unknown;
  close(graceSeconds?: number): Promise<unknown>;
  readonly tasks: TaskGroup;
}

export interface Connection {
  readonly addr: string;
  readonly outbox: Channel;
}

export interface User {
  readonly connection: Connection;
}

export interface Channel {
  readonly closed: boolean;
}

/** What the files of a chapter export. */
type Code = Pick<typeof import("../../../chapters/v09-client/client/link.ts"), "Link"> &
  Pick<typeof import("../../../chapters/v09-client/client/screen.ts"), "Screen"> &
  Pick<typeof import("../../../chapters/v09-client/client/chat.ts"), "Chat"> & {
    readonly Server: Class<Server> & (new (settings: Settings) => Server);
    readonly TaskGroup: Class<object> & (new () => TaskGroup);
    // v01 has none of these.
    readonly Channel?: Class<Channel>;
    readonly Connection?: Class<Connection>;
    readonly Room?: Class<object>;
    // From v03 on; it logs in from v15 on.
    readonly User?: Class<User>;
    // From v15 on.
    readonly Wheel?: Class<object>;
    // From v13 on.
    readonly History?: typeof History;
    // From v15 on.
    readonly PACKETS?: object;
    readonly Packets?: Class<object>;
    readonly PacketDecoder?: Class<object>;
    // From v16 on.
    readonly Cluster?: typeof Cluster;
  };

interface Settings {
  readonly idleSeconds: number;
  readonly history?: History | undefined;
  readonly secret?: Buffer | undefined;
  readonly loginSeconds?: number;
  readonly cluster?: Cluster | undefined;
}

/** Some files of a chapter's together; nothing is in one that is not there. */
export async function load(folder: string, ...files: string[]): Promise<Code> {
  const urls = files.map((file) => new URL(`../../../chapters/${folder}/${file}`, import.meta.url));
  const there = urls.filter((url) => existsSync(url));
  return Object.assign({}, ...(await Promise.all(there.map(({ href }) => import(href)))));
}

/** On a busy machine this takes seconds; so it is done before the first clock of a server ticks. */
export async function loadAll(): Promise<void> {
  for (const { folder } of chapters) await load(folder, "server.ts", "client/chat.ts");
}

/** Waits until nothing happens any more: forty turns of the event loop without a new event. */
export async function settled(events: () => number): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < 40; quiet++) {
    await turn();
    if (events() !== seen) quiet = 0;
    seen = events();
  }
}

/** Where something is done: on a stage, where it is watched, or just so. */
type Place = <T>(run: () => T, actor?: string) => T;
const anywhere: Place = (run) => run();

/** How the server of a scene is set. */
export type Setup = Pick<Settings, "secret" | "loginSeconds"> & {
  /** Who says nothing for so long is kicked; 300, unless the scene is about that. */
  readonly idleSeconds?: number | undefined;
  /** It is the node a, and keeps no history; another one, c, is beside it. */
  readonly nodes?: boolean;
};

/** A chapter's server on a free port; one that comes back is on the port of the last. */
export class Host {
  port = 0;
  /** From v15 on. */
  packetPort = 0;
  /** Where its history is, if it has one. */
  readonly shelf = new Shelf();
  readonly folder: string;
  /** The node c, if there are several. */
  neighbour: Cluster | undefined;
  readonly #greet: (newcomer: Socket) => void;
  readonly #setup: Setup;
  #server: Server | undefined;

  /** `greet` hears of each newcomer before the server does. */
  constructor(folder: string, greet = (_newcomer: Socket) => {}, setup: Setup = {}) {
    this.folder = folder;
    this.#greet = greet;
    this.#setup = setup;
  }

  async open(place = anywhere): Promise<void> {
    const files = ["server.ts", "history.ts", "packets.ts", "cluster.ts", "tasks.ts"];
    const { Server, History, PACKETS, Cluster, TaskGroup } = await load(this.folder, ...files);
    const { nodes, idleSeconds = 300, ...login } = this.#setup;
    const history = nodes ? undefined : History && new History(this.shelf, 0);
    await history?.open();
    const memory = nodes ? new Memory() : undefined;
    const bus = memory?.busOf("a");
    const cluster = bus && Cluster && new Cluster(bus, "a");
    const server = new Server({ idleSeconds, history, cluster, ...login });
    const accept = server.accept.bind(server);
    server.accept = (socket, ...wire) => {
      this.#greet(socket);
      return accept(socket, ...wire);
    };
    if (bus && cluster) {
      const hear = bus.onBytes;
      bus.onBytes = (subject, bytes) => place(() => hear(subject, bytes), "NATS");
      await place(() => cluster.open(server.tasks));
    }
    this.port = (await place(() => server.listen("127.0.0.1", this.port))).port;
    const packets = PACKETS && place(() => server.listen("127.0.0.1", this.packetPort, PACKETS));
    this.packetPort = (await packets)?.port ?? 0;
    this.#server = server;
    this.neighbour = memory && Cluster && new Cluster(memory.busOf("c"), "c");
    await this.neighbour?.open(new TaskGroup());
  }

  /** With a grace of a second; clients end with it. */
  async close(): Promise<void> {
    this.neighbour?.close();
    await this.#server?.close(1);
  }
}

/**
 * Somebody sits down at the chapter's client, with a name to take at once, or none. Rejects when
 * nobody serves; `over` is kept when the client has ended. The client is in no hurry: what the
 * server says to a newcomer is there before the newcomer speaks, as it nearly always is.
 */
export async function sit(
  { folder, port }: Host,
  { input, output }: FakeTerminal,
  name: string,
  place = anywhere,
): Promise<{ over: Promise<void> }> {
  const quiet = () => settled(() => 0);
  const { Link, Screen, Chat } = await load(
    folder,
    "client/link.ts",
    "client/screen.ts",
    "client/chat.ts",
  );
  class UnhurriedLink extends Link {
    override async send(bytes: Buffer): Promise<boolean> {
      await quiet();
      return super.send(bytes);
    }
  }
  const connection = new UnhurriedLink("127.0.0.1", port);
  await place(() => connection.connect());
  await quiet();
  return { over: place(() => new Chat(connection, new Screen(input, output), name).run()) };
}
