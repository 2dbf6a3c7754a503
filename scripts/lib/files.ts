/** Files that somebody names: what the system says of one names it. */
import { readFileSync, writeFileSync } from "node:fs";

export function read(file: string): string {
  return named("read", file, () => readFileSync(file, "utf8"));
}

export function write(file: string, text: string, flag = "w"): void {
  named("write", file, () => writeFileSync(file, text, { flag }));
}

/** Refused now is better than refused after minutes. */
export function tryToWrite(file: string): void {
  write(file, "", "a");
}

/** Of a disk that is full, or of a folder that is read, the system says no name. */
function named<T>(syscall: string, path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw Object.assign(error as NodeJS.ErrnoException, { syscall, path });
  }
}
