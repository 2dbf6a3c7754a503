/** The code of the chapters, to run it in this process. */
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { chapters } from "../../../chapters/manifest.ts";

export interface Class<Self> {
  readonly prototype: Self;
}

/** The parts of a chapter's server that the pictures need; v01 has no room. */
export interface Server {
  readonly tasks: { readonly running: string[] };
  readonly room?: { readonly online: Iterable<{ readonly connection: Connection }> };
  listen(host: string, port: number): Promise<{ port: number }>;
  accept(socket: Socket): void;
  close(graceSeconds?: number): Promise<unknown>;
}

export interface Connection {
  readonly addr: string;
  readonly outbox: Channel;
}

export interface Channel {
  readonly closed: boolean;
}

/** What the files of a chapter export. */
type Code = Pick<typeof import("../../../chapters/v09-client/link.ts"), "Link"> &
  Pick<typeof import("../../../chapters/v09-client/screen.ts"), "Screen"> &
  Pick<typeof import("../../../chapters/v09-client/chat.ts"), "Chat"> & {
    readonly Server: Class<Server> & (new (idleSeconds: number) => Server);
    readonly TaskGroup: Class<object>;
    // v01 has none of these.
    readonly Channel?: Class<Channel>;
    readonly Connection?: Class<Connection>;
    readonly Room?: Class<object>;
  };

/** Some files of a chapter's together; nothing is in one that is not there. */
export async function load(folder: string, ...files: string[]): Promise<Code> {
  const urls = files.map((file) => new URL(`../../../chapters/${folder}/${file}`, import.meta.url));
  const there = urls.filter((url) => existsSync(url));
  return Object.assign({}, ...(await Promise.all(there.map(({ href }) => import(href)))));
}

/** A chapter's server that does not listen yet. */
export async function newServer(folder: string, idleSeconds: number): Promise<Server> {
  const { Server } = await load(folder, "server.ts");
  return new Server(idleSeconds);
}

/** On a busy machine this takes seconds; so it is done before the first clock of a server ticks. */
export async function loadAll(): Promise<void> {
  for (const { folder } of chapters) await load(folder, "server.ts", "chat.ts");
}
