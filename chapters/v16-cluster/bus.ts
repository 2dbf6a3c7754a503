/** All that knows NATS: the way to the other nodes, and two buckets that all nodes see alike. */
import { readFile } from "node:fs/promises";
import { unescape as decoded } from "node:querystring";
import { setTimeout as after } from "node:timers/promises";
import { jetstream } from "@nats-io/jetstream";
import { type KV, Kvm } from "@nats-io/kv";
import {
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
} from "@nats-io/transport-node";
import { MAX_ENVELOPE } from "./envelope.ts";

const WAIT_MS = 2000; // for a connection and for each answer: people do not wait longer for the chat to start
const PING_MS = 1000; // after two without a pong, NATS counts as away: a frozen one keeps its connection open
const RETRY_MS = 250;
const LEASE_MS = 8000; // names are free again within ten seconds
const NAME_MS = 60 * 60 * 1000; // names that nobody renews, such as a dead node's, go by themselves
/** Errors of a NATS that answers, but refuses what we need: waiting would not help. */
const REFUSALS = /Authorization|Authentication|Permission|NotEnabled|support 'tls'/;
const TROUBLES =
  /^(Timeout|Request|NoResponders|Connection|ClosedConnection|DrainingConnection|JetStream|StreamNotFound|Away)/;
const WRONG_REVISION = [10_071, 10_164]; // NATS's error codes for that

/** Keys, each with a value and a revision; a write can demand that the key still has the revision we read. */
export interface Buckets {
  /** The leases: NATS deletes one that was not renewed for some seconds, by its own clock. */
  readonly nodes: KV;
  readonly names: KV;
}

export class Bus {
  /** Without a password, so it may be printed. */
  readonly url: string;
  isConnected = false;
  /** Called with whatever another node publishes. */
  onBytes = (_subject: string, _bytes: Buffer): void => {};
  onChange = (): void => {};
  readonly #options: NodeConnectionOptions;
  #nats: NatsConnection | undefined;
  #isClosed = false;

  private constructor(url: string, options: NodeConnectionOptions) {
    this.url = url;
    this.#options = options;
  }

  /** Does not connect yet. Rejects when `urls` (separated by commas) are no URLs, or the file cannot be read. */
  static async at(urls: string, credsFile?: string): Promise<Bus> {
    const servers = urls.split(",").map(serverAt);
    const named = servers.filter(({ username }) => username);
    const { username = "", password = "" } = named[0] ?? {};
    if (named.some((each) => each.username !== username || each.password !== password))
      throw wrong("must have the same user and password in all of its URLs");
    const user = decoded(username); // unlike decodeURIComponent, it accepts a % that begins no code
    const creds = credsFile === undefined ? undefined : await readCreds(credsFile);
    return new Bus(servers.map(({ protocol, host }) => `${protocol}//${host}`).join(","), {
      servers: servers.map(({ host }) => host), // without a port, the library takes 4222
      ...(creds && { authenticator: credsAuthenticator(creds) }),
      ...(password ? { user, pass: decoded(password) } : user && { token: user }),
      ...(servers.some(({ protocol }) => protocol === "tls:") && { tls: {} }),
      noEcho: true,
      timeout: WAIT_MS,
      pingInterval: PING_MS,
      maxPingOut: 2,
      reconnectTimeWait: RETRY_MS,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true, // go on trying: a password may be changed on NATS first, and here later
    });
  }

  /**
   * Hears what is published on `subjects`. If NATS is away, it goes on trying in the background; rejects
   * when NATS is there, but refuses us.
   */
  async open(subjects: string): Promise<void> {
    try {
      await this.#begin(await connect(this.#options), subjects);
    } catch (error) {
      if (isRefusal(error)) throw this.refusal(error);
      void this.#retry(subjects);
    }
  }

  /** The error as the user reads it when the server does not start. */
  refusal(error: unknown): Error {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ERR_OPTION" ? (error as Error) : wrong(`${this.url}: ${message}`);
  }

