/** A NATS for the cases that need one: a nats-server of this machine, started for the case and ended with it. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import type { NatsConnection } from "@nats-io/transport-node";
import { Unreachable } from "./need.ts";
import { Program } from "./program.ts";
import { type Listening, listen } from "./proxy.ts";
import { Failure } from "./transcript.ts";

const START_MS = 20_000; // it takes 20 ms; only a hang is as slow as this
const RETRY_MS = 10;
const READY = "Server is ready";

type Variables = Readonly<Record<string, string | undefined>>;

const OURS = process.env.PATH ?? process.env.Path ?? "";
/** Debian's package puts it where only the administrator's PATH leads. */
const PLACES: Variables = { PATH: [OURS, "/usr/sbin"].join(delimiter) };

/** The file of a `nats-server` on the PATH; undefined where there is none. */
export function findNats(env: Variables = PLACES): string | undefined {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return ["nats-server", "nats-server.exe"]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

export interface NatsOptions {
  /** Without it, there are no buckets. */
  readonly jetstream?: boolean;
  /** More lines of its configuration, such as `authorization { user: al, password: secret }`. */
  readonly more?: string;
}

/** One that nobody else uses, on a port of its own. */
export class Nats {
  readonly port: number;
  readonly #file: string;
  readonly #folder = mkdtempSync(join(tmpdir(), "chat-nats-"));
  readonly #ways: Way[] = [];
  readonly #connections: NatsConnection[] = [];
  #program: Program | undefined;

  /** It takes that port. Throws {@link Unreachable} where there is no program for it. */
  static async start(
    port: number,
    options: NatsOptions = {},
    env: Variables = PLACES,
  ): Promise<Nats> {
    const file = findNats(env);
    if (file === undefined) throw new Unreachable("there is no nats-server here");
    const nats = new Nats(file, port, options);
    await nats.back();
    return nats;
  }

  private constructor(file: string, port: number, { jetstream = true, more = "" }: NatsOptions) {
    this.#file = file;
    this.port = port;
    const store = `jetstream { store_dir: ${JSON.stringify(this.#store)} }`;
    const lines = [`listen: "127.0.0.1:${port}"`, jetstream ? store : "", more, ""];
    writeFileSync(this.#config, lines.join("\n"));
  }

  /** Straight to it, as nobody in particular. */
  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** One more way to it, which can be cut by itself. */
  async way(): Promise<Way> {
    const way = await Way.to(this.port);
    this.#ways.push(way);
    return way;
  }

  /** Its process ends at once; what it has stored stays. */
  async kill(): Promise<void> {
    this.#program?.kill();
    await this.#program?.closed;
  }

  /** It serves again on the same port, with what it has stored or without. */
  async back(store: "kept" | "lost" = "kept"): Promise<void> {
    if (store === "lost") rmSync(this.#store, { recursive: true, force: true, maxRetries: 5 });
    const program = new Program([this.#file, "-c", this.#config]);
    this.#program = program;
    for (const end = Date.now() + START_MS; !program.stderr.includes(READY); await pass(RETRY_MS)) {
      if (program.end !== undefined)
        throw new Error(`nats-server has ended (${program.end}): ${program.stderr}`);
      if (Date.now() > end)
        throw new Failure("hang", `nats-server was not ready after ${START_MS / 1000} s`);
    }
  }

  /** It holds its connections, and does nothing, until it is told to {@link wake}. */
  freeze(): void {
    this.#program?.signal("SIGSTOP");
  }

  wake(): void {
    this.#program?.signal("SIGCONT");
  }

  /** For the test itself, as somebody who knows the way: it may publish whatever it likes. */
  async connection(): Promise<NatsConnection> {
    const { connect } = await import("@nats-io/transport-node"); // for those who need it
    const connection = await connect({ servers: this.url });
    this.#connections.push(connection);
    return connection;
  }

  async stop(): Promise<void> {
    this.wake(); // frozen, it would hold who closes a connection to it
    for (const connection of this.#connections) await connection.close();
    for (const way of this.#ways) way.close();
    await this.kill();
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 5 }); // Windows keeps files for a moment
  }

  get #store(): string {
    return join(this.#folder, "store");
  }

  get #config(): string {
    return join(this.#folder, "nats.conf");
  }
}

const NEVER = Number.POSITIVE_INFINITY;

/** Between one node and NATS: while it is cut, the others have theirs. */
export class Way {
  readonly #network;
  #proxy: Listening | undefined;
  #port = 0;
  #flows = Promise.resolve();
  #flow = () => {};

  static async to(port: number): Promise<Way> {
    const way = new Way(port);
    await way.heal();
    return way;
  }

  private constructor(port: number) {
    this.#network = {
      to: { host: "127.0.0.1", port },
      ...{ slice: NEVER, joinMs: 0, delayMs: 0, stallAfter: NEVER, resetAfter: NEVER, seed: 1 },
      hold: () => this.#flows,
    };
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** Whoever is connected gets a reset, and whoever connects is refused. */
  cut(): void {
    this.#proxy?.close();
    this.#proxy = undefined;
  }

  /** Nothing goes through any more, and nobody is told; what was sent waits. */
  silence(): void {
    this.#flows = new Promise((resolve) => {
      this.#flow = resolve;
    });
  }

  /** It is as it was, at the same address; what has waited goes through. */
  async heal(): Promise<void> {
    this.#flow();
    this.#proxy ??= await listen({ host: "127.0.0.1", port: this.#port }, this.#network);
    this.#port = this.#proxy.port;
  }

  close(): void {
    this.#flow(); // a piece that waits would hold us
    this.cut();
  }
}
