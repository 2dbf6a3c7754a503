/** How far a learner has come: one text file, exercises/progress.txt, that can be read and taken along. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { Refusal } from "../command.ts";
import { read as readFile, write } from "../files.ts";
import { exercises } from "./subject.ts";

const FILE = `${exercises}/progress.txt`;
const HEAD = "# How far I have come; npm run progress shows it. Copy this file to take it along.";

/** One command at a time changes the file; the others wait, and look so often. */
const LOCK = `${FILE}.lock`;
const LOOK_MS = 20;
/** A change takes milliseconds: who has held the lock for longer was ended in the middle. */
const STALE_MS = 5000;

export interface Progress {
  /** The exercise's code has been laid; a fingerprint says which. */
  begun?: string | undefined;
  /** The day on which all its cases passed, as 2026-01-31. */
  passed?: string | undefined;
  /** The day on which another server passed them, in whatever language (`--cmd`). */
  elsewhere?: string | undefined;
  skipped?: boolean;
  /** How many hints have been shown; it never goes down. */
  hints?: number;
  /** Which hint was shown last; the file of an older course does not say. */
  hint?: number | undefined;
}

/** By subject. A line that is not understood is refused, so that nothing in it is lost. */
export function read(): Map<string, Progress> {
  const all = new Map<string, Progress>();
  if (!existsSync(FILE)) return all;
  for (const [i, line] of readFile(FILE).split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, id = "", what = "", value = ""] =
      /^([\w-]+) +(\w+)(?: +(\S+))?$/.exec(line.trim()) ?? [];
    const change = understood(what, value);
    if (!change)
      throw new Refusal(
        `exercises/progress.txt, line ${i + 1}: it should look like "v05 passed 2026-01-31", and it is "${line}"`,
      );
    all.set(id, { ...all.get(id), ...change });
  }
  return all;
}

function understood(what: string, value: string): Progress | undefined {
  if (what === "begun") return { begun: value };
  if (what === "skipped") return { skipped: true };
  if ((what === "hints" || what === "hint") && /^\d+$/.test(value))
    return { [what]: Number(value) };
  const isDay = /^\d{4}-\d\d-\d\d$/.test(value);
  return (what === "passed" || what === "elsewhere") && isDay ? { [what]: value } : undefined;
}

export function of(id: string): Progress {
  return read().get(id) ?? {};
}

export function note(id: string, change: Progress): void {
  rewrite((all) => all.set(id, { ...all.get(id), ...change }));
}

/** Today, where the learner is. */
export function today(): string {
  const now = new Date();
  const two = (number: number) => `${number}`.padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** Of one subject, or of all. */
export function forget(id?: string): void {
  rewrite((all) => (id === undefined ? all.clear() : all.delete(id)));
}

/** The new file takes the place of the old one when it is whole: a full disk costs nothing that was noted. */
function rewrite(change: (all: Map<string, Progress>) => unknown): void {
  mkdirSync(exercises, { recursive: true });
  while (!locked()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS);
  const whole = `${FILE}.new`;
  try {
    const all = read();
    change(all);
    write(whole, text(all));
    renameSync(whole, FILE);
  } finally {
    rmSync(whole, { force: true, recursive: true });
    rmSync(LOCK, { force: true });
  }
}

/** False while another command has it. */
function locked(): boolean {
  try {
    closeSync(openSync(LOCK, "wx"));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Math.abs(Date.now() - since) > STALE_MS) rmSync(LOCK, { force: true });
  return false;
}

function text(all: ReadonlyMap<string, Progress>): string {
  const lines = [...all].flatMap(([id, { begun, passed, elsewhere, skipped, hints = 0, hint }]) => [
    ...(begun === undefined ? [] : [`${id} begun ${begun}`.trim()]),
    ...(hints > 0 ? [`${id} hints ${hints}`] : []),
    ...(hint === undefined ? [] : [`${id} hint ${hint}`]),
    ...(passed ? [`${id} passed ${passed}`] : []),
    ...(elsewhere ? [`${id} elsewhere ${elsewhere}`] : []),
    ...(skipped ? [`${id} skipped`] : []),
  ]);
  return `${[HEAD, ...lines.sort()].join("\n")}\n`;
}
