/** One server for each file: the one whose process id stands in the lock file, as long as that process runs. */
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Throws when another server has the file. Nothing needs to be undone after a crash. */
export function lock(path: string): void {
  const ids = `${path}.lock`;
  appendFileSync(ids, `${process.pid}\n`, { mode: 0o600 }); // if two start at once, one is first in the file
  const owner = readFileSync(ids, "utf8").split("\n").map(Number).find(runs);
  if (owner !== process.pid)
    throw refusal(`${path} is in use by process ${owner}: choose another --history`);
  writeFileSync(`${ids}.new`, `${process.pid}\n`, { mode: 0o600 });
  renameSync(`${ids}.new`, ids); // the ids of earlier processes are gone
}

export function unlock(path: string): void {
  rmSync(`${path}.lock`, { force: true });
}

function runs(id: number): boolean {
  try {
    return id > 0 && process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it runs, but belongs to another user
  }
}

/** It has a `syscall`, as errors of the system have: the user reads it without a stack. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { syscall: "open" });
}
