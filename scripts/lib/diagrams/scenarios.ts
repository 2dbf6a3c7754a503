/** What happens in the pictures: small scenes with real clients over real sockets. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pass, setImmediate as turn } from "node:timers/promises";
import type { Chapter } from "../../../chapters/manifest.ts";
import { newServer, type Server } from "./load.ts";
import { ServerObserver } from "./observe-server.ts";

/** Waits until nothing happens any more: forty turns of the event loop without a new event. */
export async function settled(events: () => number): Promise<void> {
  for (let quiet = 0, seen = -1; quiet < 40; quiet++) {
    await turn();
    if (events() !== seen) quiet = 0;
    seen = events();
  }
}

/** The stage of one scene: a server that is watched, and clients with names. */
export class Stage {
  readonly observer = new ServerObserver();
  /** Addresses by the names that the picture shows. */
  readonly names = new Map<string, string>();
  readonly #sockets = new Map<string, Socket>();
  #server: Server | undefined;
  #port = 0;

  static async open(chapter: Chapter, { idleSeconds = 300 }: Scene): Promise<Stage> {
    const stage = new Stage();
    await stage.observer.watch(chapter.folder);
    const server = await newServer(chapter.folder, idleSeconds);
    stage.#server = server;
    const listening = stage.observer.onStage(() => server.listen("127.0.0.1", 0));
    stage.#port = (await listening).port;
    return stage;
  }

  /** Connects a client, and waits until everybody has heard of it. */
  async connect(name: string): Promise<void> {
    const socket = connect({ port: this.#port, host: "127.0.0.1", noDelay: true }).resume();
    socket.on("error", () => {}); // the server may cut it off: that is what some scenes are about
    await once(socket, "connect");
    this.names.set(`${socket.localAddress}:${socket.localPort}`, name);
    this.#sockets.set(name, socket);
    await this.settle();
  }

  async say(name: string, ...lines: string[]): Promise<void> {
    this.#socket(name).write(lines.map((line) => `${line}\n`).join(""));
    await this.settle();
  }

  async end(name: string): Promise<void> {
    this.#socket(name).end();
    await this.settle();
  }

  async reset(name: string): Promise<void> {
    this.#socket(name).resetAndDestroy();
    await this.settle();
  }

  stall(name: string): void {
    this.#socket(name).pause();
  }

  /** Whether more has been said to it than the operating system takes. */
  behind(name: string): boolean {
    const [addr = ""] = [...this.names].find(([, each]) => each === name) ?? [];
    return this.observer.unsent(addr) > 0;
  }

  /** The scene begins here: what was before is not in the picture. */
  begin(): void {
    this.observer.steps.length = 0;
  }

  /** The server's end, with a grace of a second; clients end with it. */
  async shutdown(): Promise<void> {
    await this.#server?.close(1);
    await this.settle();
  }

  settle(): Promise<void> {
    return settled(() => this.observer.events);
  }

  async close(): Promise<void> {
    this.observer.paused = true;
    for (const socket of this.#sockets.values()) socket.destroy();
    await this.#server?.close(1);
    this.observer.unwatch();
  }

  #socket(name: string): Socket {
    const socket = this.#sockets.get(name);
    if (!socket) throw new Error(`nobody called ${name} is on the stage`);
    return socket;
  }
}

export interface Scene<S = Stage> {
  readonly id: string;
  /** The first chapter that has it, and the last. */
  readonly since: string;
  readonly until?: string;
  /** Who says nothing for so long is kicked; 300, unless the scene is about that. */
  readonly idleSeconds?: number;
  /** What the picture shows, in one sentence: its caption and its text alternative. */
  readonly caption: string;
  play(stage: S): Promise<void>;
}

export const scenes: readonly Scene[] = [
  {
    id: "life",
    since: "v01",
    until: "v01",
    caption: "The life of a connection: alice connects, says hello, hears it, and ends her side.",
    async play(stage) {
      await stage.connect("alice");
      await stage.say("alice", "hello");
      await stage.end("alice");
    },
  },
  {
    id: "reset",
    since: "v01",
    until: "v01",
    caption: "A reset: alice's connection breaks in the middle of a line, and her task ends.",
    async play(stage) {
      await stage.connect("alice");
      await stage.say("alice", "hello");
      await stage.reset("alice");
    },
  },
  {
    id: "life",
    since: "v02",
    caption:
      "The life of a connection: bob is there; alice arrives, is announced, speaks, and leaves.",
    async play(stage) {
      await stage.connect("bob");
      stage.begin();
      await stage.connect("alice");
      await stage.say("alice", "hello");
      await stage.end("alice");
    },
  },
  {
    id: "who",
    since: "v04",
    until: "v04",
    caption: "who: the answer goes straight to the asker's own outbox, and nobody else hears it.",
    async play(stage) {
      await stage.connect("alice");
      await stage.connect("bob");
      stage.begin();
      await stage.say("bob", "who");
    },
  },
  {
    id: "rename",
    since: "v05",
    until: "v05",
    caption: "rename: alice takes a name, bob asks for the same one in capitals, and is refused.",
    async play(stage) {
      await stage.connect("alice");
      await stage.connect("bob");
      stage.begin();
      await stage.say("alice", "rename|zoe");
      await stage.say("bob", "rename|ZOE");
      await stage.say("alice", "hi");
    },
  },
  {
    id: "private",
    since: "v06",
    until: "v06",
    caption: "A private message goes by the same queue as what all hear, but into one outbox only.",
    async play(stage) {
      await stage.connect("alice");
      await stage.connect("bob");
      await stage.say("bob", "rename|zoe");
      stage.begin();
      await stage.say("alice", "hi");
      await stage.say("alice", "to|zoe|psst");
      await stage.say("alice", "to|nobody|psst");
    },
  },
  {
    id: "reset",
    since: "v02",
    caption: "A reset: alice's connection breaks; bob hears that she is offline.",
    async play(stage) {
      await stage.connect("bob");
      await stage.connect("alice");
      stage.begin();
      await stage.reset("alice");
    },
  },
  {
    id: "cut-off",
    since: "v02",
    caption:
      "Cut off: alice does not read; the line that no longer fits into her outbox ends her connection.",
    async play(stage) {
      await stage.connect("bob");
      await stage.connect("alice");
      stage.begin();
      stage.stall("alice");
      stage.observer.paused = true;
      const line = "x".repeat(4000);
      while (!stage.behind("alice")) await stage.say("bob", ...Array(16).fill(line));
      for (let said = 0; stage.observer.paused && said < 20_000; said++)
        await stage.say("bob", line);
    },
  },
  {
    id: "kick",
    since: "v07",
    idleSeconds: 2,
    caption: "The kick: alice has said nothing for the limit; a farewell, and she is off the list.",
    async play(stage) {
      await stage.connect("alice");
      await pass(1000);
      await stage.connect("bob");
      stage.begin();
      for (let waited = 0; stage.observer.steps.length === 0 && waited < 5000; waited += 10)
        await pass(10);
      await stage.settle();
    },
  },
  {
    id: "quit",
    since: "v08",
    caption: "quit: a leave with a farewell, by the same way as the kick.",
    async play(stage) {
      await stage.connect("bob");
      await stage.connect("alice");
      stage.begin();
      await stage.say("alice", "hi", "quit", "never said");
    },
  },
  {
    id: "shutdown",
    since: "v08",
    caption: "The shutdown: what was said is delivered, then the last words, then the end.",
    async play(stage) {
      await stage.connect("bob");
      await stage.connect("alice");
      stage.begin();
      await stage.shutdown();
    },
  },
];
