/**
 * Watches a chapter's server at work, from outside its code: the methods by which tasks start,
 * hand each other values and touch sockets are wrapped, and each call is noted with the task that
 * made it (an `AsyncLocalStorage` knows which one that is).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { existsSync } from "node:fs";
import { Socket } from "node:net";

/** Who does something: `server`, a task (`handler 127.0.0.1:5001`) or a client (`127.0.0.1:5001`). */
export type Actor = string;

export interface Step {
  readonly from: Actor;
  readonly to: Actor;
  readonly kind: "go" | "bytes" | "message" | "text" | "control";
  readonly text: string;
}

/** A task waited here: a channel, or its client's bytes. */
export interface Wait {
  readonly task: Actor;
  readonly source: string;
}

/** A connection went from one state to another; `by` says what moved it. */
export interface Move {
  readonly addr: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

/** The parts of a chapter's server that the pictures need; v01 has no room. */
export interface Server {
  readonly tasks: { readonly running: string[] };
  readonly room?: { readonly online: Iterable<{ readonly connection: { readonly addr: string } }> };
  listen(host: string, port: number): Promise<{ port: number }>;
  close(graceSeconds?: number): Promise<unknown>;
}

type Method = (this: object, ...args: unknown[]) => unknown;
type Class = { readonly prototype: Record<string, Method> };

interface Watched {
  readonly addr: string;
  readonly socket: Socket;
  outbox?: { readonly closed: boolean };
  joined: boolean;
  state: string;
}

export class Observer {
  readonly steps: Step[] = [];
  /** One step of each kind between two roles, whether it is in the picture or not. */
  readonly kinds = new Map<string, Step>();
  readonly waits: Wait[] = [];
  /** What a task waited for last, when it ended. */
  readonly ends: Wait[] = [];
  readonly moves: Move[] = [];
  /** How many things have happened, whether they were noted or not. */
  events = 0;
  /** Nothing is noted while it is set; an outbox that is full unsets it. */
  paused = false;
  server: Server | undefined;
  port = 0;
  readonly #task = new AsyncLocalStorage<Actor>();
  readonly #lastWait = new Map<Actor, string>();
  readonly #channels = new WeakMap<object, string>();
  readonly #connections = new Map<string, Watched>();
  readonly #undo: (() => void)[] = [];

  /** Wraps the classes of one chapter, and Node's sockets. */
  async watch(folder: string): Promise<void> {
    const load = async (file: string) => {
      const url = new URL(`../../chapters/${folder}/${file}`, import.meta.url);
      return existsSync(url) ? ((await import(url.href)) as Record<string, Class>) : {};
    };
    const { TaskGroup } = await load("tasks.ts");
    const { Channel } = await load("channel.ts");
    const { Connection } = await load("connection.ts");
    const { Room } = await load("room.ts");
    if (TaskGroup) this.#watchTasks(TaskGroup);
    if (Channel) this.#watchChannels(Channel);
    if (Connection) this.#watchConnections(Connection);
    if (Room) this.#watchRoom(Room);
    this.#watchSockets();
  }

  /** Everything is as it was. */
  unwatch(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  get #actor(): Actor {
    return this.#task.getStore() ?? "server";
  }

