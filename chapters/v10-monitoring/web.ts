/** What a running server says of itself over HTTP: whether it is well, its figures, its tasks. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { countByKind, metricsOf } from "./metrics.ts";
import type { Server } from "./server.ts";

const MOST_CONNECTIONS = 100; // each takes a descriptor, which a user may need

export class Web {
  readonly #server: Server;
  readonly #metrics;
  readonly #listener = createServer((request, response) => {
    const { method, url } = request;
    this.#server.tasks.go(`web ${method} ${url}`, () => this.answer(request, response));
  });

  constructor(server: Server) {
    this.#server = server;
    // Else a thousand requests in one packet would all be answered before anybody may chat again.
    this.#listener.maxRequestsPerSocket = 1;
    this.#listener.maxConnections = MOST_CONNECTIONS;
    this.#metrics = metricsOf(server);
  }

  /** Gives its URL. It does not keep the process running: without the chat, it is of no use. */
  async listen(host: string, port: number): Promise<string> {
    this.#listener.listen(port, host).unref();
    await once(this.#listener, "listening");
    this.#listener.on("error", (error) => console.error(`web cannot accept: ${error.message}`));
    const { address, family, port: bound } = this.#listener.address() as AddressInfo;
    return `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`;
  }

  close(): void {
    this.#listener.close();
    this.#listener.closeAllConnections();
  }

  async answer({ url = "" }: IncomingMessage, response: ServerResponse): Promise<void> {
    const { closing, tasks } = this.#server;
    response.setHeader("content-type", "text/plain; charset=utf-8");
    response.setHeader("connection", "close"); // even if the client has asked more
    if (url === "/healthz") {
      response.writeHead(closing ? 503 : 200).end(closing ? "shutting down\n" : "ok\n");
    } else if (url === "/metrics") {
      response.setHeader("content-type", this.#metrics.contentType);
      response.end(await this.#metrics.metrics());
    } else if (url === "/tasks?names") response.end(`${tasks.running.join("\n")}\n`);
    else if (url === "/tasks") {
      const kinds = Object.entries(countByKind(tasks.running));
      response.end(kinds.map(([kind, count]) => `${count} ${kind}\n`).join(""));
    } else response.writeHead(404).end("there is /healthz, /metrics, /tasks and /tasks?names\n");
  }
}
