/** Plays the talks: each has a server of its own, and what its terminals show is what really came. */
import type { Socket } from "node:net";
import { Failure } from "../../../test/harness/transcript.ts";
import { Refusal } from "../command.ts";
import { chapterOf } from "../find.ts";
import { Host, settled } from "./load.ts";
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
  readonly #host: Host;
  readonly #terminals = new Map<number, Terminal>();
  /** What the transcript shows in the place of each address. */
  readonly #addresses = new Map<string, string>();
  /** Whose connection the server accepts next. */
  #newcomer = 0;
  #events = 0;

  constructor(talk: Talk) {
    this.#talk = talk;
    const { folder } = chapterOf(talk.chapter);
    this.#host = new Host(folder, talk.idleSeconds, (socket) => this.#name(socket));
  }

  /** From the first event to the last; then what each terminal shows. */
  async play(): Promise<[number, string][]> {
    try {
      await this.#host.open();
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
      await this.#host.close();
    }
  }

  async #happens([number, does, what, ...more]: Event): Promise<void> {
    const changed = () => {
      this.#events += 1;
    };
    if (number === 1) return does === "starts again" ? this.#host.open() : this.#host.close();
    const sits = (terminal: Terminal) => this.#terminals.set(number, terminal);
    const terminal = this.#terminals.get(number);
    if (does.startsWith("runs") || does === "pipes") this.#newcomer = number;
    if (does === "runs nc" || does === "pipes") {
      const netcat = await Netcat.connect(this.#host.port, changed);
      sits(netcat);
      if (does === "pipes") netcat.pipe(`${what}`, `${more[0]}`);
    } else if (does === "runs the client") {
      sits(await ClientTerminal.sit(this.#host, `${what ?? ""}`));
    } else if (does === "runs node") {
      sits(new Script(`${what}`.replace("8888", `${this.#host.port}`), changed));
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
