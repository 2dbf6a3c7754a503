/** Who is measured: how each is started, and how a user of it says hello and speaks. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Chapter } from "../../../chapters/manifest.ts";
import {
  chapter,
  ownOptions,
  program,
  type Target,
  throughTsx,
} from "../../../test/harness/target.ts";

const IDLE_SECONDS = "2000000"; // who only listens is idle, and is not to be kicked

export interface Contender {
  readonly id: string;
  /** How it is started. It is given a free port, or picks one itself and says `listening on HOST:PORT`. */
  argv(port: number): string[] | Promise<string[]>;
  readonly announces: boolean;
  /** What it says then, with the port; `listening on HOST:PORT` if nothing else. */
  readonly announcement?: RegExp;
  /** What a user sends first, and what tells it that it is in. */
  readonly hello: string;
  readonly greeting: string;
  /** What a user sends to say a text to all, itself included. */
  say(text: string): string;
  /** A chat: everybody hears who comes. */
  readonly chat: boolean;
  /** It can be asked what was said before. */
  readonly keeps?: boolean;
  /** It is several servers that share a bus. */
  readonly cluster?: Cluster;
  /** It has so many times the users that are asked for (1). */
  readonly crowd?: number;
}

export interface Cluster {
  readonly bus: Contender;
  /** The nodes, when the port of the bus is known. */
  nodes(busPort: number): readonly Contender[];
  /** What they have printed says where each of them tells how many nodes it knows. */
  readonly health: {
    readonly announcement: RegExp;
    readonly path: string;
    met(count: number): RegExp;
  };
}

/** Whatever speaks as docs/protocol.md says. */
function chat(id: string, { argv, announces }: Target, args: readonly string[] = []): Contender {
  return {
    id,
    argv: (port) => argv?.(announces ? 0 : port, args) ?? [],
    announces,
    hello: "",
    greeting: ":online\n",
    say: (text) => `${text}\n`,
    chat: true,
  };
}

/** From v13 on, what is said is kept in `history`, if it is a file. */
export function chapterContender(of: Chapter, history = "none"): Contender {
  const stays = of.id >= "v07" ? ["--idle-timeout", IDLE_SECONDS] : [];
  return chat(of.id, chapter(of, { tsx: true }), [...stays, ...ownOptions(of.id, 0, history)]);
}

/** A learner's own server, in any language: `python3 server.py {port}`. */
export function ownContender(line: string, id: string): Contender {
  return chat(id, program(line));
}

const NAIVE = throughTsx(fileURLToPath(new URL("./naive.ts", import.meta.url)));
export const naive = chat("naive", { can: [], announces: true, argv: () => NAIVE });

/** A well-known program, if it is installed. */
export interface Peer extends Contender {
  readonly program: string;
  /** Undefined when it is not installed. */
  version(): string | undefined;
}

/** Redis Pub/Sub, by RESP 3 (Redis 6): in that, who has subscribed may publish too. */
const redis: Peer = {
  id: "redis",
  program: "redis-server",
  version: () => versionOf("redis-server"),
  argv: (port) => [
    ...["redis-server", "--port", `${port}`, "--bind", "127.0.0.1"],
    ...["--save", "", "--appendonly", "no"], // it keeps nothing
    ...["--protected-mode", "no"], // or it would let in nobody from 127.0.0.2
  ],
  announces: false,
  hello: "HELLO 3\r\nSUBSCRIBE room\r\n",
  greeting: "room\r\n:1\r\n",
  say: (text) => `*3\r\n$7\r\nPUBLISH\r\n$4\r\nroom\r\n$${text.length}\r\n${text}\r\n`,
  chat: false,
};

export const nats: Peer = {
  id: "nats",
  program: "nats-server",
  version: () => versionOf("nats-server"),
  argv: (port) => ["nats-server", "-a", "127.0.0.1", "-p", `${port}`],
  announces: false,
  hello: 'CONNECT {"verbose":false,"echo":true}\r\nSUB room 1\r\nPING\r\n',
  greeting: "PONG\r\n",
  say: (text) => `PUB room ${text.length}\r\n${text}\r\n`,
  chat: false,
};

export const peers = [redis, nats];

function versionOf(program: string): string | undefined {
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return /v=?(\d[\d.]*)/.exec(stdout ?? "")?.[1];
}
