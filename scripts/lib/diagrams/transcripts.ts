/** Plays the talks: each has a server of its own, and what its terminals show is what really came. */
import type { Socket } from "node:net";
import { chapters } from "../../../chapters/manifest.ts";
import { Failure } from "../../../test/harness/transcript.ts";
import { Refusal } from "../command.ts";
import { newServer, type Server } from "./load.ts";
import { settled } from "./scenarios.ts";
import { type Event, type Talk, talks } from "./talks.ts";
import { ClientTerminal, Netcat, Script, type Terminal } from "./terminals.ts";

/** What the terminals show, by talk and number, `v02 3`. The talks go on side by side: most of it is waiting. */
export async function recordAll(): Promise<Map<string, string>> {
  const shown = await Promise.all(
    Object.entries(talks).map(async ([name, talk]) => {
      const screens = await new Session(talk).play().catch((error) => {
        throw error instanceof Failure ? new Refusal(`${name}: ${error.message}`) : error;
      });
      return screens.map(([terminal, text]) => [`${name} ${terminal}`, text] as const);
    }),
  );
  return new Map(shown.flat());
}

/** How often somebody presses Enter who wants to stay. */
const ENTER_MS = 300;

class Session {
  readonly #talk: Talk;
  readonly #folder: string;
  readonly #terminals = new Map<number, Terminal>();
  /** What the transcript shows in the place of each address. */
  readonly #addresses = new Map<string, string>();
  #server: Server | undefined;
  #port = 0;
  /** Whose connection the server accepts next. */
  #newcomer = 0;
  #events = 0;

  constructor(talk: Talk) {
    this.#talk = talk;
    this.#folder = chapters.find(({ id }) => id === talk.chapter)?.folder ?? "";
  }

  /** From the first event to the last; then what each terminal shows. */
  async play(): Promise<[number, string][]> {
    try {
      await this.#serve();
      for (const event of this.#talk.events) {
        await this.#happens(event);
        await settled(() => this.#events);
      }
      return [...this.#terminals].map(([number, { text }]) => [
        number,
        this.#shown(text).trimEnd(),
      ]);
    } finally {
      for (const terminal of this.#terminals.values()) await terminal.end("by force");
      await this.#server?.close(1);
    }
  }

  async #happens([number, does, what, ...more]: Event): Promise<void> {
    const changed = () => {
      this.#events += 1;
    };
    if (number === 1) return does === "starts again" ? this.#serve() : this.#stop();
    const terminal = this.#terminals.get(number);
    if (does.startsWith("runs") || does === "pipes") this.#newcomer = number;
    if (does === "runs nc" || does === "pipes") {
      const netcat = await Netcat.connect(this.#port, changed);
      this.#terminals.set(number, netcat);
      if (does === "pipes") netcat.pipe(`${what}`, `${more[0]}`);
    } else if (does === "runs the client") {
      const client = await ClientTerminal.sit(this.#folder, this.#port, `${what ?? ""}`);
      this.#terminals.set(number, client);
    } else if (does === "runs node") {
      this.#terminals.set(number, new Script(`${what}`.replace("8888", `${this.#port}`), changed));
    } else if (does === "sees") await terminal?.sees(`${what}`, (text) => this.#shown(text));
    else if (does === "stays until") this.#stay(terminal as Netcat, Number(what), `${more[0]}`);
    else if (does === "types" || does === "half types") terminal?.type(`${what}`, does === "types");
    else await terminal?.end("by itself");
  }

  #stay(terminal: Netcat, other: number, text: string): void {
    const staying = setInterval(() => {
      if (this.#terminals.get(other)?.text.includes(text)) clearInterval(staying);
      else terminal.stay();
    }, ENTER_MS).unref();
  }

  /** On a free port, and later on the same one. */
  async #serve(): Promise<void> {
    const server = await newServer(this.#folder, this.#talk.idleSeconds ?? 300);
    const accept = server.accept.bind(server);
    server.accept = (socket) => {
      this.#name(socket);
      accept(socket);
    };
    this.#port = (await server.listen("127.0.0.1", this.#port)).port;
    this.#server = server;
  }

  async #stop(): Promise<void> {
    await this.#server?.close(1);
  }

  /** 127.0.0.1:50002 for the second terminal, and :50012 when it has come a second time. */
  #name({ remoteAddress, remotePort }: Socket): void {
    const before = [...this.#addresses.values()].filter((shown) =>
      shown.endsWith(`${this.#newcomer}`),
    );
    const shown = `127.0.0.1:500${before.length}${this.#newcomer}`;
    this.#addresses.set(`${remoteAddress}:${remotePort}`, shown);
  }

  #shown(text: string): string {
    return text.replace(/127\.0\.0\.1:\d+/g, (addr) => this.#addresses.get(addr) ?? addr);
  }
}
