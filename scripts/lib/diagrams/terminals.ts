/** What may sit at a terminal of a transcript: `nc`, the course's client, a script of Node's. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Bell } from "../../../test/harness/bell.ts";
import { FakeTerminal } from "../../../test/harness/terminal.ts";
import { Failure } from "../../../test/harness/transcript.ts";
import { type Host, sit } from "./load.ts";

const DEADLINE_MS = 20_000;

/** What is typed at it, and what is seen on it. */
export interface Terminal {
  readonly text: string;
  type(keys: string, enter: boolean): void;
  /** Waits until it shows this, further down than what was waited for last. */
  sees(what: string, shown: (text: string) => string): Promise<void>;
  /** Ctrl+C, or what else ends it. */
  end(how: "by itself" | "by force"): Promise<void>;
}

/** Plain text, as a program without a screen of its own writes it. */
abstract class Paper implements Terminal {
  text = "";
  readonly #changed: () => void;
  readonly #bell = new Bell();
  #seen = 0;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  protected write(text: string): void {
    this.text += text;
    this.#changed();
    this.#bell.ring();
  }

  async sees(what: string, shown: (text: string) => string): Promise<void> {
    let at = -1;
    const found = () => {
      at = shown(this.text).indexOf(what, this.#seen);
      return at !== -1;
    };
    if (!(await this.#bell.until(found, DEADLINE_MS)))
      throw new Failure("hang", `it never showed "${what}":\n${shown(this.text)}`);
    this.#seen = at + what.length;
  }

  abstract type(keys: string, enter: boolean): void;
  abstract end(how: "by itself" | "by force"): Promise<void>;
}

/** `nc`: what is typed is marked with `> `, and empty lines that only keep it online are not shown. */
export class Netcat extends Paper {
  readonly #socket: Socket;

  /** `shown` stands on the terminal when it begins. */
  static async connect(port: number, changed: () => void, shown: string): Promise<Netcat> {
    // noDelay: no line waits for the acknowledgement of the last, as none does when a person types.
    const socket = connect({ port, host: "127.0.0.1", noDelay: true }).setEncoding("utf8");
    await once(socket, "connect");
    return new Netcat(socket, changed, shown);
  }

  private constructor(socket: Socket, changed: () => void, shown: string) {
    super(changed);
    this.#socket = socket;
    this.write(shown);
    socket.on("data", (text) => this.write(`${text}`));
  }

  type(line: string): void {
    this.write(`> ${line}\n`);
    if (this.#socket.writable) this.send(line);
  }

  /** Of which nothing is to be seen here; `x{5000}` are 5000 x. */
  send(line: string): void {
    const text = line.replace(/x\{(\d+)\}/, (_, times) => "x".repeat(Number(times)));
    this.#socket.write(`${text}\n`);
  }

  endItsSide(): void {
    this.#socket.end();
  }

  async end(how: "by itself" | "by force"): Promise<void> {
    if (how === "by force") return void this.#socket.destroy();
    this.write("> (Ctrl+C)\n");
    this.#socket.end();
  }
}

/** `node -e`; its output is all that it shows. */
export class Script extends Paper {
  readonly #child: ChildProcess;

  constructor(script: string, changed: () => void) {
    super(changed);
    const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8").on("data", (text) => this.write(`${text}`));
    this.#child = child;
  }

  type(): void {
    throw new Error("nobody types at a script");
  }

  /** By a signal that it cannot catch, however it is meant. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill("SIGKILL");
    await once(this.#child, "exit");
  }
}

/** The course's client at a terminal; what it shows is its screen as it stands at the end. */
export class ClientTerminal implements Terminal {
  readonly #terminal: FakeTerminal;
  readonly #over: Promise<void>;
  #seen = 0;

  static async sit(host: Host, name: string): Promise<ClientTerminal> {
    const terminal = new FakeTerminal();
    const { over } = await sit(host, terminal, name);
    return new ClientTerminal(terminal, over);
  }

  private constructor(terminal: FakeTerminal, over: Promise<void>) {
    this.#terminal = terminal;
    this.#over = over;
  }

  get text(): string {
    return this.#terminal.lines().join("\n");
  }

  type(keys: string, enter: boolean): void {
    this.#terminal.type(enter ? `${keys}\r` : keys);
  }

  async sees(what: string, shown: (text: string) => string): Promise<void> {
    const find = (lines: string[]) =>
      lines.findIndex((line, i) => i >= this.#seen && shown(line).includes(what));
    const lines = await this.#terminal
      .shows((lines) => find(lines) !== -1)
      .catch(() => {
        throw new Failure("hang", `it never showed "${what}":\n${shown(this.text)}`);
      });
    this.#seen = find(lines);
  }

  async end(): Promise<void> {
    this.#terminal.type("\u0003");
    await this.#over;
  }
}
