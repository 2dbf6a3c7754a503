/** A real terminal with a shell in it, for what no terminal in memory has: jobs, and modes of its own. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { TerminalScreen } from "./terminal.ts";

/** Python's is the one that needs no package. Keys come in on 0, the screen goes out on 1, new widths come in on 3. */
const PYTHON = `
import fcntl, os, pty, select, struct, sys, termios
def resize(fd, columns): fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 40, int(columns), 0, 0))
pid, fd = pty.fork()
if pid == 0:
    resize(0, sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
while True:
    ready = select.select([fd, 0, 3], [], [])[0]
    try: out = os.read(fd, 65536) if fd in ready else None
    except OSError: out = b""  # so Linux tells that the shell has ended
    keys = os.read(0, 65536) if 0 in ready else None
    if out == b"" or keys == b"": break
    if out: os.write(1, out)
    if keys: os.write(fd, keys)
    if 3 in ready: resize(fd, os.read(3, 16))
`;

/** Whether this machine can make one. */
export const hasPty =
  process.platform !== "win32" && spawnSync("python3", ["-c", "import pty"]).status === 0;

export class Pty extends TerminalScreen {
  readonly #child: ChildProcess;

  /** Runs a program in it, with nothing around that could continue it if it stops: a shell is for that. */
  constructor(argv: readonly string[], env: NodeJS.ProcessEnv = {}, columns = 80) {
    super(columns, true);
    this.#child = spawn("python3", ["-c", PYTHON, `${columns}`, ...argv], {
      stdio: ["pipe", "pipe", "inherit", "pipe"],
      env: { ...process.env, ...env },
    });
    this.#child.stdout?.setEncoding("utf8").on("data", (text) => this.show(text));
  }

  override type(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  override resize(columns: number): void {
    super.resize(columns);
    (this.#child.stdio[3] as Writable).write(`${columns}`);
  }

  /** Takes the terminal away: all in it are hung up. */
  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.stdin?.end();
    await ended;
  }
}