  async #retry(subjects: string): Promise<void> {
    while (!this.#isClosed && this.#nats === undefined) {
      await after(RETRY_MS, undefined, { ref: false }); // this alone does not keep the process running
      const begin = (nats: NatsConnection) => this.#begin(nats, subjects);
      await connect(this.#options).then(begin, () => {}); // still away: the next round tries again
    }
  }

  async #begin(nats: NatsConnection, subjects: string): Promise<void> {
    if (this.#isClosed) return nats.close();
    this.#nats = nats;
    nats.subscribe(subjects, {
      callback: (error, { subject, data }) => {
        if (error) console.error(`cannot hear the other nodes: ${error.message}`);
        else this.onBytes(subject, Buffer.from(data.buffer, data.byteOffset, data.length));
      },
    });
    this.#change(true);
    void this.#watch(nats);
  }

  async #watch(nats: NatsConnection): Promise<void> {
    let said = "";
    for await (const status of nats.status()) {
      if (status.type === "disconnect") this.#change(false);
      if (status.type === "reconnect") this.#change(true);
      if (status.type !== "error" || status.error.message === said) continue;
      said = status.error.message; // such as: we may not publish there
      console.error(`NATS says: ${said}`);
    }
  }

  #change(isConnected: boolean): void {
    this.isConnected = isConnected;
    this.onChange();
  }

  /** Creates them if they do not exist: NATS may have lost its store. */
  async buckets(): Promise<Buckets> {
    if (this.#nats === undefined || !this.isConnected) throw away();
    const most = this.#nats.info?.max_payload ?? 0;
    if (most < MAX_ENVELOPE)
      throw wrong(`${this.url}: max_payload must be at least ${MAX_ENVELOPE}, not ${most}`);
    const kvm = new Kvm(jetstream(this.#nats, { timeout: WAIT_MS }));
    const exact = { allow_direct: false, history: 1 }; // a direct read may give an older value
    const nodes = await kvm.create("chat_nodes", { ...exact, ttl: LEASE_MS });
    return { nodes, names: await kvm.create("chat_names", { ...exact, ttl: NAME_MS }) };
  }

  /** True when NATS has taken it. */
  async publish(subject: string, bytes: Buffer): Promise<boolean> {
    if (this.#nats === undefined || !this.isConnected) return false;
    try {
      this.#nats.publish(subject, bytes);
      await this.#nats.flush();
      return true;
    } catch {
      return false; // NATS has just gone away: #watch hears of that
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.isConnected = false;
    await this.#nats?.close();
  }
}

export function away(): Error {
  return Object.assign(new Error("NATS is away"), { name: "Away" });
}

export function isRefusal(error: unknown): boolean {
  const { name, message, code } = error as NodeJS.ErrnoException;
  return code === "ERR_OPTION" || REFUSALS.test(name) || REFUSALS.test(message);
}

/** Whether a write failed because another node was faster. */
export function isRace(error: unknown): boolean {
  return WRONG_REVISION.includes((error as { code: number }).code);
}

/** The trouble in words; a bug in our own code is thrown again, with its stack. */
export function troubleOf(error: unknown): string {
  const { name, message } = error as Error;
  if (!TROUBLES.test(name) && !isRefusal(error)) throw error;
  return name === "TimeoutError" ? "NATS does not answer" : message;
}

function serverAt(text: string): URL {
  if (URL.canParse(text)) {
    const url = new URL(text);
    if (
      /^(nats|tls):$/.test(url.protocol) &&
      url.hostname &&
      /^\/?$/.test(url.pathname + url.search + url.hash)
    )
      return url;
  }
  throw wrong("must be such as nats://127.0.0.1:4222"); // not quoted in the message: it may hold a password
}

async function readCreds(file: string): Promise<Buffer> {
  const creds = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    throw wrong(`${file} cannot be read (${code})`, "nats-creds");
  });
  try {
    await credsAuthenticator(creds)("nonce");
  } catch {
    throw wrong(`${file} holds no credentials, as nsc writes them`, "nats-creds"); // the library's may quote them
  }
  return creds;
}

/** The user's mistake. */
export function wrong(what: string, option = "nats"): Error {
  return Object.assign(new Error(`--${option} ${what}`), { code: "ERR_OPTION" });
}
