/** Watches a chapter's server: its tasks, its channels, its room, and the sockets of its clients. */
import type { Socket } from "node:net";
import type { Server } from "./load.ts";
import { type Class, Observer, role } from "./observe.ts";

interface Watched {
  readonly addr: string;
  readonly socket: Socket;
  outbox?: { readonly closed: boolean };
  joined: boolean;
  state: string;
}

/** An outbox that is full unsets `paused`. */
export class ServerObserver extends Observer {
  server: Server | undefined;
  protected readonly main = "server";
  readonly #channels = new WeakMap<object, string>();
  readonly #connections = new Map<string, Watched>();

  async watch(folder: string): Promise<void> {
    const { TaskGroup } = await this.load(folder, "tasks.ts");
    const { Channel } = await this.load(folder, "channel.ts");
    const { Connection } = await this.load(folder, "connection.ts");
    const { Room } = await this.load(folder, "room.ts");
    if (TaskGroup) this.watchTasks(TaskGroup);
    if (Channel) this.#watchChannels(Channel);
    if (Connection) this.#watchConnections(Connection);
    if (Room) this.#watchRoom(Room);
    this.#watchSockets();
  }

  /** How many bytes for this client the operating system has not taken. */
  unsent(addr: string): number {
    return this.#connections.get(addr)?.socket.writableLength ?? 0;
  }

