/** The history in MongoDB, a document for each line. The driver itself watches whether the database is there. */
import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { Collection, MongoClient, TopologyDescription } from "mongodb";
import { isKept, type Kept, type Numbered, type Store } from "./history.ts";

const WAIT_MS = 10_000; // for a new connection or a free one, for finding a server, and for each answer
const HEARTBEAT_MS = 2000; // how soon we notice that the database is away; each costs one small question
const START_MS = 2000; // people do not wait longer for the chat to start
const CLOSE_MS = 500; // a frozen database would hold us for half a minute
const DAY_S = 24 * 60 * 60;
const SEQ_DIGITS = 12; // ids are sorted as text; enough for eleven days of a million lines a second
const OURS = /^\d{12}-/;
const ROOM = "lobby"; // the only room so far
const NEWEST = { created_at: -1, seq: -1 } as const; // lines of one millisecond keep their order
const ALL = Number.POSITIVE_INFINITY;
const DUPLICATE_KEY = 11_000;
const OTHER_OPTIONS = 85; // the index exists already, with other options

interface Message {
  /** Made by us, so that a batch that is sent twice is stored once. */
  readonly _id: string;
  readonly room_id: string;
  readonly user_id: string;
  readonly created_at: Date;
  /** 1, 2, 3 …, also across restarts. */
  readonly seq: number;
  readonly addr: string;
  readonly text: string;
}

export class MongoStore implements Store {
  onChange = (_trouble?: string): void => {};
  readonly most = 500; // to pack so many takes the driver 10 ms, in which the chat stands still
  readonly #client: MongoClient;
  readonly #messages: Collection<Message>;
  readonly #keepDays: number;
  /** A part of our ids: another server makes other ids, and so does our next run. */
  readonly #run = randomUUID().slice(0, 8);
  seq = 0;
  #connected: Promise<void> | undefined;
  /** The last question has failed. */
  #failing = false;

  private constructor(client: MongoClient, keepDays: number) {
    this.#client = client;
    this.#messages = client.db().collection("messages");
    this.#keepDays = keepDays;
    client.on("topologyDescriptionChanged", ({ newDescription }) => {
      const { servers, error } = newDescription as TopologyDescription;
      const there = [...servers.values()].some(({ isWritable }) => isWritable);
      if (there && !this.#failing) this.onChange();
      if (!there && error) this.onChange(firstLine(error)); // without an error, the driver has not asked yet
    });
  }

  /** Does not connect yet. Throws when it is no URL; the error's message may hold the password. */
  static async at(url: string, keepDays: number): Promise<MongoStore> {
    const { MongoClient } = await import("mongodb"); // 21 MiB and 0.25 s: only for who uses it
    const client = new MongoClient(url, {
      minPoolSize: 1,
      maxPoolSize: 10,
      connectTimeoutMS: WAIT_MS,
      serverSelectionTimeoutMS: WAIT_MS,
      waitQueueTimeoutMS: WAIT_MS, // when all ten are in use
      socketTimeoutMS: WAIT_MS, // a frozen database accepts connections, and never answers
      retryReads: false, // a retry would take ten seconds more
      heartbeatFrequencyMS: HEARTBEAT_MS,
    });
    return new MongoStore(client, keepDays);
  }

  /** If the database is away, the chat begins without it. */
  async open(): Promise<number> {
    const connected = this.#connect().then(
      () => this.seq,
      () => ALL, // onChange has reported it, and the next call tries again
    );
    return Promise.race([connected, after(START_MS, ALL)]);
  }

  async append(lines: readonly Kept[]): Promise<number> {
    await this.#connect();
    const documents = lines.map((line, i) => this.#message(line, this.seq + 1 + i));
    const insert = this.#messages.insertMany(documents, { ordered: false });
    await this.#ask(insert.catch(unlessThere));
    this.seq += lines.length; // only now: if the batch fails and is given again, it gets the same ids
    return this.seq;
  }

  async last(
    count: number,
    before: number,
    name?: string,
    isGone = () => false,
  ): Promise<Numbered[]> {
    if (count === 0 || isGone()) return []; // MongoDB takes a limit of 0 for no limit
    await this.#connect();
    const whose = name === undefined ? { room_id: ROOM } : { user_id: name };
    const found = this.#messages
      .find({ ...whose, seq: { $lte: Math.min(before, this.seq) } })
      .sort(NEWEST)
      .limit(count);
    const documents = await this.#ask(found.toArray());
    const timed = documents.reverse().filter(({ created_at }) => created_at instanceof Date);
    return timed.map(kept).filter(isKept); // documents that are not ours are skipped
  }

  /** Questions that have no answer yet fail. */
  async close(): Promise<void> {
    await Promise.race([this.#client.close(), after(CLOSE_MS)]);
  }

  /** Go's `sync.Once`: a promise that is remembered. If it fails, it is forgotten, and tried again. */
  #connect(): Promise<void> {
    this.#connected ??= this.#ask(this.#prepare()).catch((error) => {
      this.#connected = undefined;
      throw error;
    });
    return this.#connected;
  }

  async #prepare(): Promise<void> {
    await this.#client.connect(); // after a failure, the driver does not connect again by itself
    await this.#messages.createIndex({ room_id: 1, ...NEWEST }, { name: "room_created_desc" });
    await this.#messages.createIndex({ user_id: 1, ...NEWEST }, { name: "user_created_desc" });
    await this.#expire();
    const ours = { _id: OURS, seq: { $gte: 1 } }; // others may have put something there
    const last = await this.#messages.findOne(ours, { sort: { _id: -1 } });
    this.seq = last?.seq ?? 0;
  }

  /** The third index, by which the database deletes what is too old. */
  async #expire(): Promise<void> {
    const name = "created_at_desc";
    const expiry = this.#keepDays > 0 ? { expireAfterSeconds: this.#keepDays * DAY_S } : {};
    const create = () => this.#messages.createIndex({ created_at: -1 }, { name, ...expiry });
    await create().catch(async (error) => {
      if (error.code !== OTHER_OPTIONS) throw error;
      await this.#messages.dropIndex(name); // the last run had another --keep-days
      await create();
    });
  }

  #message({ at, addr, name, text }: Kept, seq: number): Message {
    const _id = `${`${seq}`.padStart(SEQ_DIGITS, "0")}-${this.#run}`;
    return { _id, room_id: ROOM, user_id: name, created_at: new Date(at), seq, addr, text };
  }

  /** An error of the driver is trouble of the store, as a full disk is with a file. */
  async #ask<T>(answer: Promise<T>): Promise<T> {
    try {
      const given = await answer;
      this.#failing = false;
      this.onChange();
      return given;
    } catch (error) {
      if (!(error instanceof Error && error.name.startsWith("Mongo"))) throw error;
      this.#failing = true;
      this.onChange(firstLine(error));
      throw Object.assign(new Error(firstLine(error)), { syscall: "mongodb" });
    }
  }
}

function kept({ seq, created_at, addr, user_id, text }: Message): Numbered {
  return { seq, at: created_at.toJSON(), addr, name: user_id, text };
}

/** A batch may be stored although its answer was lost: sent again, only ids that exist already may fail. */
function unlessThere(error: { readonly writeErrors?: unknown }): void {
  const errors = [error.writeErrors ?? []].flat() as { readonly code: number }[];
  const there = errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY);
  if (!there) throw error;
}

const firstLine = ({ message }: Error) => message.split("\n")[0] ?? "";
