/** Who is measured: how each is started, and how a user of it says hello and speaks. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Chapter } from "../../../chapters/manifest.ts";
import { chapter, program, type Target, throughTsx } from "../../../test/harness/target.ts";

const IDLE_SECONDS = "2000000"; // who only listens is idle, and is not to be kicked

export interface Contender {
  readonly id: string;
  /** How it is started. It is given a free port, or picks one itself and says `listening on HOST:PORT`. */
  argv(port: number): string[] | Promise<string[]>;
  readonly announces: boolean;
  /** What a user sends first, and what tells it that it is in. */
  readonly hello: string;
  readonly greeting: string;
  /** What a user sends to say a text to all, itself included. */
  say(text: string): string;
  /** A chat: everybody hears who comes. */
  readonly chat: boolean;
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

export function chapterContender(of: Chapter): Contender {
  return chat(
    of.id,
    chapter(of, { tsx: true }),
    of.id >= "v07" ? ["--idle-timeout", IDLE_SECONDS] : [],
  );
}

/** A learner's own server, in any language: `python3 server.py {port}`. */
export function ownContender(line: string, id: string): Contender {
  return chat(id, program(line));
}

const NAIVE = throughTsx(fileURLToPath(new URL("./naive.ts", import.meta.url)));
export const naive = chat("naive", { can: [], announces: true, argv: () => NAIVE });

/** Redis Pub/Sub, by RESP 3: in that, who has subscribed may publish too. */
const redis: Contender = {
  id: "redis",
  argv: (port) => [
    ...["redis-server", "--port", `${port}`, "--bind", "127.0.0.1"],
    ...["--save", "", "--appendonly", "no"], // it keeps nothing
  ],
  announces: false,
  hello: "HELLO 3\r\nSUBSCRIBE room\r\n",
  greeting: "room\r\n:1\r\n",
  say: (text) => `*3\r\n$7\r\nPUBLISH\r\n$4\r\nroom\r\n$${text.length}\r\n${text}\r\n`,
  chat: false,
};

const nats: Contender = {
  id: "nats",
  argv: (port) => ["nats-server", "-a", "127.0.0.1", "-p", `${port}`],
  announces: false,
  hello: 'CONNECT {"verbose":false,"echo":true}\r\nSUB room 1\r\nPING\r\n',
  greeting: "PONG\r\n",
  say: (text) => `PUB room ${text.length}\r\n${text}\r\n`,
  chat: false,
};

export interface Peer {
  readonly contender: Contender;
  readonly program: string;
  /** Where its `--version` says it. */
  readonly version: RegExp;
  /** The oldest major version that knows what we ask of it. */
  readonly oldest: number;
  readonly install: string;
}

export const peers: readonly Peer[] = [
  {
    contender: redis,
    program: "redis-server",
    version: /v=(\d+\S*)/,
    oldest: 6,
    install: "apt install redis-server, or brew install redis",
  },
  {
    contender: nats,
    program: "nats-server",
    version: /v(\d+\S*)/,
    oldest: 2,
    install: "apt install nats-server, or brew install nats-server",
  },
];

/** Its version; undefined when it is not installed. */
export function installed({ program, version }: Peer): string | undefined {
  try {
    const said = execFileSync(program, ["--version"], { encoding: "utf8", stdio: "pipe" });
    return version.exec(said)?.[1];
  } catch {
    return undefined; // not there
  }
}
