/** The history in MongoDB, a document for each line. The driver itself watches whether the database is there. */
import { randomUUID } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { Collection, MongoClient, TopologyDescription } from "mongodb";
import { isKept, type Kept, type Numbered, type Store } from "./history.ts";

const WAIT_MS = 10_000; // for a connection or a free one, for a server to be found, and for each answer
const HEARTBEAT_MS = 2000; // so soon it is noticed that the database is away; it costs one small question
const START_MS = 2000; // nobody waits longer for the chat to begin
const CLOSE_MS = 500; // a frozen database would hold us for half a minute
const DAY_S = 24 * 60 * 60;
const SEQ_DIGITS = 12; // ids are sorted as text; a million lines a second would need eleven days
const OURS = /^\d{12}-/;
const ROOM = "lobby"; // so far there is one
const NEWEST = { created_at: -1, seq: -1 } as const; // lines of one millisecond keep their order
const ALL = Number.POSITIVE_INFINITY;
const DUPLICATE_KEY = 11_000;
const OTHER_OPTIONS = 85; // of an index that is there already

interface Message {
  /** Made by us: a batch that is given again is not there twice. */
  readonly _id: string;
  readonly room_id: string;
  readonly user_id: string;
  readonly created_at: Date;
  /** 1, 2, 3 …, on over restarts. */
  readonly seq: number;
  readonly addr: string;
  readonly text: string;
}

export class MongoStore implements Store {
  onChange = (_trouble?: string): void => {};
  readonly most = 500; // while the driver packs so many, for 10 ms, the chat stands still
  readonly #client: MongoClient;
  readonly #messages: Collection<Message>;
  readonly #keepDays: number;
  /** Another server has other ids, and so has our next run. */
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
      if (!there && error) this.onChange(firstLine(error)); // without an error, it has not been asked yet
    });
  }

  /** Asks nobody yet. Throws when it is no URL; the password may be in what it says then. */
  static async at(url: string, keepDays: number): Promise<MongoStore> {
    const { MongoClient } = await import("mongodb"); // 21 MiB and 0.25 s: only for who uses it
    const client = new MongoClient(url, {
      minPoolSize: 1,
      maxPoolSize: 10,
      connectTimeoutMS: WAIT_MS,
      serverSelectionTimeoutMS: WAIT_MS,
      waitQueueTimeoutMS: WAIT_MS, // when all ten are in use
      socketTimeoutMS: WAIT_MS, // a frozen database accepts, and says nothing
      retryReads: false, // it would take ten seconds more
      heartbeatFrequencyMS: HEARTBEAT_MS,
    });
    return new MongoStore(client, keepDays);
  }

  /** If the database is away, the chat begins without it. */
  async open(): Promise<number> {
    const connected = this.#connect().then(
      () => this.seq,
      () => ALL, // it has been said, and will be tried again
    );
    return Promise.race([connected, after(START_MS, ALL)]);
  }

  async append(lines: readonly Kept[]): Promise<number> {
    await this.#connect();
    const documents = lines.map((line, i) => this.#message(line, this.seq + 1 + i));
    const insert = this.#messages.insertMany(documents, { ordered: false });
    await this.#ask(insert.catch(unlessThere));
    this.seq += lines.length; // not before: given again, they get the same ids
    return this.seq;
  }

  async last(
    count: number,
    before: number,
    name?: string,
    isGone = () => false,
  ): Promise<Numbered[]> {
    if (count === 0 || isGone()) return []; // to MongoDB, a limit of 0 is none
    await this.#connect();
    const whose = name === undefined ? { room_id: ROOM } : { user_id: name };
    const found = this.#messages
      .find({ ...whose, seq: { $lte: Math.min(before, this.seq) } })
      .sort(NEWEST)
      .limit(count);
    const documents = await this.#ask(found.toArray());
    const timed = documents.reverse().filter(({ created_at }) => created_at instanceof Date);
    return timed.map(kept).filter(isKept); // what is none of ours is passed over
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
    await this.#client.connect(); // after it has failed once, the driver waits to be told
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
      await this.#messages.dropIndex(name); // the last run kept other days
      await create();
    });
  }

  #message({ at, addr, name, text }: Kept, seq: number): Message {
    const _id = `${`${seq}`.padStart(SEQ_DIGITS, "0")}-${this.#run}`;
    return { _id, room_id: ROOM, user_id: name, created_at: new Date(at), seq, addr, text };
  }

  /** What the driver cannot do is the database's trouble, as a full disk is a file's. */
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

/** A batch may be there although nobody said so: given again, all that fails are ids that are there. */
function unlessThere(error: { readonly writeErrors?: unknown }): void {
  const errors = [error.writeErrors ?? []].flat() as { readonly code: number }[];
  const there = errors.length > 0 && errors.every(({ code }) => code === DUPLICATE_KEY);
  if (!there) throw error;
}

const firstLine = ({ message }: Error) => message.split("\n")[0] ?? "";
