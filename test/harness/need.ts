/** What a case asks of a server beyond its socket. */

/** Where it cannot be had, the case is not reached. */
export type Need = keyof typeof NEEDS;

export const NEEDS = {
  cli: "the command line that docs/protocol.md describes",
  web: "a port for HTTP, such as --web-port 8889",
  packets: "a port for packets, such as --packet-port 8890",
  args: "options, such as --idle-timeout 3",
  memory: "a way to see the server's memory",
  cpu: "a way to see the server's processor time",
  descriptors: "a way to see the server's descriptors",
  ulimit: "a limit for the server's descriptors",
  mount: "the right to mount a file system",
  addresses: "many local addresses for clients",
  signals: "signals, and the closing line",
  database: "a MongoDB: docs/mongodb.md says how to get one",
  nats: "a nats-server: docs/nats.md says how to get one",
} as const;

/** Among a server's options: the URL of a database. */
export const DATABASE = "{database}";
/** Among them: a file with a secret, from v15 on. */
export const SECRET = "{secret}";

/** Among them, from v16 on: the URL of a NATS, which all nodes of a case share; another way to it, for this node only; the node's name. */
export const [NATS, WAY, NODE] = ["{nats}", "{way}", "{node}"];

/** Thrown by a case that finds out on the way that something it needs cannot be had. */
export class Unreachable extends Error {}

/** Under which conditions a server is to run, and what it is to hold there. */
export interface Conditions {
  /** The clause of docs/protocol.md that is held. */
  readonly clause: string;
  /** What to look at when it fails, where that cannot be told from the lines alone. */
  readonly hint?: string;
  readonly needs?: readonly Need[];
  /** What its clients speak, if not lines. */
  readonly wire?: "websocket" | "packets";
  /** More options for the server; `{database}` becomes the URL of a database of its own, `{secret}` a file; `{nats}` and the like: see above. */
  readonly args?: readonly string[];
  /** Its process may hold no more than so many descriptors. */
  readonly descriptors?: number;
  /** Its disk is a stub, which `server.disk()` makes slow, full or broken: for servers that write as the chapters do. */
  readonly disk?: true;
  /** Its clock is ahead by so many milliseconds. */
  readonly clock?: number;
  /** Lines that it may print on stderr; any other one fails the case. */
  readonly stderr?: RegExp;
}

/** All that a case needs. */
export function needs(test: Pick<Conditions, "needs" | "args">): Need[] {
  const { needs = [], args } = test;
  const database = args?.includes(DATABASE) ? ["database" as const] : [];
  const nats = args?.some((arg) => arg === NATS || arg === WAY) ? ["nats" as const] : [];
  return [...needs, ...(args ? ["args" as const] : []), ...database, ...nats];
}
