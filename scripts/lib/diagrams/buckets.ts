/** In the place of NATS: its two buckets, of which is noted what is asked and answered, and its subjects. */
import { setImmediate as turn } from "node:timers/promises";
import type { KV } from "@nats-io/kv";
import type { Buckets, Bus } from "../../../chapters/v16-cluster/bus.ts";

const WRONG_REVISION = 10_071; // NATS's error code for that

/** Somebody asks a bucket, or hears its answer, or that it refuses. */
export interface Note {
  readonly from: string;
  readonly to: string;
  readonly kind: "asks" | "answers" | "refuses";
  readonly text: string;
}

interface Entry {
  readonly value: string;
  readonly revision: number;
  readonly created: Date;
  readonly operation: "PUT" | "DEL";
}

export class Bucket {
  readonly #name: string;
  readonly #entries = new Map<string, Entry>();
  readonly #note: (note: Note) => void;
  #revision = 0;

  constructor(name: string, note: (note: Note) => void) {
    this.#name = name;
    this.#note = note;
  }

  /** As the node `who` has it. */
  for(who: string): KV {
    const put = (key: string, value: string, revision: number) =>
      this.ask(who, `${nameOf(key)} = ${holder(value)}`, () =>
        this.put(key, value, "PUT", revision),
      );
    const view = {
      get: (key: string) => this.ask(who, `get ${nameOf(key)}`, () => this.#get(key)),
      create: (key: string, value: string) => put(key, value, 0),
      update: put,
      delete: (key: string, { previousSeq = 0 }) =>
        this.ask(who, `delete ${nameOf(key)}`, () => this.put(key, "", "DEL", previousSeq)),
      keys: async () => Object.assign(this.#keys(), { stop: () => {} }),
    };
    return view as unknown as KV;
  }

  /** What is asked in the same turn is dealt with in its order, in the next one. */
  async ask<T>(who: string, question: string, work: () => readonly [T, string]): Promise<T> {
    this.#note({ from: who, to: this.#name, kind: "asks", text: question });
    await turn();
    const answer = (kind: "answers" | "refuses", text: string) =>
      this.#note({ from: this.#name, to: who, kind, text });
    try {
      const [result, text] = work();
      answer("answers", text);
      return result;
    } catch (error) {
      answer("refuses", (error as Error).message);
      throw error;
    }
  }

  #get(key: string): readonly [object | null, string] {
    const entry = this.#entries.get(key);
    if (entry === undefined) return [null, "nothing"];
    const read = { string: () => entry.value, json: () => JSON.parse(entry.value) };
    return [{ ...entry, ...read }, `${holder(entry.value)}, revision ${entry.revision}`];
  }

  /** Throws if the last revision of the key is another one. */
  put(key: string, value: string, operation: Entry["operation"], revision: number) {
    const last = this.#entries.get(key)?.revision ?? 0;
    if (last !== revision)
      throw Object.assign(new Error(`the last revision is ${last}`), { code: WRONG_REVISION });
    this.#revision++;
    this.#entries.set(key, { value, operation, revision: this.#revision, created: new Date() });
    return [this.#revision, `revision ${this.#revision}`] as const;
  }

  async *#keys(): AsyncGenerator<string> {
    for (const [key, { operation }] of this.#entries) if (operation === "PUT") yield key;
  }

  revisionOf(key: string): number {
    return this.#entries.get(key)?.revision ?? 0;
  }
}

/** Any number of nodes meet here. */
export class Memory {
  readonly notes: Note[] = [];
  readonly nodes = new Bucket("chat_nodes", (note) => this.notes.push(note));
  readonly names = new Bucket("chat_names", (note) => this.notes.push(note));
  readonly #buses: MemoryBus[] = [];

  /** What a node has in the place of its bus; it is the test's to say whether it is connected. */
  busOf(node: string, isConnected = true): MemoryBus & Bus {
    const bus = new MemoryBus(this, node, isConnected);
    this.#buses.push(bus);
    return bus as unknown as MemoryBus & Bus;
  }

  /** All hear it in the next turn, also who says it. */
  async publish(subject: string, bytes: Buffer): Promise<void> {
    await turn();
    for (const bus of this.#buses) bus.onBytes(subject, bytes);
  }
}

export class MemoryBus {
  isConnected: boolean;
  onChange = () => {};
  onBytes = (_subject: string, _bytes: Buffer) => {};
  readonly #memory: Memory;
  readonly #node: string;

  constructor(memory: Memory, node: string, isConnected: boolean) {
    this.#memory = memory;
    this.#node = node;
    this.isConnected = isConnected;
  }

  async buckets(): Promise<Buckets> {
    const { nodes, names } = this.#memory;
    return { nodes: nodes.for(this.#node), names: names.for(this.#node) };
  }

  async publish(subject: string, bytes: Buffer): Promise<boolean> {
    await this.#memory.publish(subject, bytes);
    return true;
  }

  refusal(error: unknown): unknown {
    return error;
  }

  async open(): Promise<void> {}
  async close(): Promise<void> {}
}

function nameOf(key: string): string {
  return Buffer.from(key, "base64url").toString();
}

/** In a lease stands the run, in a name who has it; neither looks the same in two runs. */
function holder(value: string): string {
  return value.startsWith("{") ? `node ${JSON.parse(value).node}'s` : "its run";
}
