/** The code of the chapters, to run it in this process. */
import { existsSync } from "node:fs";
import type { Socket } from "node:net";
import { chapters } from "../../../chapters/manifest.ts";

/** The parts of a chapter's server that the pictures need; v01 has no room. */
export interface Server {
  readonly tasks: { readonly running: string[] };
  readonly room?: { readonly online: Iterable<{ readonly connection: { readonly addr: string } }> };
  listen(host: string, port: number): Promise<{ port: number }>;
  accept(socket: Socket): void;
  close(graceSeconds?: number): Promise<unknown>;
}

/** A file of a chapter's; nothing is in it where there is none. */
export async function load(folder: string, file: string): Promise<Record<string, unknown>> {
  const url = new URL(`../../../chapters/${folder}/${file}`, import.meta.url);
  return existsSync(url) ? await import(url.href) : {};
}

/** A chapter's server that does not listen yet. */
export async function newServer(folder: string, idleSeconds: number): Promise<Server> {
  const { Server } = await load(folder, "server.ts");
  return new (Server as new (idleSeconds: number) => Server)(idleSeconds);
}

type ClientCode = typeof import("../../../chapters/v09-client/link.ts") &
  typeof import("../../../chapters/v09-client/screen.ts") &
  typeof import("../../../chapters/v09-client/chat.ts");

/** The parts of a chapter's client. */
export async function clientOf(folder: string): Promise<ClientCode> {
  const [link, screen, chat] = await Promise.all(
    ["link.ts", "screen.ts", "chat.ts"].map((file) => load(folder, file)),
  );
  return { ...link, ...screen, ...chat } as ClientCode;
}

/** On a busy machine this takes seconds; so it is done before the first clock of a server ticks. */
export async function loadAll(): Promise<void> {
  for (const { folder } of chapters) {
    await load(folder, "server.ts");
    await clientOf(folder);
  }
}
