/** What the nodes of one case share: the NATS between them, and the names of those who come. */
import { chance } from "./client.ts";
import { Nats, type NatsOptions } from "./nats.ts";
import { freePort } from "./target.ts";

const NAMES = ["alice", "bob", "carol", "dave"];

export class Cluster<Node> {
  /** The one that the case was given comes first. */
  readonly nodes: Node[] = [];
  #nats: Promise<Nats> | undefined;
  #named = 0;
  #drawn = 0;
  #from = 0;

  /** It is started when somebody asks for it first, who may say how. */
  nats(options?: NatsOptions): Promise<Nats> {
    this.#nats ??= freePort().then((port) => Nats.start(port, options));
    return this.#nats;
  }

  /** What the next client is called in transcripts. */
  who(): string {
    return NAMES[this.#named++] ?? `client ${this.#named}`;
  }

  fresh(words: string): string {
    this.#drawn++;
    return `${words}${1000 + ((chance.seed + this.#drawn) % 9000)}`;
  }

  /** An address of this machine's, on Linux, where all of 127.0.0.0/8 is; the next one at each call. */
  somewhere(): string {
    return `127.0.${1 + (chance.seed % 250)}.${1 + (this.#from++ % 250)}`;
  }

  async stop(): Promise<void> {
    const nats = await this.#nats?.catch(() => undefined); // who asked for it has heard of that
    await nats?.stop();
  }
}
