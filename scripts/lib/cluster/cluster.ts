/** Several nodes of a chapter behind one NATS: started one after the other, ended all together. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Nats, startNats } from "./nats.ts";
import { APART, type Node, startNode } from "./node.ts";

export interface Wanted {
  /** How the chapter's server is started, options excepted. */
  readonly argv: readonly string[];
  readonly names: readonly string[];
  /** The first node's, the others take the next ones; 0: each a free one. */
  readonly port: number;
  /** One that runs already. */
  readonly nats?: string | undefined;
  /** What each node is told, beside what only one of them can have. */
  readonly options: readonly string[];
}

export class Cluster {
  readonly #wanted: Wanted;
  readonly #folder = mkdtempSync(join(tmpdir(), "chat-cluster-"));
  readonly #nodes: Node[] = [];
  #nats: Nats | undefined;
  #ending = false;

  constructor(wanted: Wanted) {
    this.#wanted = wanted;
    const remove = { recursive: true, force: true, maxRetries: 5 }; // who was killed may still be writing
    process.once("exit", () => rmSync(this.#folder, remove));
  }

  /** Until all nodes serve; gives where they do. Undefined, and no node more, when one has ended before. */
  async start(): Promise<readonly string[] | undefined> {
    const { names, nats = await this.#startNats() } = this.#wanted;
    const addresses: string[] = [];
    for (const [i, name] of names.entries()) {
      if (this.#ending) return undefined;
      const node = startNode(name, this.#argv(name, i, nats));
      this.#nodes.push(node);
      const address = await node.serves;
      if (address === undefined) return undefined;
      addresses.push(address);
    }
    return addresses;
  }

  /** When no node is left. */
  async ended(): Promise<void> {
    await Promise.all(this.#nodes.map(({ ended }) => ended));
  }

  /** The nodes first, so that they can still tell each other; then NATS. `heard`: the terminal has told whom it could. */
  async stop(heard: boolean): Promise<void> {
    this.#ending = true;
    for (const node of this.#nodes) if (APART || !heard) node.stop();
    await this.ended();
    this.#nats?.stop();
    await this.#nats?.ended;
  }

  async #startNats(): Promise<string> {
    this.#nats = startNats(join(this.#folder, "nats"));
    const url = await this.#nats.url;
    console.log(`nats | ${url}, process ${this.#nats.pid}`);
    return url;
  }

  #argv(name: string, i: number, nats: string): string[] {
    const { argv, port, options } = this.#wanted;
    const ports = ["--port", `${port && port + i}`, "--web-port", "0", "--packet-port", "0"];
    const history = ["--history", join(this.#folder, name, "history.jsonl")];
    return [...argv, ...ports, ...history, "--nats", nats, "--node", name, ...options];
  }
}
