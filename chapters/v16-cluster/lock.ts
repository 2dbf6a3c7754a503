/** A file has one server: whose process id stands beside it, as long as that process runs. */
import { appendFileSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

/** Throws when another server has the file. Nothing needs to be undone after a crash. */
export function lock(path: string): void {
  const ids = `${path}.lock`;
  appendFileSync(ids, `${process.pid}\n`, { mode: 0o600 }); // of two who come at once, one is first
  const owner = readFileSync(ids, "utf8").split("\n").map(Number).find(runs);
  if (owner !== process.pid)
    throw refusal(`${path} is in use by process ${owner}: choose another --history`);
  writeFileSync(`${ids}.new`, `${process.pid}\n`, { mode: 0o600 });
  renameSync(`${ids}.new`, ids); // those of before are gone
}

export function unlock(path: string): void {
  rmSync(`${path}.lock`, { force: true });
}

function runs(id: number): boolean {
  try {
    return id > 0 && process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it runs, and is somebody else's
  }
}

/** With a `syscall`, as what the system refuses: it is for the user to mend. */
export function refusal(message: string): Error {
  return Object.assign(new Error(message), { syscall: "open" });
}
