/** A process of the cluster: its lines are handed on, it is ended in good order, and at the latest with us. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

export interface Running {
  readonly pid: number | undefined;
  /** How it has ended, when all that it printed has been heard. */
  readonly ended: Promise<string>;
  /** Asks it to end; on Windows, this is its end. */
  stop(): void;
}

const WINDOWS = process.platform === "win32";
const living = new Set<() => void>();
process.once("exit", () => {
  for (const kill of living) kill();
});

export type Hear = (line: string, from: "stdout" | "stderr") => void;

/** `apart`: Ctrl+C at our terminal does not reach it, so that it ends when its turn has come. */
export function run(argv: readonly string[], apart: boolean, hear: Hear): Running {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, {
    stdio: ["ignore", "pipe", "pipe"],
    detached: apart,
    windowsHide: true,
  });
  for (const from of ["stdout", "stderr"] as const)
    createInterface({ input: child[from] }).on("line", (line) => hear(line, from));
  const kill = () => void child.kill("SIGKILL");
  living.add(kill);
  const closed = once(child, "close").then(([code, signal]) => signal ?? `exit code ${code}`);
  const ended = closed.catch(({ message }: Error) => message); // it could not be started
  void ended.then(() => living.delete(kill));
  const stop = () => {
    child.kill();
    if (!WINDOWS) child.kill("SIGCONT"); // who was frozen by hand is to hear it, too
  };
  return { pid: child.pid, ended, stop };
}
