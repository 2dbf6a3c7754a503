/** The chapters, in order: the one list that the runner, the tests and the steps go by. */

export interface Chapter {
  /** `v07`; the folder begins with it. */
  readonly id: string;
  readonly folder: string;
  readonly title: string;
  /** What it adds to the chapter before, as the end of "adds: …". */
  readonly adds: string;
  /** The version of the Go original that it re-teaches. */
  readonly original: string;
  /** The files that differ from the chapter before, or are new; every other one is byte-identical. */
  readonly changes: readonly string[];
  /** The most code lines that may change: no comments, no blanks, a replaced line counted once. */
  readonly cap: number;
}

export const chapters: readonly Chapter[] = [
  {
    id: "v01",
    folder: "v01-basic-server",
    title: "basic server",
    adds: "listen, accept, one task a connection; each line is echoed",
    original: "V0.1",
    changes: ["lines.ts", "main.ts", "server.ts", "tasks.ts"],
    cap: 150,
  },
  {
    id: "v02",
    folder: "v02-broadcast",
    title: "broadcast",
    adds: "everybody hears everybody: who is online, the message channel, the broadcaster",
    original: "V0.2 and V0.3",
    changes: ["channel.ts", "connection.ts", "room.ts", "server.ts"],
    cap: 195,
  },
  {
    id: "v03",
    folder: "v03-user-module",
    title: "user module",
    adds: "a refactor: what a user can do moves to User; nothing behaves differently",
    original: "V0.4",
    changes: ["server.ts", "user.ts"],
    cap: 60,
  },
  {
    id: "v04",
    folder: "v04-who",
    title: "who",
    adds: "`who` lists who is online",
    original: "V0.5",
    changes: ["user.ts"],
    cap: 15,
  },
  {
    id: "v05",
    folder: "v05-rename",
    title: "rename",
    adds: "`rename|name` takes a name, if nobody else has it",
    original: "V0.6",
    changes: ["room.ts", "user.ts"],
    cap: 30,
  },
  {
    id: "v06",
    folder: "v06-private",
    title: "private messages",
    adds: "`to|name|text` is heard by that user alone",
    original: "V0.8",
    changes: ["room.ts", "user.ts"],
    cap: 20,
  },
  {
    id: "v07",
    folder: "v07-timeout-kick",
    title: "timeout kick",
    adds: "whoever sends nothing for the idle limit is kicked",
    original: "V0.7",
    changes: ["main.ts", "room.ts", "server.ts", "user.ts"],
    cap: 30,
  },
  {
    id: "v08",
    folder: "v08-graceful-shutdown",
    title: "graceful shutdown",
    adds: "leaving well: `quit` and `exit`, signals, and a deadline for those who do not read",
    original: "V0.8",
    changes: ["main.ts", "room.ts", "server.ts", "user.ts"],
    cap: 80,
  },
  {
    id: "v09",
    folder: "v09-client",
    title: "client",
    adds: "the terminal client, `npm run client`; the server is v08's",
    original: "V0.9",
    changes: ["chat.ts", "client.ts", "link.ts", "pipe.ts", "screen.ts"],
    cap: 320,
  },
];
