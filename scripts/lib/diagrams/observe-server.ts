/** Watches a chapter's server: its tasks, its channels, its room, and the connections of its clients. */
import { AsyncLocalStorage } from "node:async_hooks";
import { Socket } from "node:net";
import { type Event, open } from "../../../chapters/v16-cluster/envelope.ts";
import { Bucket, MemoryBus } from "./buckets.ts";
import { type Channel, type Class, type Connection, load, type Server, type User } from "./load.ts";
import { type Actor, type Hooks, linesOf, Observer, role } from "./observe.ts";
import { Shelf } from "./shelf.ts";

interface Client {
  readonly addr: string;
  readonly socket: Socket;
  outbox?: Channel;
  joined: boolean;
  /** It has said who it is. */
  asks: boolean;
  state: string;
}

/** An outbox that is full unsets `paused`. */
export class ServerObserver extends Observer {
  protected readonly watched = "server";
  #room: Server["room"];
  /** Who takes what is put into a channel. */
  readonly #receivers = new WeakMap<Channel, Actor>();
  /** By address. */
  readonly #clients = new Map<string, Client>();

  async watch(folder: string): Promise<void> {
    const files = ["server", "tasks", "channel", "connection", "room", "user", "wheel"];
    const { Server, TaskGroup, Channel, Connection, Room, User, Wheel } = await load(
      folder,
      ...files.map((file) => `${file}.ts`),
    );
    this.tapTasks(TaskGroup);
    this.tap(Server, "accept", {
      before: ({ room }, [socket]) => this.#accepted(socket as Socket, room),
    });
    this.tap(Channel, "trySend", {
      after: (channel, taken, [value]) => this.#sent(channel, value, taken === true),
    });
    this.tap(Channel, "batches", {
      before: (channel) => this.#receives(channel),
      each: (_, batch) => this.#writes(batch as unknown[]),
      after: () => this.waitsFor(`${source(this.actor)} closed`),
    });
    this.tap(Connection, "close", {
      before: ({ addr, outbox }) => {
        if (!outbox.closed) this.tell(`writer ${addr}`, "close the outbox");
      },
      after: () => this.#moved(`${role(this.actor)}: close the outbox`),
    });
    for (const name of ["join", "leave"])
      this.tap(Room, name, { after: () => this.#moved(`${role(this.actor)}: ${name}`) });
    // One timer serves all limits; what comes due is done by whoever has set the limit.
    this.tap(Wheel, "start", {
      before: (_, args) => {
        args[1] = AsyncLocalStorage.bind(args[1] as () => void);
      },
    });
    this.#tapLogin(User);
    this.#tapLines(Connection);
    this.#tapEnds();
    this.#tapStore();
    this.#tapNats();
    this.tap({ prototype: console }, "error", {
      before: (_, [text]) => this.note({ to: "operator", kind: "line", text: String(text) }),
      instead: true,
    });
  }

  #tapLogin(User: Class<User> | undefined): void {
    if (!User || !("login" in User.prototype)) return;
    this.tap(User, "login", {
      before: ({ connection }) => {
        const client = this.#clients.get(connection.addr);
        if (client) client.asks = true;
        this.#moved(`${role(this.actor)}: login`);
      },
    });
  }

  #tapStore(): void {
    this.tap(Shelf, "append", {
      before: (_, [lines]) => this.#asks(`append ${(lines as unknown[]).map(linesOf).join(", ")}`),
      after: (_, mark) => this.#answers(mark, (end) => `safe: mark ${end}`),
    });
    this.tap(Shelf, "last", {
      before: (_, [count, mark]) => this.#asks(`last ${count} before mark ${mark}`),
      after: (_, lines) => this.#answers(lines, (found) => `${(found as unknown[]).length} lines`),
    });
  }

