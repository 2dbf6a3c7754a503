/** Files that somebody names: what is wrong with one is said in one line. */
import { readFileSync, writeFileSync } from "node:fs";
import { Refusal } from "../refusal.ts";
import type { Results } from "./results.ts";

export function write(file: string, text: string, options: { flag?: string } = {}): void {
  try {
    writeFileSync(file, text, options);
  } catch (error) {
    throw new Refusal(`cannot write ${file}: ${reason(error)}`);
  }
}

/** Refused now is better than refused after minutes. */
export function tryToWrite(file: string): void {
  write(file, "", { flag: "a" });
}

export function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Refusal(`cannot read ${file}: ${reason(error)}`);
  }
}

/** What `npm run bench -- --json FILE` wrote. */
export function readResults(file: string): Results {
  const text = read(file);
  try {
    const results = JSON.parse(text) as Results;
    if (results.fanout.length > 0) return results;
  } catch {
    // no JSON, or none of ours: said below
  }
  throw new Refusal(`${file} holds no fan-out: npm run bench -- --json ${file} writes one`);
}

/** `ENOENT: no such file or directory, open '…'`, without the rest. */
function reason(error: unknown): string {
  return (error as Error).message.split(",")[0] ?? "";
}
