/** A MongoDB for the cases that need one: MONGO_URL's, or a program of this machine, started for the case and ended with it. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { setTimeout as pass } from "node:timers/promises";
import type { Db } from "mongodb";
import { Unreachable } from "./need.ts";
import { Program } from "./program.ts";
import { type Listening, listen } from "./proxy.ts";
import { Failure } from "./transcript.ts";

const START_MS = 30_000; // a new mongod makes 200 MB of files first
const RETRY_MS = 20;
const NEVER = Number.POSITIVE_INFINITY;

type Variables = Readonly<Record<string, string | undefined>>;

/** MONGO_URL, else the file of a `mongod` or a `ferretdb` on the PATH; undefined where there is neither. */
export function findDatabase(env: Variables = process.env): string | undefined {
  if (env.MONGO_URL) return env.MONGO_URL;
  const folders = (env.PATH ?? env.Path ?? "").split(delimiter).filter((folder) => folder !== "");
  return ["mongod", "mongod.exe", "ferretdb", "ferretdb.exe"]
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((file) => existsSync(file));
}

/** A database that nobody else uses, behind a proxy: for whoever has its URL, it can be away, frozen or slow. */
export class Database {
  /** For the test itself, around the proxy. */
  readonly #direct: URL;
  readonly #own: Own | undefined;
  /** What the proxy does; it looks at this with each piece that goes through. */
  readonly #network;
  #login = {};
  #proxy: Listening | undefined;
  #port = 0;
  #thawed = Promise.resolve();
  #thaw = () => {};
  #answers = Promise.resolve();
  /** The connections on which somebody waits for an answer. */
  readonly #asking = new Set<number>();

  private constructor(direct: URL, own: Own | undefined) {
    this.#direct = direct;
    this.#own = own;
    this.#network = {
      to: { host: direct.hostname, port: Number(direct.port || 27017) },
      ...{ slice: NEVER, joinMs: 0, delayMs: 0, stallAfter: NEVER, resetAfter: NEVER, seed: 1 },
      hold: () => this.#thawed,
      mute: () => this.#answers,
      passes: (client: number, sign: ">" | "<") => {
        if (sign === ">") this.#asking.add(client);
        else this.#asking.delete(client);
      },
    };
  }

  /** If a program has to be started, it takes that port. Throws {@link Unreachable} where there is none. */
  static async start(port: number, env: Variables = process.env): Promise<Database> {
    const found = findDatabase(env);
    if (found === undefined) throw new Unreachable("there is no database here");
    const own = env.MONGO_URL ? undefined : new Own(found, port);
    const database = new Database(addressOf(own?.url ?? found), own);
    await database.back();
    return database;
  }

  /** Whoever uses its URL says to be this user. */
  login(user: string, password: string): void {
    this.#login = { username: user, password };
  }

  /** For the program under test. */
  get url(): string {
    const url = Object.assign(new URL(this.#direct), this.#login);
    url.host = `127.0.0.1:${this.#port}`;
    return url.href;
  }

  /** Whoever is connected gets a reset, and whoever connects is refused, until it is {@link back}. */
  away(): void {
    this.#proxy?.close();
  }

  /** The same, and its process is killed. That of MONGO_URL is not ours, and only out of reach. */
  async kill(): Promise<void> {
    this.away();
    await this.#own?.kill();
  }

  /** It serves again, at the same address. */
  async back(): Promise<void> {
    this.#answers = Promise.resolve();
    this.#asking.clear();
    await this.#own?.start();
    this.#proxy = await listen({ host: "127.0.0.1", port: this.#port }, this.#network);
    this.#port = this.#proxy.port;
  }

  /** Nobody waits for an answer: whoever has asked for something knows that it is done. */
  get quiet(): boolean {
    return this.#asking.size === 0;
  }

  /** It accepts who connects, and says nothing. */
  freeze(): void {
    this.#thawed = new Promise((resolve) => {
      this.#thaw = resolve;
    });
  }

  /** What was held up goes through. */
  thaw(): void {
    this.#thaw();
  }

  /** It does what it is asked for, and its answers do not arrive, until it was {@link away} and is {@link back}. */
  mute(): void {
    this.#answers = new Promise(() => {});
  }

  /** Each piece of each direction takes up to so many milliseconds; 0 ends it. */
  slow(ms: number): void {
    this.#network.delayMs = ms;
  }

  /** Whether it is a FerretDB, by what it says itself: that is no MongoDB in all. */
  async isFerret(): Promise<boolean> {
    return "ferretdbVersion" in (await this.ask((db) => db.command({ buildInfo: 1 })));
  }

  /** Where its files are, if it is ours. */
  get folder(): string | undefined {
    return this.#own?.folder;
  }

  /** What the driver says of it, around the proxy: nothing of the above is in the way. */
  async ask<T>(question: (db: Db) => Promise<T>): Promise<T> {
    const { MongoClient } = await import("mongodb"); // 0.2 s of CPU, for those who need it
    const client = new MongoClient(this.#direct.href);
    try {
      return await question(client.db());
    } finally {
      await client.close();
    }
  }

  async stop(): Promise<void> {
    this.thaw(); // a piece that is held up would hold us
    this.away();
    if (this.#own) await this.#own.remove();
    else await this.ask((db) => db.dropDatabase());
  }
}

/** A new database on that server, in a URL that leads through a proxy: the others of a replica set are left alone. */
function addressOf(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol !== "mongodb:" || url.hostname === "" || url.hostname.includes(","))
    throw new Error("MONGO_URL must name one server, as in mongodb://127.0.0.1:27017");
  const { searchParams: options, pathname } = url;
  if (url.username && !options.has("authSource"))
    options.set("authSource", pathname.slice(1) || "admin"); // the user is kept there, not in the new one
  options.set("directConnection", "true");
  url.pathname = `/chat-test-${randomBytes(6).toString("hex")}`;
  return url;
}

