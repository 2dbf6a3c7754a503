/** A student edition holds code back: in its folder lies a file that says so, in one line. */
import { existsSync, readFileSync } from "node:fs";
import { Refusal } from "./command.ts";

export const HELD_BACK = "held-back.txt";

export function isHeldBack(folder: string): boolean {
  return existsSync(`${folder}/${HELD_BACK}`);
}

/** Throws that line as a {@link Refusal}, if the folder's code is held back. */
export function mustBeHere(folder: string): void {
  if (!isHeldBack(folder)) return;
  throw new Refusal(readFileSync(`${folder}/${HELD_BACK}`, "utf8").trim());
}
