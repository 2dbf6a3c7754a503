/** Watches what a chapter's server hears and says in packets, and the life of each connection. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Socket } from "node:net";
import type { Ending } from "../../../chapters/v15-packets/connection.ts";
import { REASONS, type Why } from "../../../chapters/v15-packets/lines.ts";
import type { Packet } from "../../../chapters/v15-packets/packets.ts";
import {
  CONNECT,
  DISCONNECT,
  inWords,
  PING,
  packets,
  RECVACK,
  SEND,
} from "../../../test/harness/packets.ts";
import { type Connection, load, type Server, type User } from "./load.ts";
import { Observer, role, type Step } from "./observe.ts";

interface Life {
  readonly socket: Socket;
  /** It speaks packets. */
  readonly inPackets: boolean;
  phase: "established" | "authenticating" | "active" | "closed";
  /** The client has said goodbye. */
  saidGoodbye: boolean;
  /** Why it has left the room. */
  left?: string;
}

/** As the chapter's own, as far as it is needed here. */
type Ended = Connection & { readonly ending: Ending };

export class PacketObserver extends Observer {
  protected readonly watched = "server";
  /** By address. */
  readonly #lives = new Map<string, Life>();
  /** Of the connection that is being closed. */
  #why: Why | undefined;

  async watch(folder: string): Promise<void> {
    const files = ["server", "tasks", "channel", "connection", "room", "user", "wheel", "packets"];
    const code = await load(folder, ...files.map((file) => `${file}.ts`));
    this.tapTasks(code.TaskGroup);
    // One timer serves all limits; what comes due is done by whoever has set the limit.
    this.tap(code.Wheel, "start", {
      before: (_, args) => {
        args[1] = AsyncLocalStorage.bind(args[1] as () => void);
      },
    });
    this.tap(code.Server, "accept", {
      before: (_: Server, [socket, wire]) => this.#accepted(socket as Socket, wire as object),
    });
    this.tap(code.User, "login", {
      before: ({ connection }: User) => this.#moves(connection.addr, "authenticating", "CONNECT"),
    });
    this.tap(code.Room, "join", {
      before: (_, [user]) => this.#joins((user as User).connection.addr),
    });
    this.tap(code.Room, "leave", {
      before: (_, [user, reason, words]) => this.#left(user as User, `${reason}`, `${words ?? ""}`),
    });
    this.tap(code.Packets, "feed", { each: (_, packet) => this.#hears(packet as Packet) });
    this.tap(code.Channel, "batches", { each: (_, batch) => this.#says(batch as Buffer[]) });
    this.tap(code.PacketDecoder, "goodbye", {
      after: (_, bytes) => this.#goodbye(bytes as Buffer),
    });
    this.#tapClose(code.Connection as { prototype: Ended } | undefined);
  }

  #tapClose(Connection: { prototype: Ended } | undefined): void {
    const open = new Set<string>();
    this.tap(Connection, "close", {
      before: ({ addr, outbox }, [, , why]) => {
        if (!outbox.closed) open.add(addr);
        this.#why = why as Why | undefined;
      },
      after: ({ addr, ending }) => {
        const life = this.#lives.get(addr);
        if (open.delete(addr) && life) this.#moves(addr, "closed", cause(life, this.#why, ending));
      },
    });
    this.tap(Connection, "lines", {
      after: ({ addr, ending }) => {
        const { socket, phase } = this.#lives.get(addr) ?? {};
        if (phase === "closed") return;
        if (ending === "reset") this.tell("server", "is gone", addr);
        else if (socket?.readableEnded) this.tell("server", "ends its side", addr);
      },
    });
  }

  /** Tasks are not in these pictures. */
  protected override note(noted: Omit<Step, "from"> & Partial<Step>): void {
    if (noted.kind !== "go") super.note(noted);
  }

  #accepted(socket: Socket, wire: object): void {
    const addr = `${socket.remoteAddress}:${socket.remotePort}`;
    const inPackets = "asks" in wire;
    this.#lives.set(addr, { socket, inPackets, phase: "established", saidGoodbye: false });
    this.moves.push({ addr, from: "[*]", to: "established", by: "accept" });
  }

  #moves(addr: string, to: Life["phase"], by: string): void {
    this.events += 1;
    const life = this.#lives.get(addr);
    if (!life || life.phase === "closed") return;
    this.moves.push({ addr, from: life.phase, to, by });
    life.phase = to;
  }

  #joins(addr: string): void {
    const isAsked = this.#lives.get(addr)?.phase === "authenticating";
    this.#moves(addr, "active", isAsked ? "CONNACK 0" : "lines, without a login");
  }

