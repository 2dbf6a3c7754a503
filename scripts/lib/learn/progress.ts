/** How far a learner has come: one text file, exercises/progress.txt, that can be read and taken along. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { Refusal } from "../command.ts";
import { exercises } from "./subject.ts";

const FILE = `${exercises}/progress.txt`;
const HEAD = "# How far I have come; npm run progress shows it. Copy this file to take it along.";

export interface Progress {
  /** The exercise's code has been laid. */
  begun: boolean;
  /** The day on which all its cases passed, as 2026-01-31. */
  passed: string | undefined;
  skipped: boolean;
  /** How many hints have been shown. */
  hints: number;
}

const nothing = (): Progress => ({ begun: false, passed: undefined, skipped: false, hints: 0 });

/** By subject. A line that is not understood is refused, so that nothing in it is lost. */
export function read(): Map<string, Progress> {
  const all = new Map<string, Progress>();
  if (!existsSync(FILE)) return all;
  for (const [i, line] of readFileSync(FILE, "utf8").split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const [, id = "", what, value = ""] =
      /^([\w-]+) +(begun|passed|skipped|hints)(?: +(\S+))?$/.exec(line.trim()) ?? [];
    const progress = all.get(id) ?? nothing();
    if (what === "begun") progress.begun = true;
    else if (what === "skipped") progress.skipped = true;
    else if (what === "passed" && /^\d{4}-\d\d-\d\d$/.test(value)) progress.passed = value;
    else if (what === "hints" && /^\d+$/.test(value)) progress.hints = Number(value);
    else
      throw new Refusal(
        `exercises/progress.txt, line ${i + 1}: not "v05 passed 2026-01-31" or the like, but "${line}"`,
      );
    all.set(id, progress);
  }
  return all;
}

export function of(id: string): Progress {
  return read().get(id) ?? nothing();
}

export function note(id: string, change: Partial<Progress>): void {
  const all = read();
  write(all.set(id, { ...(all.get(id) ?? nothing()), ...change }));
}

export function passed(id: string): void {
  note(id, { begun: true, passed: new Date().toISOString().slice(0, 10), skipped: false });
}

/** Of one subject, or of all. */
export function forget(id?: string): void {
  const all = read();
  if (id === undefined) all.clear();
  else all.delete(id);
  write(all);
}

function write(all: ReadonlyMap<string, Progress>): void {
  const lines = [...all].flatMap(([id, { begun, passed, skipped, hints }]) => [
    ...(begun ? [`${id} begun`] : []),
    ...(hints > 0 ? [`${id} hints ${hints}`] : []),
    ...(passed ? [`${id} passed ${passed}`] : []),
    ...(skipped ? [`${id} skipped`] : []),
  ]);
  mkdirSync(exercises, { recursive: true });
  writeFileSync(FILE, `${[HEAD, ...lines.sort()].join("\n")}\n`);
}