  #watchChannels(Channel: Class): void {
    const observer = this;
    this.wrap(
      Channel,
      "trySend",
      (trySend) =>
        function (this: object, value: unknown) {
          const taken = trySend.call(this, value) as boolean;
          const channel = observer.#nameOf(this);
          const closed = (this as { closed: boolean }).closed;
          if (!taken && !closed && channel !== "messages") observer.paused = false;
          const to = channel === "messages" ? "broadcaster" : channel.replace("outbox", "writer");
          const kind = channel === "messages" ? "message" : "text";
          const { line, farewell } = Object(value) as { line?: string; farewell?: string };
          const said = farewell ? `${line}\n${farewell}` : (line ?? `${value}`.replace(/\n$/, ""));
          const text = taken ? said : closed ? "closed" : "full";
          observer.note({ from: observer.actor, to, kind: taken ? kind : "control", text });
          return taken;
        },
    );
    this.wrap(
      Channel,
      "batches",
      (batches) =>
        async function* (this: object, ...args: unknown[]) {
          const channel = observer.#nameOf(this);
          observer.waitsFor(channel);
          yield* batches.apply(this, args) as AsyncGenerator;
          observer.waitsFor(`${channel} closed`);
        },
    );
  }

  #watchConnections(Connection: Class): void {
    const observer = this;
    for (const name of ["writer", "lines"]) {
      this.wrap(
        Connection,
        name,
        (method) =>
          function (this: object) {
            const { addr, outbox } = this as { addr: string; outbox: { closed: boolean } };
            observer.#channels.set(outbox, `outbox ${addr}`);
            const watched = observer.#connections.get(addr);
            if (watched) watched.outbox = outbox;
            return method.call(this);
          },
      );
    }
    this.wrap(
      Connection,
      "close",
      (close) =>
        function (this: object, ...args: unknown[]) {
          const { addr, outbox } = this as { addr: string; outbox: { closed: boolean } };
          const before = outbox.closed;
          const result = close.apply(this, args);
          const to = `writer ${addr}`;
          const actor = observer.actor;
          if (!before)
            observer.note({ from: actor, to, kind: "control", text: "close the outbox" });
          observer.#moved(`${role(actor)}: close the outbox`);
          return result;
        },
    );
  }

  #watchRoom(Room: Class): void {
    const observer = this;
    for (const name of ["join", "leave"]) {
      this.wrap(
        Room,
        name,
        (method) =>
          function (this: object, ...args: unknown[]) {
            const result = method.apply(this, args);
            observer.#moved(`${role(observer.actor)}: ${name}`);
            return result;
          },
      );
    }
  }

  #watchSockets(): void {
    const observer = this;
    // The first thing that happens to every accepted socket: somebody listens for its errors.
    this.wrapSocket(
      "on",
      (on) =>
        function (this: object, ...args: unknown[]) {
          observer.#addressOf(this as Socket);
          return on.apply(this, args);
        },
    );
    this.wrapSocket(
      "iterator",
      (iterator) =>
        function (this: object, ...args: unknown[]) {
          const addr = observer.#addressOf(this as Socket);
          const chunks = iterator.apply(this, args) as AsyncIterable<Buffer>;
          return addr === undefined ? chunks : observer.#read(chunks, addr);
        },
    );
    this.wrapSocket(
      "write",
      (write) =>
        function (this: object, ...args: unknown[]) {
          const to = observer.#addressOf(this as Socket);
          const text = `${args[0]}`.replace(/\n$/, "");
          if (to !== undefined && text !== "" && !(this as Socket).destroyed) {
            observer.note({ from: observer.actor, to, kind: "bytes", text });
          }
          return write.apply(this, args);
        },
    );
    const calls = [
      ["end", "end"],
      ["destroy", "cut off"],
    ] as const;
    for (const [name, text] of calls) {
      this.wrapSocket(
        name,
        (method) =>
          function (this: object, ...args: unknown[]) {
            const socket = this as Socket;
            const to = observer.#addressOf(socket);
            const over = socket.destroyed || (name === "end" && socket.writableEnded);
            const broken = args[0] instanceof Error;
            const quiet = name === "destroy" && (socket.writableEnded || broken);
            const from = observer.actor;
            if (to !== undefined && !over && !quiet) {
              observer.note({ from, to, kind: "control", text });
            }
            const result = method.apply(this, args);
            const by = broken
              ? "reset"
              : quiet
                ? "both sides have ended"
                : `${role(from)}: ${text}`;
            if (to !== undefined && !over) observer.#moved(by);
            return result;
          },
      );
    }
  }

  async *#read(chunks: AsyncIterable<Buffer>, addr: string): AsyncGenerator<Buffer> {
    const to = this.actor;
    this.waitsFor(`lines ${addr}`);
    let how = "ends its side";
    try {
      for await (const chunk of chunks) {
        const text = chunk.toString().replace(/\n$/, "");
        this.note({ from: addr, to, kind: "bytes", text });
        yield chunk;
      }
    } catch (error) {
      how = "is gone";
      throw error;
    } finally {
      const watched = this.#connections.get(addr);
      const ours = watched?.socket.writableEnded === true;
      if (!ours) this.note({ from: addr, to, kind: "control", text: how });
      this.waitsFor(`lines ${addr} ended`);
      this.#moved(`client ${how}`);
    }
  }

  #nameOf(channel: object): string {
    return this.#channels.get(channel) ?? "messages";
  }

  /** Its client's address, if it is one of the server's sockets. */
  #addressOf(socket: Socket): string | undefined {
    if (socket.localPort !== this.port || this.port === 0) {
      for (const [addr, watched] of this.#connections) if (watched.socket === socket) return addr;
      return undefined;
    }
    const addr = `${socket.remoteAddress}:${socket.remotePort}`;
    if (this.#connections.get(addr)?.socket !== socket) {
      const state = this.server?.room ? "connected" : "open";
      this.#connections.set(addr, { addr, socket, joined: false, state });
      this.moves.push({ addr, from: "[*]", to: state, by: "accepted" });
      this.note({ from: addr, to: "server", kind: "bytes", text: "connects" });
    }
    return addr;
  }

  #moved(by: string): void {
    this.events += 1;
    for (const watched of this.#connections.values()) {
      const state = this.#stateOf(watched);
      // Closed is the end, though a room that has gone home may still have it on its list.
      if (state === watched.state || watched.state === "closed") continue;
      this.moves.push({ addr: watched.addr, from: watched.state, to: state, by });
      watched.state = state;
    }
  }

  #stateOf(watched: Watched): string {
    const { socket, outbox, addr } = watched;
    const room = this.server?.room;
    if (!room) {
      if (socket.destroyed) return "closed";
      return socket.writableEnded ? "ended" : socket.readableEnded ? "half closed" : "open";
    }
    const online = [...room.online].some(({ connection }) => connection.addr === addr);
    watched.joined ||= online;
    if (online) return socket.destroyed ? "broken" : "online";
    if (!watched.joined) return "connected";
    if (socket.destroyed) return "closed";
    if (socket.writableEnded) return "ended";
    return outbox?.closed ? "draining" : "leaving";
  }
}
