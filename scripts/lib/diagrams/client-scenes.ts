/** What happens in the pictures of the client: alice sits at a terminal that exists only in memory. */
import type { Chapter } from "../../../chapters/manifest.ts";
import { FakeTerminal } from "../../../test/harness/terminal.ts";
import { newServer, type Server } from "./load.ts";
import { ClientObserver } from "./observe-client.ts";
import { type Scene, settled } from "./scenarios.ts";
import { sit } from "./sit.ts";

/** The stage of one scene: the client is watched, the server is a box of which only the wire is seen. */
export class ClientStage {
  readonly observer = new ClientObserver();
  /** Addresses by the names that the picture shows. */
  readonly names = new Map<string, string>();
  readonly #terminal = new FakeTerminal();
  readonly #folder: string;
  readonly #idleSeconds: number;
  #server: Server | undefined;
  #port = 0;
  #running = Promise.resolve();

  static async open(
    { folder }: Chapter,
    { idleSeconds = 300 }: Scene<ClientStage>,
  ): Promise<ClientStage> {
    const stage = new ClientStage(folder, idleSeconds);
    await stage.observer.watch(folder);
    return stage;
  }

  private constructor(folder: string, idleSeconds: number) {
    this.#folder = folder;
    this.#idleSeconds = idleSeconds;
  }

  /** A server on a free port; the next one comes to the port of the last. */
  async serve(): Promise<void> {
    const server = await newServer(this.#folder, this.#idleSeconds);
    this.#port = (await server.listen("127.0.0.1", this.#port)).port;
    this.#server = server;
  }

  async stopServing(): Promise<void> {
    await this.#server?.close(1);
  }

  /** The client starts, and its user sees the first lines. Rejects when nobody serves. */
  async sit(name = ""): Promise<void> {
    const seat = { folder: this.#folder, port: this.#port, terminal: this.#terminal, name };
    const { over } = await sit(seat, (run) => this.observer.onStage(run));
    this.#running = over;
    await this.shows(name === "" ? /:online$/m : "you are now ");
  }

  /** Keys and Enter. */
  type(line: string): void {
    this.#terminal.type(`${line}\r`);
  }

  /** Waits until the screen shows it, and all that came with it has happened. */
  async shows(what: string | RegExp): Promise<void> {
    await this.#terminal.shows(what);
    for (const { connection } of this.#server?.room?.online ?? []) {
      this.names.set(connection.addr, "alice");
    }
    await settled(() => this.observer.events);
  }

  /** Waits until the client has ended. */
  async ended(): Promise<void> {
    await this.#running;
  }

  /** The scene begins here: what was before is not in the picture. */
  begin(): void {
    this.observer.steps.length = 0;
  }

  async close(): Promise<void> {
    this.observer.paused = true;
    this.#terminal.type("\u0003");
    await this.#running;
    await this.stopServing();
    this.observer.unwatch();
  }
}

export const clientScenes: readonly Scene<ClientStage>[] = [
  {
    id: "client-life",
    since: "v09",
    caption: "The life of a client: alice starts it, hears of herself, says hello, and quits.",
    async play(stage) {
      await stage.serve();
      await stage.sit();
      stage.type("1");
      await stage.shows("to all>");
      stage.type("hello");
      await stage.shows(/\]\S+:hello$/m);
      stage.type("quit");
      await stage.ended();
    },
  },
  {
    id: "lost",
    since: "v09",
    caption: "The server goes away, and comes back: so does the client, with its name.",
    async play(stage) {
      await stage.serve();
      await stage.sit("alice");
      stage.type("1");
      await stage.shows("to all>");
      stage.begin();
      await stage.stopServing();
      await stage.shows("next try in 2 s"); // which leaves two seconds for what comes now
      stage.type("anybody?");
      await stage.shows("not sent");
      await stage.serve();
      await stage.shows(/is back\n(.*\n)*you are now/);
    },
  },
  {
    id: "farewell",
    since: "v09",
    idleSeconds: 2,
    caption: "A farewell: who was kicked does not come back by itself; the client ends.",
    async play(stage) {
      await stage.serve();
      await stage.sit();
      stage.begin();
      await stage.ended();
    },
  },
  {
    id: "quit-while-waiting",
    since: "v09",
    caption: "Quit while the server is away: the wait is over at once.",
    async play(stage) {
      await stage.serve();
      await stage.sit();
      stage.begin();
      await stage.stopServing();
      await stage.shows("next try in 1 s");
      stage.type("quit");
      await stage.ended();
    },
  },
  {
    id: "nobody-serves",
    since: "v09",
    caption: "Nobody serves: the client does not even begin.",
    async play(stage) {
      await stage.serve();
      await stage.stopServing();
      await stage.sit().catch(() => {}); // that is what this scene is about
    },
  },
];
