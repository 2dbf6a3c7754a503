/** A fault is an abuse, run against every chapter it applies to; docs/faults/ tells a student what to know about it. */
import { cases } from "../cases/index.ts";
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import type { Server } from "../harness/server.ts";

export const GROUPS = {
  framing: "Framing: TCP carries bytes, and no messages",
  encoding: "Encoding: bytes that are not text, and characters that cannot be seen",
  commands: "Commands: right, wrong and random",
  names: "Names: two users who look like one",
  readers: "Slow and stalled readers",
  floods: "Floods: more than can be delivered",
  churn: "Churn: coming and going",
  endings: "Endings: half-open, half-closed, reset",
  descriptors: "Descriptors: when no more are left",
  shutdown: "Shutdown: abuse at the very end",
  idle: "The idle limit",
  web: "Questions over HTTP",
  websocket: "WebSocket: wrong handshakes and frames",
  packets: "Packets: false lengths, and logins that never end",
  history: "The history: the disk, the file, and who asks",
  database: "The database: somebody else's",
  cluster: "Several nodes: killed, frozen, cut off, and false messages",
} as const;

export type Group = keyof typeof GROUPS;

/** Most of them cost a right server a MiB or two: this is far from the noise. */
export const MEMORY = 40;

/** What it comes to. */
interface Cost {
  /** How the server gets out of it, in one or two words: `cut off`, `slowed`. */
  readonly how: string;
  /** By how many MiB the server's greatest memory may grow meanwhile; {@link MEMORY}, if nothing is said. */
  readonly memory?: number;
  /** Takes too long for `npm test`. */
  readonly slow?: true;
  /** How long it may take, if not two minutes: only a hang is as slow. */
  readonly deadlineMs?: number;
}

type Id = `${Group}/${string}`;

type Conditions = Pick<
  Case,
  "since" | "until" | "needs" | "args" | "alone" | "descriptors" | "disk" | "stderr"
>;

/** Two users of our own, who do nothing wrong and must not notice a thing. */
export type Pair = readonly [Client, Client];

/** When the {@link Pair} is there. */
type Abuse =
  | {
      readonly pair?: "throughout";
      run(server: Server, pair: Pair): Promise<void>;
    }
  | {
      /** `after`: the room is otherwise empty. `before`: the abuse ends the server, as it should. */
      readonly pair: "after" | "before";
      run(server: Server): Promise<void>;
    };

export type Fault = Cost &
  Conditions &
  Abuse & {
    /** Stable; its first part is the {@link Group}: `framing/byte-a-packet`. */
    readonly id: Id;
    /** The case of test/cases that it runs. */
    readonly wraps?: string;
  };

export function groupOf({ id }: Fault): Group {
  return id.slice(0, id.indexOf("/")) as Group;
}

/** The abuse is a case that the chapters are held to anyway. */
export function wrap(
  id: Id,
  wraps: string,
  cost: Cost & { readonly pair?: "throughout" | "after" | "before" },
): Fault {
  const test = cases.find(({ id }) => id === wraps);
  if (!test) throw new Error(`no case ${wraps} in test/cases`);
  const { clause, already, fault, ...conditions } = test;
  return { ...conditions, ...cost, id, wraps, run: (server: Server) => test.run(server) };
}

/** So many clients at once. */
export function crowd(
  server: Server,
  count: number,
  options: Parameters<Server["connect"]>[0] = {},
): Promise<Client[]> {
  return Promise.all(Array.from({ length: count }, () => server.connect(options)));
}

/** So many at once, and each is in. */
export async function present(server: Server, count: number): Promise<Client[]> {
  const clients = await crowd(server, count);
  for (const client of clients) await client.sync();
  return clients;
}

/** Who is online, line by line. */
export async function list(user: Client): Promise<string[]> {
  user.send("who");
  return (await user.sync()).filter((line) => line.endsWith(":online..."));
}

/** Until it is over, both go on talking. How many of their tokens came back, and what each has heard. */
export async function meanwhile(
  pair: Pair,
  over: Promise<unknown>,
): Promise<{ tokens: number; heard: string[][] }> {
  let open = true;
  let tokens = 0;
  const closing = over.finally(() => {
    open = false;
  });
  const talk = async (user: Client) => {
    const heard: string[] = [];
    for (; open; tokens++) for (const line of await user.sync()) heard.push(line);
    return heard.concat(await user.sync());
  };
  const [, ...heard] = await Promise.all([closing, ...pair.map(talk)]);
  return { tokens, heard };
}