/** `mongod` or `ferretdb`, with a folder of its own. */
class Own {
  readonly folder = mkdtempSync(join(tmpdir(), "chat-database-"));
  readonly #file: string;
  readonly #port: number;
  #program: Program | undefined;

  constructor(file: string, port: number) {
    this.#file = file;
    this.#port = port;
  }

  get url(): string {
    return `mongodb://127.0.0.1:${this.#port}`;
  }

  /** Until it can be connected to; at once, if it runs. */
  async start(): Promise<void> {
    if (this.#program && this.#program.end === undefined) return;
    const program = this.#launch();
    this.#program = program;
    for (const end = Date.now() + START_MS; !(await opens(this.#port)); await pass(RETRY_MS)) {
      const said = program.stdout + program.stderr;
      if (program.end !== undefined)
        throw new Error(`${this.#file} has ended (${program.end}): ${said}`);
      if (Date.now() > end)
        throw new Failure("hang", `${this.#file} was not ready after ${START_MS / 1000} s`);
    }
  }

  #launch(): Program {
    const listens = `127.0.0.1:${this.#port}`;
    if (basename(this.#file).startsWith("ferretdb"))
      return new Program([this.#file], {
        env: {
          FERRETDB_HANDLER: "sqlite",
          FERRETDB_SQLITE_URL: `file:${this.folder}/`,
          FERRETDB_LISTEN_ADDR: listens,
          FERRETDB_STATE_DIR: this.folder,
          FERRETDB_DEBUG_ADDR: "-", // no second port
          FERRETDB_TELEMETRY: "disable",
        },
      });
    const where = ["--bind_ip", "127.0.0.1", "--port", `${this.#port}`, "--dbpath", this.folder];
    return new Program([this.#file, ...where, "--quiet"]);
  }

  async kill(): Promise<void> {
    this.#program?.kill();
    await this.#program?.closed;
  }

  async remove(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 }); // Windows keeps files for a moment
  }
}

/** Whether somebody listens there. */
async function opens(port: number): Promise<boolean> {
  const socket = connect({ host: "127.0.0.1", port });
  const open = await once(socket, "connect").then(
    () => true,
    () => false, // not yet
  );
  socket.destroy();
  return open;
}
