/** Plays the talks: each has a server of its own, and what its terminals show is what really came. */
import type { Socket } from "node:net";
import { Failure } from "../../../test/harness/transcript.ts";
import { Refusal } from "../command.ts";
import { chapterOf } from "../find.ts";
import { Host, settled } from "./load.ts";
import { type Event, readTalks, type Talk } from "./talks.ts";
import { ClientTerminal, Netcat, Script, type Terminal } from "./terminals.ts";

/** What the terminals show, by talk and number, `v02 3`. The talks go on side by side: most of it is waiting. */
export async function recordAll(): Promise<Map<string, string>> {
  const shown = await Promise.all(
    [...readTalks()].map(async ([name, talk]) => {
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
    this.#host = new Host(folder, (socket) => this.#name(socket), {
      idleSeconds: talk.idleSeconds,
    });
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

  async #happens({ terminal: number, does, what }: Event): Promise<void> {
    if (number === 1) return does === "starts again" ? this.#host.open() : this.#host.close();
    if (/^(runs|pipes)/.test(does)) {
      this.#newcomer = number;
      this.#terminals.set(number, await this.#sitDown(does, what));
      return;
    }
    const terminal = this.#terminals.get(number);
    if (!terminal) throw new Refusal(`nobody sits at terminal ${number}: ${does} ${what}`);
    if (does === "sees") await terminal.sees(what, (text) => this.#shown(text));
    else if (does === "types" || does === "half types") terminal.type(what, does === "types");
    else if (does === "stays until") this.#stay(terminal as Netcat, what);
    else if (does === "sends") (terminal as Netcat).send(what);
    else if (does === "ends its side") (terminal as Netcat).endItsSide();
    else await terminal.end("by itself");
  }

  async #sitDown(does: string, what: string): Promise<Terminal> {
    const { port } = this.#host;
    const changed = () => {
      this.#events += 1;
    };
    if (does === "runs the client") return ClientTerminal.sit(this.#host, what);
    if (does === "runs node") return new Script(what.replace("8888", `${port}`), changed);
    return Netcat.connect(port, changed, does === "pipes" ? `$ ${what}\n` : "");
  }

  /** `until`: `2 sees TEXT`. */
  #stay(terminal: Netcat, until: string): void {
    const [other = "", text = ""] = until.split(" sees ");
    const staying = setInterval(() => {
      if (this.#terminals.get(Number(other))?.text.includes(text)) clearInterval(staying);
      else terminal.send("");
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