  #wrap(
    holder: Record<string, unknown>,
    name: string,
    wrapper: (original: Method) => Method,
  ): void {
    const own = Object.hasOwn(holder, name);
    const original = holder[name] as Method;
    holder[name] = wrapper(original);
    this.#undo.push(() => {
      if (own) holder[name] = original;
      else delete holder[name];
    });
  }

  #note(step: Step): void {
    this.events += 1;
    this.kinds.set(`${role(step.from)}|${role(step.to)}|${step.kind}`, step);
    if (!this.paused) this.steps.push(step);
  }

  #watchTasks({ prototype }: Class): void {
    const observer = this;
    this.#wrap(
      prototype,
      "go",
      (go) =>
        function (this: object, name: unknown, task: unknown) {
          const actor = name as Actor;
          observer.#note({
            from: observer.#actor,
            to: actor,
            kind: "go",
            text: `go ${role(actor)}`,
          });
          return go.call(this, name, () =>
            observer.#task.run(actor, async () => {
              await (task as () => Promise<void>)();
              const source = observer.#lastWait.get(actor);
              if (source !== undefined) observer.ends.push({ task: actor, source });
            }),
          );
        },
    );
  }

  #watchChannels({ prototype }: Class): void {
    const observer = this;
    this.#wrap(
      prototype,
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
          const said = farewell ? `${line}\n${farewell}` : (line ?? `${value}`);
          const text = taken ? said : closed ? "closed" : "full";
          observer.#note({ from: observer.#actor, to, kind: taken ? kind : "control", text });
          return taken;
        },
    );
    this.#wrap(
      prototype,
      "batches",
      (batches) =>
        async function* (this: object) {
          const channel = observer.#nameOf(this);
          observer.#waitsFor(channel);
          yield* batches.call(this) as AsyncGenerator;
          observer.#waitsFor(`${channel} closed`);
        },
    );
  }

  #watchConnections({ prototype }: Class): void {
    const observer = this;
    for (const name of ["listenMessage", "lines"]) {
      this.#wrap(
        prototype,
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
    this.#wrap(
      prototype,
      "close",
      (close) =>
        function (this: object, ...args: unknown[]) {
          const { addr, outbox } = this as { addr: string; outbox: { closed: boolean } };
          const before = outbox.closed;
          const result = close.apply(this, args);
          const to = `writer ${addr}`;
          const actor = observer.#actor;
          if (!before)
            observer.#note({ from: actor, to, kind: "control", text: "close the outbox" });
          observer.#moved(`${role(actor)}: close the outbox`);
          return result;
        },
    );
  }

  #watchRoom({ prototype }: Class): void {
    const observer = this;
    for (const name of ["join", "leave"]) {
      this.#wrap(
        prototype,
        name,
        (method) =>
          function (this: object, ...args: unknown[]) {
            const result = method.apply(this, args);
            observer.#moved(`${role(observer.#actor)}: ${name}`);
            return result;
          },
      );
    }
  }

  #watchSockets(): void {
    const observer = this;
    const prototype = Socket.prototype as unknown as Record<string, unknown>;
    // The first thing that happens to every accepted socket: somebody listens for its errors.
    this.#wrap(
      prototype,
      "on",
      (on) =>
        function (this: object, ...args: unknown[]) {
          observer.#addressOf(this as Socket);
          return on.apply(this, args);
        },
    );
    this.#wrap(
      prototype,
      "iterator",
      (iterator) =>
        function (this: object, ...args: unknown[]) {
          const addr = observer.#addressOf(this as Socket);
          const chunks = iterator.apply(this, args) as AsyncIterable<Buffer>;
          return addr === undefined ? chunks : observer.#read(chunks, addr);
        },
    );
    this.#wrap(
      prototype,
      "write",
      (write) =>
        function (this: object, ...args: unknown[]) {
          const to = observer.#addressOf(this as Socket);
          const text = `${args[0]}`.replace(/\n$/, "");
          if (to !== undefined && text !== "" && !(this as Socket).destroyed) {
            observer.#note({ from: observer.#actor, to, kind: "bytes", text });
          }
          return write.apply(this, args);
        },
    );
    const calls = [
      ["end", "end"],
      ["destroy", "cut off"],
    ] as const;
    for (const [name, text] of calls) {
      this.#wrap(
        prototype,
        name,
        (method) =>
          function (this: object, ...args: unknown[]) {
            const socket = this as Socket;
            const to = observer.#addressOf(socket);
            const over = socket.destroyed || (name === "end" && socket.writableEnded);
            const broken = args[0] instanceof Error;
            const quiet = name === "destroy" && (socket.writableEnded || broken);
            const from = observer.#actor;
            if (to !== undefined && !over && !quiet) {
              observer.#note({ from, to, kind: "control", text });
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
    const to = this.#actor;
    this.#waitsFor(`lines ${addr}`);
    let how = "ends its side";
    try {
      for await (const chunk of chunks) {
        const text = chunk.toString().replace(/\n$/, "");
        this.#note({ from: addr, to, kind: "bytes", text });
        yield chunk;
      }
    } catch (error) {
      how = "is gone";
      throw error;
    } finally {
      const watched = this.#connections.get(addr);
      const ours = watched?.socket.writableEnded === true;
      if (!ours) this.#note({ from: addr, to, kind: "control", text: how });
      this.#waitsFor(`lines ${addr} ended`);
      this.#moved(`client ${how}`);
    }
  }

  #waitsFor(source: string): void {
    this.waits.push({ task: this.#actor, source });
    this.#lastWait.set(this.#actor, source);
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
      this.#note({ from: addr, to: "server", kind: "bytes", text: "connects" });
    }
    return addr;
  }

  #moved(by: string): void {
    this.events += 1;
    for (const watched of this.#connections.values()) {
      const state = this.#stateOf(watched);
      if (state === watched.state) continue;
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

/** `handler` for `handler 127.0.0.1:5001`. */
export function role(actor: Actor): string {
  return actor.replace(/ .*$/, "");
}
