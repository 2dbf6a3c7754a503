/** The screen half of the client: a line is being typed at the bottom, what comes in goes above it. */
import {
  clearScreenDown,
  createInterface,
  cursorTo,
  type Interface,
  type Key,
  moveCursor,
} from "node:readline";
import { PassThrough } from "node:stream";

const COLOURS = [31, 32, 33, 34, 35, 36]; // red to cyan, as ANSI terminals number them

/** What a paste may hold, and no key sends: other systems' line ends, and control characters. */
const PASTED = /[\u0080-\u009f\u2028\u2029]|(?<=.)[\v\f]|[\v\f](?=.)/gsu;

export class Screen {
  readonly #input: NodeJS.ReadStream;
  readonly #output: NodeJS.WriteStream;
  readonly #readline: Interface;
  /** A terminal that cannot move its cursor: it edits the line itself, and we only print. */
  readonly #dumb = process.env.TERM === "dumb";
  /** What was entered at each prompt, the latest first. */
  readonly #entered = new Map<string, string[]>();
  /** How many of those the arrow keys have gone back; 0 is the line that was being typed. */
  #back = 0;
  #draft = "";
  /** How many rows below its first one readline believes the cursor to be. */
  #rows = 0;
  #open = true;
  #asking = false;

  constructor(input: NodeJS.ReadStream, output: NodeJS.WriteStream) {
    this.#input = input;
    this.#output = output;
    const setRawMode = (raw: boolean) => input.setRawMode(raw);
    const keys = Object.assign(new PassThrough(), { setRawMode });
    input.setEncoding("utf8").on("data", (text) => {
      // Key by key: given a whole paste, readline would not notice that it has reached the next row.
      for (const key of `${text}`.replace(PASTED, " ")) keys.write(key);
    });
    for (const end of ["end", "error"]) input.on(end, () => keys.end()); // a terminal can be taken away
    const terminal = !this.#dumb;
    this.#readline = createInterface({ input: keys, output, terminal, historySize: 0 });
    this.#readline.on("line", () => {
      this.#asking = false;
    });
    this.#readline.on("close", () => {
      if (this.#asking) output.write("\n");
      this.#open = this.#asking = false;
      this.#rows = 0;
      input.pause();
    });
    if (terminal) this.#edit(keys);
  }

  /** What is typed, line by line. Ends with Ctrl-C, Ctrl-D or {@link close}. */
  async *lines(): AsyncGenerator<string, void, undefined> {
    for await (const line of this.#readline) {
      const prompt = this.#readline.getPrompt();
      if (line !== "") this.#entered.set(prompt, [line, ...(this.#entered.get(prompt) ?? [])]);
      yield line;
      if (!this.#asking) this.#draw();
    }
  }

  /** What stands before the line that is being typed. */
  ask(prompt: string): void {
    this.#readline.setPrompt(`${prompt}> `);
    if (this.#asking) this.#above("");
    else this.#draw();
  }

  /** A line above the one that is being typed, which stays as it is. */
  print(line: string): void {
    this.#above(`${line}\n`);
  }

  /** The name in a colour of its own, if the terminal has colours (`NO_COLOR` says that it has not). */
  coloured(name: string): string {
    if (this.#dumb || !this.#output.hasColors()) return name;
    const sum = [...name].reduce((sum, char) => sum + (char.codePointAt(0) ?? 0), 0);
    return `\u001b[${COLOURS[sum % COLOURS.length]}m${name}\u001b[39m`;
  }

  /** Leaves the terminal as it was. */
  close(): void {
    this.#readline.close();
  }

  /** A terminal does none of this by itself while we read its keys one by one. */
  #edit(keys: PassThrough): void {
    keys.on("keypress", (_, { name }: Key) => {
      if (name === "up") this.#recall(this.#back + 1);
      else if (name === "down") this.#recall(this.#back - 1);
      else this.#back = 0;
      this.#rows = name === "return" ? 0 : this.#readline.getCursorPos().rows;
    });
    this.#readline.on("SIGINT", () => this.close());
    this.#readline.on("SIGTSTP", () => this.#suspend());
    const resume = () => this.#resume();
    // Most terminals wrap long lines again when their width changes; VS Code's skips the line of the cursor.
    const anew = process.env.TERM_PROGRAM !== "vscode";
    const resize = () => this.#above("", anew ? this.#readline.getCursorPos().rows : this.#rows);
    process.on("SIGCONT", resume); // after any stop, not only after our Ctrl-Z
    this.#output.prependListener("resize", resize); // before readline's own, which still counts with the old rows
    this.#readline.on("close", () => {
      process.off("SIGCONT", resume);
      this.#output.off("resize", resize);
    });
  }

  /** readline has a history too, but would offer at one prompt what was entered at another. */
  #recall(back: number): void {
    if (this.#back === 0) this.#draft = this.#readline.line;
    const lines = [this.#draft, ...(this.#entered.get(this.#readline.getPrompt()) ?? [])];
    const line = lines[back];
    if (line === undefined) return;
    this.#back = back;
    this.#readline.write(null, { ctrl: true, name: "e" }); // to the end of the line,
    this.#readline.write(null, { ctrl: true, name: "u" }); // and it is deleted up to there
    this.#readline.write(line);
  }

  /** Ctrl-Z. Stops the whole job, as the terminal would: if npm has started us, the shell waits for npm. */
  #suspend(): void {
    this.#erase();
    this.#input.setRawMode(false);
    process.kill(0, "SIGTSTP"); // returns when we are continued; at once if there is no shell to do so
    this.#output.write("\n".repeat(this.#rows)); // below what the shell has written
    this.#resume();
  }

  #resume(): void {
    this.#input.setRawMode(false); // else Node believes that it is still raw, and does nothing
    this.#input.setRawMode(true);
    this.#above("");
  }

  /** Writes the text in place of the line that is being typed, and draws that line again below. */
  #above(text: string, rows = this.#rows): void {
    this.#erase(rows);
    // Before readline draws its line again, it moves up by as many rows as the cursor was down.
    this.#output.write(text + "\n".repeat(this.#rows));
    if (this.#asking) this.#draw();
  }

  #erase(rows = this.#rows): void {
    if (this.#dumb && this.#asking) this.#output.write("\n");
    if (this.#dumb || !this.#open) return;
    moveCursor(this.#output, 0, -rows);
    cursorTo(this.#output, 0);
    clearScreenDown(this.#output);
  }

  #draw(): void {
    if (!this.#open) return;
    this.#asking = true;
    this.#readline.prompt(true);
    if (!this.#dumb) this.#rows = this.#readline.getCursorPos().rows;
  }
}
