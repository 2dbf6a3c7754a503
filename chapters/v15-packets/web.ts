/** HTTP: the chat page and the way to its WebSocket; what the server says of itself. */
import { once } from "node:events";
import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { type Answer, handshake, plain, wantsWebSocket } from "./handshake.ts";
import { countByKind, metricsOf } from "./metrics.ts";
import { PAGE, PAGE_HEADERS } from "./page.ts";
import type { Server } from "./server.ts";
import { WEBSOCKET, WebSocketDecoder } from "./websocket.ts";
import { WHEEL } from "./wheel.ts";

const MOST_ASKING = 1000; // twice the system's queue of new connections: so many pages may reload at once
const ASKING_MS = 10_000; // for a question and its answer, however slow the connection

export interface WebSettings {
  /** The origins of pages from elsewhere that may chat here, such as `https://chat.example.org`. */
  readonly origins: readonly string[];
  readonly pingSeconds: number;
}

export class Web {
  readonly #server: Server;
  readonly #settings: WebSettings;
  readonly #metrics;
  /** The connections that are no WebSockets, in the order they came; each has a time limit. */
  readonly #asking = new Map<Socket, NodeJS.Timeout>();
  readonly #listener = createServer((request, response) => {
    const { method, url } = request;
    this.#server.tasks.go(`web ${method} ${url}`, async () => {
      const { status, headers, text } = await this.answer(request);
      response.writeHead(status, headers).end(text);
    });
  });

  constructor(server: Server, settings: WebSettings) {
    this.#server = server;
    this.#settings = settings;
    // Else a thousand requests in one packet would all be answered before anybody may chat again.
    this.#listener.maxRequestsPerSocket = 1;
    this.#listener.on("connection", (socket) => this.#asks(socket));
    this.#listener.on("upgrade", (request, socket, head) =>
      this.#server.tasks.go(`web upgrade ${request.url}`, () =>
        this.upgrade(request, socket as Socket, head),
      ),
    );
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
    for (const socket of this.#asking.keys()) socket.destroy();
  }

  /** Slow clients hold up nobody: each has a time limit, and if they are too many, the oldest is dropped. */
  #asks(socket: Socket): void {
    const [first] = this.#asking.keys();
    if (first && this.#asking.size === MOST_ASKING) {
      this.#asked(first);
      first.destroy();
    }
    this.#asking.set(
      socket,
      setTimeout(() => socket.destroy(), ASKING_MS),
    );
    socket.once("close", () => this.#asked(socket));
  }

  #asked(socket: Socket): void {
    clearTimeout(this.#asking.get(socket));
    this.#asking.delete(socket);
  }

  /** A request to change from HTTP to something else; `head` are the first bytes after it. */
  async upgrade(request: IncomingMessage, socket: Socket, head: Buffer): Promise<void> {
    socket.on("error", () => {}); // it may be gone already
    const { status, headers, text } = await this.answer(request);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const answer = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${text}`;
    if (status !== 101) return void socket.end(answer, () => socket.destroy());
    socket.write(answer);
    this.#asked(socket);
    socket.unshift(head);
    this.#chat(socket);
  }

  #chat(socket: Socket): void {
    const decoder = new WebSocketDecoder();
    const connection = this.#server.accept(socket, WEBSOCKET, decoder);
    if (connection === undefined) return;
    const wait = () => WHEEL.start(this.#settings.pingSeconds * 1000, beat);
    const beat = () => {
      limit = wait();
      if (connection.outbox.closed) return; // it is leaving, and close() has set a limit for that
      const ping = decoder.ping(this.#server.onPong);
      if (ping) connection.outbox.trySend(ping);
      else connection.cutOff();
    };
    let limit = wait();
    socket.once("close", () => limit.stop());
  }

  async answer(request: IncomingMessage): Promise<Answer> {
    const { closing, tasks } = this.#server;
    const { url } = request;
    if (wantsWebSocket(request)) {
      return closing ? plain(503, "shutting down\n") : handshake(request, this.#settings.origins);
    }
    if (url === "/") return { status: 200, headers: PAGE_HEADERS, text: PAGE };
    if (url === "/healthz") return closing ? plain(503, "shutting down\n") : plain(200, "ok\n");
    if (url === "/metrics") {
      const figures = await this.#metrics.metrics();
      return plain(200, figures, { "content-type": this.#metrics.contentType });
    }
    if (url === "/tasks?names") return plain(200, `${tasks.running.join("\n")}\n`);
    if (url === "/tasks") {
      const kinds = Object.entries(countByKind(tasks.running));
      return plain(200, kinds.map(([kind, count]) => `${count} ${kind}\n`).join(""));
    }
    return plain(404, "there is /, /chat, /healthz, /metrics, /tasks and /tasks?names\n");
  }
}
