/** The screen half of the client: a line is being typed at the bottom, what comes in goes above it. */
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  moveCursor,
} from "node:readline";

const COLOURS = [31, 32, 33, 34, 35, 36]; // red to cyan, as ANSI terminals number them

export class Screen {
  readonly #output: NodeJS.WriteStream;
  readonly #readline: Interface;
  #open = true;
  #asking = false;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
    this.#output = output;
    this.#readline = createInterface({ input, output, terminal: true });
    this.#readline.on("SIGINT", () => this.close());
    this.#readline.on("close", () => {
      this.#open = false;
      if (this.#asking) output.write("\n");
    });
  }

  /** What is typed, line by line. Ends with Ctrl-C, Ctrl-D or {@link close}. */
  async *lines(): AsyncGenerator<string, void, undefined> {
    for await (const line of this.#readline) {
      this.#asking = false;
      yield line;
      this.#draw();
    }
  }

  /** What stands before the line that is being typed. */
  ask(prompt: string): void {
    this.#readline.setPrompt(`${prompt}> `);
    this.#draw();
  }

  /** A line above the one that is being typed, which stays as it is. */
  print(line: string): void {
    const { rows } = this.#readline.getCursorPos();
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
    // readline moves up by as many rows as the cursor was down, before it draws its line anew.
    this.#output.write(`${line}\n${"\n".repeat(this.#open ? rows : 0)}`);
    this.#draw();
  }

  /** The name in a colour of its own, if the terminal has colours (`NO_COLOR` says that it has not). */
  coloured(name: string): string {
    if (!this.#output.hasColors()) return name;
    const sum = [...name].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0);
    return `\u001b[${COLOURS[sum % COLOURS.length]}m${name}\u001b[39m`;
  }

  /** Leaves the terminal as it was. */
  close(): void {
    this.#readline.close();
  }

  #draw(): void {
    if (!this.#open) return;
    this.#asking = true;
    this.#readline.prompt(true);
  }
}
