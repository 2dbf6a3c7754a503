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

const WAIT_MS = 2000; // for a connection and for each answer: nobody waits longer for the chat to begin
const PING_MS = 1000; // two without a pong, and NATS is away: of a frozen one nothing else tells
const RETRY_MS = 250;
const LEASE_MS = 8000; // names are free again within ten seconds
const NAME_MS = 60 * 60 * 1000; // names that nobody renews, such as a dead node's, go by themselves
/** Of NATS, when it is there and will not do: to wait would not help. */
const REFUSALS = /Authorization|Authentication|Permission|NotEnabled|support 'tls'/;
const TROUBLES =
  /^(Timeout|Request|NoResponders|Connection|ClosedConnection|DrainingConnection|JetStream|StreamNotFound|Away)/;
const WRONG_REVISION = [10_071, 10_164]; // as NATS counts its errors

/** Keys with a value and a revision each; a change may ask that the revision is still the one it knows. */
export interface Buckets {
  /** The leases: what is not renewed for some seconds, by NATS's clock, is gone. */
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

  /** Asks nobody yet. Rejects when `urls`, separated by commas, are none, or the file cannot be read. */
  static async at(urls: string, credsFile?: string): Promise<Bus> {
    const servers = urls.split(",").map(serverAt);
    const named = servers.filter(({ username }) => username);
    const { username = "", password = "" } = named[0] ?? {};
    if (named.some((each) => each.username !== username || each.password !== password))
      throw wrong("must have the same user and password in all of its URLs");
    const user = decoded(username); // a % that stands for itself is one
    const creds = credsFile === undefined ? undefined : await readCreds(credsFile);
    return new Bus(servers.map(({ protocol, host }) => `${protocol}//${host}`).join(","), {
      servers: servers.map(({ host }) => host), // 4222, if it has no port
      ...(creds && { authenticator: credsAuthenticator(creds) }),
      ...(password ? { user, pass: decoded(password) } : user && { token: user }),
      ...(servers.some(({ protocol }) => protocol === "tls:") && { tls: {} }),
      noEcho: true,
      timeout: WAIT_MS,
      pingInterval: PING_MS,
      maxPingOut: 2,
      reconnectTimeWait: RETRY_MS,
      maxReconnectAttempts: -1,
      ignoreAuthErrorAbort: true, // a password may be changed there first, and here later
    });
  }

  /**
   * Hears what is published on `subjects`. If NATS is away, it goes on trying by itself; rejects when
   * NATS is there, and will not do.
   */
  async open(subjects: string): Promise<void> {
    try {
      await this.#begin(await connect(this.#options), subjects);
    } catch (error) {
      if (isRefusal(error)) throw this.refusal(error);
      void this.#retry(subjects);
    }
  }

  /** As it is told at the start. */
  refusal(error: unknown): Error {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === "ERR_OPTION" ? (error as Error) : wrong(`${this.url}: ${message}`);
  }

  async #retry(subjects: string): Promise<void> {
    while (!this.#isClosed && this.#nats === undefined) {
      await after(RETRY_MS, undefined, { ref: false }); // alone, it keeps no process alive
      const begin = (nats: NatsConnection) => this.#begin(nats, subjects);
      await connect(this.#options).then(begin, () => {}); // it is away still
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

  /** Made, if they are not there: NATS may have lost its store. */
  async buckets(): Promise<Buckets> {
    if (this.#nats === undefined || !this.isConnected) throw away();
    const most = this.#nats.info?.max_payload ?? 0;
    if (most < MAX_ENVELOPE)
      throw wrong(`${this.url}: max_payload must be at least ${MAX_ENVELOPE}, not ${most}`);
    const kvm = new Kvm(jetstream(this.#nats, { timeout: WAIT_MS }));
    const exact = { allow_direct: false, history: 1 }; // a direct answer may be an older one
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
      return false; // it has just gone away: that is told by its status
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

/** Of a change: another was faster. */
export function isRace(error: unknown): boolean {
  return WRONG_REVISION.includes((error as { code: number }).code);
}

/** In words; a fault of ours is thrown on, with its stack. */
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
  throw wrong("must be such as nats://127.0.0.1:4222"); // it may hold a password: it is not repeated
}

async function readCreds(file: string): Promise<Buffer> {
  const creds = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    throw wrong(`${file} cannot be read (${code})`, "nats-creds");
  });
  try {
    await credsAuthenticator(creds)("nonce");
  } catch {
    throw wrong(`${file} holds no credentials, as nsc writes them`, "nats-creds"); // what it says may quote them
  }
  return creds;
}

/** The user's mistake. */
export function wrong(what: string, option = "nats"): Error {
  return Object.assign(new Error(`--${option} ${what}`), { code: "ERR_OPTION" });
}
