/** A terminal without a window: keys go in, and what a user would see can be read off its screen. */
import { PassThrough, Writable } from "node:stream";
import xterm from "@xterm/headless";
import { Bell } from "./bell.ts";
import { Failure } from "./transcript.ts";

const DEADLINE_MS = 10_000;

/** What a user would see of a terminal. */
export abstract class TerminalScreen {
  readonly #screen: xterm.Terminal;
  /** All that was ever written to it, escape sequences included. */
  written = "";
  readonly #changed = new Bell();

  /** With `reflow`, it breaks all its lines anew when it is resized, as tmux does; VS Code's leaves out the cursor's. */
  constructor(cols: number, reflow = false) {
    this.#screen = new xterm.Terminal({
      cols,
      rows: 40,
      allowProposedApi: true,
      convertEol: true,
      reflowCursorLine: reflow,
    });
  }

  /** Keys, as a keyboard sends them: Enter is `\r`. */
  abstract type(keys: string): void;

  /** Makes the window so many columns wide. */
  resize(columns: number): void {
    this.#screen.resize(columns, this.#screen.rows);
  }

  protected show(output: string, done = () => {}): void {
    this.written += output;
    this.#screen.write(output, () => {
      this.#changed.ring();
      done();
    });
  }

  /** The screen's lines, without the empty ones at its end; a line that wraps is one line. */
  lines(): string[] {
    const { active } = this.#screen.buffer;
    const lines: string[] = [];
    for (let y = 0; y < active.length; y++) {
      const line = active.getLine(y);
      const text = line?.translateToString(true) ?? "";
      if (line?.isWrapped) lines.push((lines.pop() ?? "") + text);
      else lines.push(text);
    }
    while (lines.at(-1) === "") lines.pop();
    return lines;
  }

  /** Waits until the screen shows it, then gives the screen. */
  async shows(what: string | RegExp | ((lines: string[]) => boolean)): Promise<string[]> {
    const holds = (lines: string[]) => {
      if (typeof what === "function") return what(lines);
      const text = lines.join("\n");
      return typeof what === "string" ? text.includes(what) : what.test(text);
    };
    const shown = await this.#changed.until(() => holds(this.lines()), DEADLINE_MS);
    if (shown) return this.lines();
    throw new Failure(
      "hang",
      `the screen did not show ${what}. It shows:\n${this.lines().join("\n")}`,
    );
  }

  /** Types the keys, and waits until the screen shows it. */
  answers(keys: string, what: Parameters<TerminalScreen["shows"]>[0]): Promise<string[]> {
    this.type(keys);
    return this.shows(what);
  }
}

/** The two streams that a program has of a terminal. */
export class FakeTerminal extends TerminalScreen {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  /** Whether the keys come one by one, as an editor of lines needs them; a shell wants them back by the line. */
  raw = false;

  constructor({ columns = 80, colours = false, reflow = false } = {}) {
    super(columns, reflow);
    const setRawMode = (raw: boolean) => {
      this.raw = raw;
    };
    this.input = Object.assign(new PassThrough(), { isTTY: true, setRawMode }) as never;
    const sink = new Writable({
      write: (chunk, _encoding, done) => this.show(`${chunk}`, done),
    });
    this.output = Object.assign(sink, { isTTY: true, columns, hasColors: () => colours }) as never;
  }

  override type(keys: string): void {
    (this.input as unknown as PassThrough).write(keys);
  }

  override resize(columns: number): void {
    super.resize(columns);
    this.output.columns = columns;
    this.output.emit("resize");
  }
}
