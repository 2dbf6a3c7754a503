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
    teaches:
      "state of one user: it has a bound, is right after any order of commands, and goes with its user",
    load: () => import("./nick/cases.ts"),
  },
  {
    id: "seen",
    title: "last seen",
    level: 1,
    teaches:
      "state that lives longer than a connection, and what to forget; one place that all who leave pass",
    load: () => import("./seen/cases.ts"),
  },
  {
    id: "max-users",
    title: "a full server",
    level: 2,
    teaches:
      "to let users in or refuse them: nothing is awaited between the look and the change; to refuse without a reset",
    options: ["--max-users"],
    load: () => import("./max-users/cases.ts"),
  },
  {
    id: "history",
    title: "history",
    level: 2,
    teaches: "first a snapshot and then live lines, with no line missing and none twice",
    load: () => import("./history/cases.ts"),
  },
  {
    id: "flood",
    title: "flood limit",
    level: 2,
    teaches: "a sliding window, with neither a timer nor an answer for each line",
    options: ["--max-rate"],
    load: () => import("./flood/cases.ts"),
  },
  {
    id: "ignore",
    title: "ignore",
    level: 3,
    teaches: "a filter where lines are delivered; the state of one user that refers to others",
    load: () => import("./ignore/cases.ts"),
  },
  {
    id: "rooms",
    title: "rooms",
    level: 3,
    teaches:
      "many audiences and one queue, in which each move waits for its turn; two collections that must agree",
    load: () => import("./rooms/cases.ts"),
  },
  {
    id: "accounts",
    title: "accounts",
    level: 3,
    teaches: "check-then-act when there must be a wait in between",
    load: () => import("./accounts/cases.ts"),
  },
  {
    id: "deflate",
    title: "compressed messages",
    base: "v12",
    level: 3,
    teaches:
      "to agree on an extension of a protocol; one compressed block for all; small messages that become huge",
    load: () => import("./deflate/cases.ts"),
  },
];

export const extras: readonly Extra[] = listed.map(({ load, base = "v08", ...extra }) => ({
  ...extra,
  base,
  cases: async () => (await load()).cases.map((each) => ({ ...each, since: base })),
}));
