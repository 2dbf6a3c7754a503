/** The extra exercises, from easy to hard: what no chapter solves. */
import type { Case } from "../test/harness/case.ts";

export interface Extra {
  /** Its folder, and the first part of its cases' ids. */
  readonly id: string;
  readonly title: string;
  /** The chapter that it starts from. */
  readonly base: "v08" | "v12";
  /** 1 is easy, 3 is hard. */
  readonly level: 1 | 2 | 3;
  /** What one learns, as the end of "teaches: …". */
  readonly teaches: string;
  /** The options that it adds to the command line. */
  readonly options?: readonly string[];
  /** The cases of its base that no longer hold. */
  readonly replaces?: readonly string[];
  /** Its own cases; those of its base must hold too. */
  cases(): Promise<readonly Case[]>;
}

const load = async (module: Promise<{ readonly cases: readonly Case[] }>) => (await module).cases;

export const extras: readonly Extra[] = [
  {
    id: "nick",
    title: "nick",
    base: "v08",
    level: 1,
    teaches: "state of one user: bounded, exact after any order of commands, gone with its user",
    cases: () => load(import("./nick/cases.ts")),
  },
  {
    id: "seen",
    title: "last seen",
    base: "v08",
    level: 1,
    teaches: "state that outlives a connection, and what to forget; one way out for all who leave",
    cases: () => load(import("./seen/cases.ts")),
  },
  {
    id: "max-users",
    title: "a full house",
    base: "v08",
    level: 2,
    teaches:
      "admission at the door: look and let in without a wait between; to refuse in good order",
    options: ["--max-users"],
    cases: () => load(import("./max-users/cases.ts")),
  },
  {
    id: "history",
    title: "history",
    base: "v08",
    level: 2,
    teaches: "a snapshot and then what is live, without a gap and without a line twice",
    cases: () => load(import("./history/cases.ts")),
  },
  {
    id: "flood",
    title: "flood limit",
    base: "v08",
    level: 2,
    teaches: "a window that slides, with neither a timer nor an answer for each line",
    options: ["--max-rate"],
    cases: () => load(import("./flood/cases.ts")),
  },
  {
    id: "ignore",
    title: "ignore",
    base: "v08",
    level: 3,
    teaches: "a filter where lines are delivered, and one user's state that speaks of others",
    cases: () => load(import("./ignore/cases.ts")),
  },
  {
    id: "rooms",
    title: "rooms",
    base: "v08",
    level: 3,
    teaches: "many audiences and one queue: whoever moves takes its turn; two books kept in step",
    cases: () => load(import("./rooms/cases.ts")),
  },
  {
    id: "accounts",
    title: "accounts",
    base: "v08",
    level: 3,
    teaches: "check-then-act across a wait that cannot be left out",
    cases: () => load(import("./accounts/cases.ts")),
  },
  {
    id: "deflate",
    title: "compressed messages",
    base: "v12",
    level: 3,
    teaches:
      "an extension of a protocol, agreed on first; one compressed block for all; a bomb defused",
    cases: () => load(import("./deflate/cases.ts")),
  },
];