  #tapNats(): void {
    this.tap(MemoryBus, "publish", {
      before: (_, [, bytes]) => {
        const { events } = open(bytes as Buffer) ?? { events: [] };
        if (events.length > 0) this.note({ to: "NATS", kind: "line", text: eventsOf(events) });
      },
    });
    this.tap(Bucket, "ask", {
      before: (_, [, question]) =>
        this.note({ to: "buckets", kind: "line", text: String(question) }),
    });
  }

  #asks(text: string): void {
    this.note({ to: "store", kind: "line", text });
  }

  #answers(result: unknown, textOf: (result: unknown) => string): void {
    const to = this.actor;
    const note = (text: string) => this.note({ from: "store", to, kind: "text", text });
    (result as Promise<unknown>).then(
      (value) => note(textOf(value)),
      ({ message }) => note(message),
    );
  }

  #tapLines(Connection: Class<Connection> | undefined): void {
    const addrOf = ({ addr }: Connection) => addr;
    this.tap(Connection, "lines", this.#reading(addrOf));
    if (Connection) return;
    // In v01 no class knows lines: they are the bytes on the socket.
    this.tap(Socket, "iterator", this.#reading(addressOf));
    this.tap(Socket, "write", {
      before: (socket, [bytes]) => this.#hears(addressOf(socket), linesOf(bytes)),
    });
  }

  #tapEnds(): void {
    this.tap(Socket, "end", {
      before: (socket) => {
        if (!socket.destroyed && !socket.writableEnded) this.tell(addressOf(socket), "end");
      },
      after: () => this.#moved(`${role(this.actor)}: end`),
    });
    this.tap(Socket, "destroy", {
      before: (socket, [error]) => {
        if (socket.destroyed || socket.writableEnded || error) return;
        this.tell(addressOf(socket), "cut off");
      },
      after: ({ errored, writableEnded }) => {
        const ours = writableEnded ? "both sides have ended" : `${role(this.actor)}: cut off`;
        this.#moved(errored ? "reset" : ours);
      },
    });
  }

  #accepted(socket: Socket, room: Server["room"]): void {
    const addr = addressOf(socket);
    const state = room ? "connected" : "open";
    this.#room = room;
    this.#clients.set(addr, { addr, socket, joined: false, asks: false, state });
    this.moves.push({ addr, from: "[*]", to: state, by: "accepted" });
    this.note({ from: addr, to: "server", kind: "line", text: "connects" });
  }

  #reading<Self>(addrOf: (self: Self) => string): Hooks<Self> {
    return {
      before: (self) => this.waitsFor(`lines ${addrOf(self)}`),
      each: (self, line) =>
        this.note({ from: addrOf(self), to: this.actor, kind: "line", text: linesOf(line) }),
      after: (self) => this.#hasEnded(addrOf(self)),
    };
  }

  #hasEnded(addr: string): void {
    const { readableEnded, writableEnded, errored } = this.#clients.get(addr)?.socket ?? {};
    const how = readableEnded ? "ends its side" : "is gone";
    if (!writableEnded) this.note({ from: addr, to: this.actor, kind: "control", text: how });
    this.waitsFor(`lines ${addr} ended`);
    this.#moved(errored ? "reset" : `client ${how}`);
  }

  #sent(channel: Channel, value: unknown, taken: boolean): void {
    const to = this.#receivers.get(channel) ?? "broadcaster";
    const outbox = role(to) === "writer";
    const text = wordsOf(value);
    if (text === "") return;
    if (!taken && !channel.closed && outbox) this.paused = false;
    if (taken) this.note({ to, kind: outbox ? "text" : "message", text });
    else this.tell(to, channel.closed ? "closed" : "full");
  }

  #receives(channel: Channel): void {
    this.#receivers.set(channel, this.actor);
    this.waitsFor(source(this.actor));
    const client = this.#clients.get(this.actor.replace("writer ", ""));
    if (client) client.outbox = channel;
  }

  /** A writer passes on what it takes. */
  #writes(blocks: unknown[]): void {
    const [writer, addr = ""] = this.actor.split(" ");
    if (writer === "writer") this.#hears(addr, blocks.map(linesOf).join("\n"));
  }

  #hears(addr: string, text: string): void {
    if (text !== "" && this.#clients.get(addr)?.socket.destroyed === false)
      this.note({ to: addr, kind: "line", text });
  }

  #moved(by: string): void {
    this.events += 1;
    for (const client of this.#clients.values()) {
      const state = this.#stateOf(client);
      // Closed is the end, though a room that has gone home may still have it on its list.
      if (state === client.state || client.state === "closed") continue;
      this.moves.push({ addr: client.addr, from: client.state, to: state, by });
      client.state = state;
    }
  }

  #stateOf(client: Client): string {
    const { socket, outbox, addr } = client;
    const room = this.#room;
    if (!room) {
      if (socket.destroyed) return "closed";
      return socket.writableEnded ? "ended" : socket.readableEnded ? "half closed" : "open";
    }
    const online = [...room.online].some(({ connection }) => connection.addr === addr);
    client.joined ||= online;
    if (online) return socket.destroyed ? "broken" : "online";
    if (!client.joined && !client.asks) return "connected";
    if (socket.destroyed) return "closed";
    if (!client.joined && !outbox?.closed) return "asked";
    if (socket.writableEnded) return "ended";
    return outbox?.closed ? "draining" : "leaving";
  }
}

/** What is put into a channel; nothing for the beats of a node, which come by the clock. */
function wordsOf(value: unknown): string {
  if (value === undefined) return "";
  const [, bytes] = Array.isArray(value) ? value : [];
  const envelope = Buffer.isBuffer(bytes) && open(bytes);
  if (envelope) return envelope.node === "a" ? "" : eventsOf(envelope.events); // each node hears itself, too
  return linesOf(value);
}

const eventsOf = (events: readonly Event[]): string =>
  events.map((event) => ("text" in event ? `say ${event.text}` : event.kind)).join(", ");

/** What a task's channel is called. */
const source = (receiver: Actor) =>
  receiver
    .replace("broadcaster", "messages")
    .replace("historian", "kept")
    .replace("publisher", "events")
    .replace("listener", "envelopes")
    .replace("writer", "outbox");

/** Also of a socket that is closed: Node keeps what it has once been asked. */
const addressOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress}:${remotePort}`;
