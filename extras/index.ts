/** The extra exercises, from easy to hard: what no chapter solves. */
import type { Case } from "../test/harness/case.ts";
import type { ExtraCase } from "./common/cases.ts";

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
  /** Its own cases; those of its base must hold too. */
  cases(): Promise<readonly Case[]>;
}

interface Listed extends Omit<Extra, "base" | "cases"> {
  /** v08, if nothing is said. */
  readonly base?: Extra["base"];
  load(): Promise<{ readonly cases: readonly ExtraCase[] }>;
}

const listed: readonly Listed[] = [
  {
    id: "nick",
    title: "nick",
    level: 1,
    teaches: "state of one user: bounded, exact after any order of commands, gone with its user",
    load: () => import("./nick/cases.ts"),
  },
  {
    id: "seen",
    title: "last seen",
    level: 1,
    teaches: "state that outlives a connection, and what to forget; one way out for all who leave",
    load: () => import("./seen/cases.ts"),
  },
  {
    id: "max-users",
    title: "a full house",
    level: 2,
    teaches:
      "admission at the door: look and let in without a wait between; to refuse in good order",
    options: ["--max-users"],
    load: () => import("./max-users/cases.ts"),
  },
  {
    id: "history",
    title: "history",
    level: 2,
    teaches: "a snapshot and then what is live, without a gap and without a line twice",
    load: () => import("./history/cases.ts"),
  },
  {
    id: "flood",
    title: "flood limit",
    level: 2,
    teaches: "a window that slides, with neither a timer nor an answer for each line",
    options: ["--max-rate"],
    load: () => import("./flood/cases.ts"),
  },
  {
    id: "ignore",
    title: "ignore",
    level: 3,
    teaches: "a filter where lines are delivered, and one user's state that speaks of others",
    load: () => import("./ignore/cases.ts"),
  },
  {
    id: "rooms",
    title: "rooms",
    level: 3,
    teaches: "many audiences and one queue: whoever moves takes its turn; two books kept in step",
    load: () => import("./rooms/cases.ts"),
  },
  {
    id: "accounts",
    title: "accounts",
    level: 3,
    teaches: "check-then-act across a wait that cannot be left out",
    load: () => import("./accounts/cases.ts"),
  },
  {
    id: "deflate",
    title: "compressed messages",
    base: "v12",
    level: 3,
    teaches:
      "an extension of a protocol, agreed on first; one compressed block for all; a bomb defused",
    load: () => import("./deflate/cases.ts"),
  },
];

export const extras: readonly Extra[] = listed.map(({ load, base = "v08", ...extra }) => ({
  ...extra,
  base,
  cases: async () => (await load()).cases.map((each) => ({ ...each, since: base })),
}));