  #left({ connection }: User, reason: string, farewell: string): void {
    const life = this.#lives.get(connection.addr);
    if (life) life.left ??= farewell.startsWith("you are here") ? "again" : reason;
  }

  /** The handler hears packets: whose they are, its name says. */
  #hears(packet: Packet): void {
    const addr = addressOf(this.actor);
    const life = this.#lives.get(addr);
    if (!life) return;
    const text = inClientsWords(packet);
    life.saidGoodbye ||= packet.type === DISCONNECT;
    this.note({ from: addr, to: "server", kind: "line", text });
    if (life.phase === "active" && packet.type !== DISCONNECT)
      this.moves.push({ addr, from: "active", to: "active", by: text.replace(/ .*/s, "") });
  }

  #says(batch: readonly Buffer[]): void {
    const addr = addressOf(this.actor);
    const life = this.#lives.get(addr);
    if (role(this.actor) !== "writer" || !life?.inPackets || life.socket.destroyed) return;
    for (const heard of packets(Buffer.concat(batch)).heard) {
      const text = inWords(heard).replace(/^\w+/, (type) => type.toUpperCase());
      this.note({ from: "server", to: addr, kind: "line", text });
    }
  }

  /** Made while its connection is closed; what the decoder has refused is only in here. */
  #goodbye(bytes: Buffer): void {
    const [last] = packets(bytes).heard;
    if (last && "reason" in last && "text" in last) this.#why = REASONS[last.reason];
  }
}

/** As the Go text sorts them: closed by the peer, by the server, by a limit, by an error. */
function cause({ left, saidGoodbye }: Life, why: Why | undefined, ending: Ending): string {
  if (why === "malformed" || why === "too large") return `error: ${why}`;
  if (why === "bad token" || why === "bad name" || why === "shutting down") return `server: ${why}`;
  if (why === "too late") return "idle: no CONNECT in time";
  if (why === "idle") return "idle: no line for the limit";
  if (left === "again") return "server: its device is here again";
  if (left === "quit") return "peer: quit";
  if (saidGoodbye) return "peer: DISCONNECT";
  const how = left ?? ending;
  return how === "end" ? "peer: ends its side" : `error: ${how}`;
}

/** What a client says, in words. */
function inClientsWords({ type, body }: Packet): string {
  if (type === CONNECT) return `CONNECT ${connectIn(body)}`;
  if (type === SEND) return `SEND ${body.readUInt32BE()} ${body.subarray(4)}`;
  if (type === RECVACK) return `RECVACK ${body.readBigUInt64BE()}`;
  if (type === DISCONNECT) return `DISCONNECT ${body[0]} ${body.subarray(1)}`.trimEnd();
  return type === PING ? "PING" : `type ${type}`;
}

/** Its name, its device, and what it has heard; a token is not for pictures. */
function connectIn(body: Buffer): string {
  const texts: string[] = [];
  let at = 0;
  for (let i = 0; i < 3; i++) {
    const end = at + 2 + body.readUInt16BE(at);
    texts.push(`${body.subarray(at + 2, end)}`);
    at = end;
  }
  const [name, device, token] = texts;
  const after = body.readBigUInt64BE(at);
  return [name, device, token && "token", `after ${after}`].filter(Boolean).join(", ");
}

const addressOf = (actor: string) => actor.slice(actor.indexOf(" ") + 1);
