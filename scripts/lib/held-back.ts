/** A student edition holds code back: in its folder lies a file that says so, in one line. */
import { existsSync, readFileSync } from "node:fs";
import { Refusal } from "./command.ts";

export const HELD_BACK = "held-back.txt";

/** Throws that line as a {@link Refusal}, if the folder's code is held back. */
export function mustBeHere(folder: string): void {
  const file = `${folder}/${HELD_BACK}`;
  if (existsSync(file)) throw new Refusal(readFileSync(file, "utf8").trim());
}
