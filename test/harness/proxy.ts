/** A TCP proxy: to each client's connection one to the server, and two directions between them. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as after } from "node:timers/promises";
import { text } from "./client.ts";
import { type Abuse, type Limit, pieces } from "./direction.ts";
import { escaped } from "./transcript.ts";

/** Between the last bytes and the reset, so that they are read: a reset may throw away what was not. */
const BREAK_MS = 100;

export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface Options extends Abuse {
  /** The server. */
  readonly to: Address;
  /** After so many bytes for a client, the server is not read until the client ends its side. */
  readonly stallAfter: number;
  /** When the server has got so many bytes from a client, both of them get a reset. */
  readonly resetAfter: number;
  /** Each piece for a client waits for this: what it has asked for is done, and it does not hear so. */
  readonly mute?: () => Promise<void>;
  /** Is told of each piece, before it goes on: whose it is, and `>` if it is for the server. */
  readonly passes?: (client: number, sign: ">" | "<") => void;
  /** All chance comes from it: for the same client (the first, the second …), the same numbers. */
  readonly seed: number;
  /** Is told everything that goes through: `2 > hi\n` from the second client, `2 < …` to it, `2 * …` what happens to it. */
  readonly log?: ((line: string) => void) | undefined;
}

export interface Listening extends Address {
  /** Resets whoever is connected, and listens no more. */
  close(): void;
}

/** Serves until it is closed, and gives its own address. Rejects when the port is in use. */
export async function listen({ host, port }: Address, options: Options): Promise<Listening> {
  // allowHalfOpen: a client that has sent all and ended its side may still wait for the answer.
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  const open = new Set<Socket>();
  let clients = 0;
  const keep = (socket: Socket) => open.add(socket.once("close", () => open.delete(socket)));
  listener.on("connection", (client) => {
    keep(client);
    if (listener.listening) void pass(client, ++clients, options, keep);
    else client.resetAndDestroy(); // it came in the last moment
  });
  listener.listen(port, host);
  await once(listener, "listening");
  listener.on("error", (error) => console.error(`cannot accept: ${error.message}`));
  const address = listener.address() as AddressInfo;
  const close = () => {
    listener.close();
    for (const socket of open) reset(socket);
  };
  return { host: address.address, port: address.port, close };
}

/** One client, to the end of its connection and of the one to the server, which is handed to `keep`. */
async function pass(
  client: Socket,
  n: number,
  options: Options,
  keep: (server: Socket) => void,
): Promise<void> {
  const server = connect({ ...options.to, allowHalfOpen: true, noDelay: true });
  keep(server);
  for (const socket of [client, server]) socket.on("error", () => {}); // whoever reads or writes hears of it
  try {
    await once(server, "connect");
  } catch (error) {
    console.error(
      `client ${n} is disconnected, since the server cannot be reached: ${(error as Error).message}`,
    );
    reset(client);
    return;
  }
  try {
    await bothWays(client, server, n, options);
  } catch {
    // One of the four ends is broken: then all of it is.
    const whose = client.errored ? "the client" : server.errored ? "the server" : "the proxy";
    reset(client);
    reset(server);
    options.log?.(`${n} * ${whose} has reset the connection`);
  }
}

/** Passes everything on, and at last that it is over. Rejects when one of the two breaks. */
async function bothWays(client: Socket, server: Socket, n: number, options: Options) {
  const carry = async (from: Socket, to: Socket, sign: ">" | "<", seed: number, limit: Limit) => {
    for await (const piece of pieces(from, options, seed, limit)) {
      if (from === server) await options.mute?.();
      options.passes?.(n, sign);
      options.log?.(`${n} ${sign} ${escaped(text(piece), Number.POSITIVE_INFINITY)}`);
      await new Promise<void>((resolve, reject) => {
        to.write(piece, (error) => (error ? reject(error) : resolve()));
      });
    }
    to.end();
    options.log?.(`${n} * the ${from === client ? "client" : "server"} has ended its side`);
  };
  const breaks = async () => {
    await after(BREAK_MS);
    throw new Error("it was to break here");
  };
  const seed = options.seed + 2 * n;
  const sent = carry(client, server, ">", seed, { bytes: options.resetAfter, reached: breaks });
  const stall = { bytes: options.stallAfter, reached: () => sent };
  const heard = carry(server, client, "<", seed + 1, stall);
  await Promise.all([sent, heard]);
}

/** In the middle of an orderly end, Node's reset would fail and leave the descriptor open. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
