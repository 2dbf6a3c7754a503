/** On Linux: the processes that a program has started, and which of them serves. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const LISTEN = "0A"; // a socket's state in /proc/net/tcp; its inode is the tenth field

/** Who of them listens, the one started first; the program itself, if nobody does. */
export function listener(program: number): number {
  const listening = new Set(
    ["tcp", "tcp6"].flatMap((file) =>
      readFileSync(`/proc/net/${file}`, "utf8")
        .split("\n")
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[3] === LISTEN)
        .map((fields) => `socket:[${fields[9]}]`),
    ),
  );
  const serves = (pid: number) => open(pid).some((file) => listening.has(file));
  return family(program).find(serves) ?? program;
}

function family(pid: number): number[] {
  const threads = ifThere(() => readdirSync(`/proc/${pid}/task`));
  const children = threads.flatMap((thread) =>
    ifThere(() =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean),
    ),
  );
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

function open(pid: number): string[] {
  const files = ifThere(() => readdirSync(`/proc/${pid}/fd`));
  return files.flatMap((file) => ifThere(() => [readlinkSync(`/proc/${pid}/fd/${file}`)]));
}

/** What one has just heard of may be gone: then there is nothing to find. */
function ifThere(look: () => string[]): string[] {
  try {
    return look();
  } catch (error) {
    if (/^(ENOENT|ESRCH)$/.test((error as NodeJS.ErrnoException).code ?? "")) return [];
    throw error;
  }
}
