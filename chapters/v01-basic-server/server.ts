/** Accepts clients, and gives each a task of its own. */
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { finished } from "node:stream/promises";
import { encode, MAX_LINE, readLines, TOO_LONG, write } from "./lines.ts";
import { TaskGroup } from "./tasks.ts";

export class Server {
  readonly tasks = new TaskGroup();
  // allowHalfOpen: a client that has sent all and ended its side may still wait for the answer.
  readonly #listener = createServer({ allowHalfOpen: true, noDelay: true });
  readonly #sockets = new Set<Socket>();

  /** Serves until {@link close}. Rejects when the port is in use, or is not ours to take. */
  async listen(host: string, port: number): Promise<AddressInfo> {
    this.#listener.on("connection", (socket) => this.accept(socket));
    this.#listener.listen(port, host);
    await once(this.#listener, "listening");
    this.#listener.on("error", (error) => console.error(`cannot accept: ${error.message}`));
    return this.#listener.address() as AddressInfo;
  }

  /** Ends every connection; when it resolves, no task is left. */
  async close(): Promise<void> {
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.tasks.wait();
  }

  accept(socket: Socket): void {
    socket.on("error", () => {}); // a reset: its lines end, and that is all we need to know
    this.tasks.go(`handler ${socket.remoteAddress}:${socket.remotePort}`, () =>
      this.handle(socket),
    );
  }

  /** One client, from its first line to its last. */
  async handle(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    for await (const line of readLines(socket)) {
      const reply = line === TOO_LONG ? `line too long: at most ${MAX_LINE} bytes` : line;
      if (reply !== "") await write(socket, encode(reply));
    }
    socket.end();
    await finished(socket).catch(() => {}); // the last reply is out, or nobody is there to take it
    socket.destroy();
    this.#sockets.delete(socket);
  }
}
