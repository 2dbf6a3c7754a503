/** The chapters, in order: the one list that the runner, the tests and the steps go by. */

export interface Chapter {
  /** `v07`; the folder begins with it. */
  readonly id: string;
  readonly folder: string;
  readonly title: string;
  /** What it adds to the chapter before, as the end of "adds: …". */
  readonly adds: string;
  /** The version of the Go original that it re-teaches, or none. */
  readonly original: string;
  /** The files that differ from the chapter before, or are new, and why; every other one is byte-identical. */
  readonly changes: Readonly<Record<string, string>>;
  /** What it imports beside Node's own modules and its files, from here on; see `dependencies` in package.json. */
  readonly packages?: readonly string[];
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
    changes: {
      "lines.ts": "Bytes become lines: split-safe, bounded, and the same ever after.",
      "main.ts": "The command line: options are checked, and the address is said.",
      "server.ts": "Listen, accept, and one task for each client, which echoes its lines.",
      "tasks.ts": "Tasks have names, so that a leak can say who leaked.",
    },
    cap: 160,
  },
  {
    id: "v02",
    folder: "v02-broadcast",
    title: "broadcast",
    adds: "everybody hears everybody: who is online, the message channel, the broadcaster",
    original: "V0.2 and V0.3",
    changes: {
      "channel.ts": "Tasks hand each other values through a bounded queue.",
      "connection.ts":
        "A socket gets an outbox and a writer of its own, so that a slow client holds up nobody else.",
      "room.ts":
        "Who is online, the one queue of all that is said, and the broadcaster that empties it.",
      "server.ts":
        "A client now has two tasks, one that reads and one that writes; what it says goes to the room.",
    },
    cap: 205,
  },
  {
    id: "v03",
    folder: "v03-user-module",
    title: "user module",
    adds: "a refactor: what a user can do moves to User; nothing behaves differently",
    original: "V0.4",
    changes: {
      "server.ts": "It no longer knows what a line means: it hands each one to its user.",
      "user.ts": "What a user can do has a place of its own, for all that is to come.",
    },
    cap: 60,
  },
  {
    id: "v04",
    folder: "v04-who",
    title: "who",
    adds: "`who` lists who is online",
    original: "V0.5",
    changes: {
      "user.ts": "A line that reads `who` is a question, and its answer goes to the asker alone.",
    },
    cap: 15,
  },
  {
    id: "v05",
    folder: "v05-rename",
    title: "rename",
    adds: "`rename|name` takes a name, if nobody else has it",
    original: "V0.6",
    changes: {
      "room.ts":
        "Names get an index beside the list of who is online, so that a name can be claimed in one step.",
      "user.ts": "`rename|` is a command: the name is tested, claimed, and the asker is told.",
    },
    cap: 30,
  },
  {
    id: "v06",
    folder: "v06-private",
    title: "private messages",
    adds: "`to|name|text` is heard by that user alone",
    original: "V0.8",
    changes: {
      "room.ts": "A message may be for one user; it takes its turn in the same queue.",
      "user.ts": "`to|` is a command: taken apart by a pattern that fits or does not.",
    },
    cap: 20,
  },
  {
    id: "v07",
    folder: "v07-timeout-kick",
    title: "timeout kick",
    adds: "whoever sends nothing for the idle limit is kicked",
    original: "V0.7",
    changes: {
      "main.ts": "A new option, the idle limit.",
      "room.ts": "Who leaves may be given a last word.",
      "server.ts": "Each user has one timer, set back by every line.",
      "user.ts": "A kick is a leave with a last word; what comes after it is not executed.",
    },
    cap: 35,
  },
  {
    id: "v08",
    folder: "v08-graceful-shutdown",
    title: "graceful shutdown",
    adds: "leaving well: `quit` and `exit`, signals, and a deadline for those who do not read",
    original: "none",
    changes: {
      "connection.ts": "Whoever is closed may be given last words, however far behind it is.",
      "main.ts":
        "The first signal begins the end, a second one is the end; one line says how it went.",
      "room.ts": "When all has been delivered, everybody is told that it is over.",
      "server.ts": "The end has a deadline: who has not taken what was said by then is cut off.",
      "user.ts": "`quit` and `exit` are a leave with a last word too.",
    },
    cap: 80,
  },
  {
    id: "v09",
    folder: "v09-client",
    title: "client",
    adds: "the terminal client, `npm run client`; the server is v08's",
    original: "V0.9",
    changes: {
      "client/chat.ts": "The menu and its modes, between the screen and the network.",
      "client/link.ts": "The network half: one connection, and the way back when it is lost.",
      "client/main.ts": "The client's own `main`: at a terminal a menu, between pipes plain lines.",
      "client/pipe.ts": "From a pipe, lines are sent as they are, and the answers printed plain.",
      "client/screen.ts":
        "The screen half: what comes in is printed above the line that is being typed.",
    },
    cap: 440,
  },
  {
    id: "v10",
    folder: "v10-monitoring",
    title: "monitoring",
    adds: "`--web-port`: whether the server is well, its figures and its tasks, over HTTP",
    original: "none",
    changes: {
      "channel.ts": "How much is queued can be asked.",
      "connection.ts": "It knows how it ended: in good order, by a reset, or cut off.",
      "main.ts": "A new option, and a second address that is said.",
      "metrics.ts": "The figures of a server, looked up when somebody asks for them.",
      "room.ts": "It counts what it does, and says how long each line has waited.",
      "server.ts": "It says that it is closing.",
      "user.ts": "Whoever leaves has a reason.",
      "web.ts": "HTTP: is it well, its figures, its tasks.",
    },
    packages: ["prom-client"],
    cap: 170,
  },
  {
    id: "v11",
    folder: "v11-wire",
    title: "wire",
    adds: "a refactor: what goes over a socket becomes a `Wire`; nothing behaves differently",
    original: "none",
    changes: {
      "connection.ts": "It is given its wire, and knows no form of bytes any more.",
      "lines.ts": "What a decoder is gets a name, so that there may be another one.",
      "room.ts": "It sends blocks of lines, whatever they become on the way.",
      "server.ts": "It says which wire a new connection speaks: so far there is one.",
      "wire.ts": "Lines to bytes and back; a block is encoded once for all on the same wire.",
    },
    cap: 60,
  },
  {
    id: "v12",
    folder: "v12-websocket",
    title: "WebSocket",
    adds: "a chat page for browsers: WebSocket is a second wire",
    original: "none",
    changes: {
      "connection.ts": "A wire may have answers of its own, and a goodbye; who is gone is cut off.",
      "handshake.ts": "The way from HTTP to WebSocket: what is asked for, and what the answer is.",
      "lines.ts": "A decoder may say that it is over, and has the last word.",
      "main.ts": "Two new options: which pages may chat, and how often to ask who is there.",
      "metrics.ts": "How long a ping takes.",
      "page.html":
        "The page: who is online, what is said, and the way back when the server is gone.",
      "page.ts": "It says what a browser may do on the page: obey the page's own script, no other.",
      "server.ts": "A connection may come from elsewhere; the system looks after silent ones.",
      "web.ts":
        "It hands out the page, makes WebSockets of requests, and waits for nobody too long.",
      "websocket.ts": "The second wire: frames, masks, fragments, pings, close codes.",
      "wire.ts": "A decoder may give answers beside the lines.",
    },
    cap: 670,
  },
  {
    id: "v13",
    folder: "v13-history",
    title: "history",
    adds: "what is said is kept in a file: `history|N`, `history|N|NAME`, `--history`, `--replay`",
    original: "none",
    changes: {
      "connection.ts": "Whether somebody is still there to hear an answer.",
      "history-file.ts":
        "A file that is written at its end and read from its end, and survives crashes.",
      "history.ts":
        "The historian: a task that keeps what is said, so that the chat waits for no disk.",
      "lock.ts": "Of two servers on one file, the second is refused.",
      "main.ts": "Two new options: which file, and how much of it a newcomer hears.",
      "metrics.ts": "How many lines could not be kept.",
      "page.html": "What comes out of the history is not said now.",
      "room.ts": "What is said to all goes to the history, too; a question waits for its turn.",
      "server.ts": "One more task, if there is a history.",
      "user.ts": "A new command.",
    },
    cap: 355,
  },
  {
    id: "v14",
    folder: "v14-mongodb",
    title: "MongoDB",
    adds: "what is said is kept in a database, which may be away: `--mongo`, `--keep-days`",
    original: "none",
    changes: {
      "history-mongo.ts":
        "A second store: a document for each line, in a database that is somebody else's.",
      "history.ts":
        "A store may say by itself that it is away, takes so much at once, and has a time to end.",
      "main.ts": "Two new options: which database, and for how many days.",
      "room.ts": "It says how much time the history has.",
    },
    packages: ["mongodb"],
    cap: 215,
  },
  {
    id: "v15",
    folder: "v15-packets",
    title: "packets",
    adds: "a binary wire with login, devices and acknowledgements; one timing wheel for all limits: `--packet-port`, `--secret`, `--login-timeout`",
    original: "none",
    changes: {
      "client/chat.ts": "What the server has taken is marked.",
      "client/link.ts": "It comes back with the last number that it has heard.",
      "client/main.ts": "New options: packets, a token, a device.",
      "client/packets.ts": "Packets, as the client sees them.",
      "client/pipe.ts": "It ends when every line is acknowledged.",
      "connection.ts":
        "A client may be let in, or leave with a reason; its time to go is the wheel's.",
      "history-file.ts": "A line that is read says its number.",
      "history-mongo.ts": "A line that is read says its number.",
      "history.ts": "Each line has a number, by which a device says what it has heard.",
      "lines.ts": "Whoever comes in is told, and whoever goes hears why.",
      "login.ts": "Who may come in; wrong tokens slow down their address.",
      "main.ts": "Three new options, and a third address that is said.",
      "metrics.ts": "A user with several devices counts once.",
      "names.ts": "What is a name, for those who sign tokens too.",
      "packets.ts": "The third wire: each packet says how long it is.",
      "ring.ts": "What has come and is not whole yet.",
      "room.ts":
        "Several devices are one user; whoever comes back hears what it missed; lines have numbers.",
      "server.ts": "A second port, a login before the talk, and limits that the wheel looks after.",
      "token.ts": "Who has the secret says whose name it is, and until when.",
      "user.ts": "Who somebody is may be proved, and then it stays.",
      "web.ts": "Its pings go by the wheel.",
      "websocket.ts": "Whoever comes in is told, and whoever goes hears why.",
      "wheel.ts": "One timer for all limits.",
      "wire.ts": "Lines have numbers; a wire may ask who comes.",
    },
    cap: 1035,
  },
  {
    id: "v16",
    folder: "v16-cluster",
    title: "cluster",
    adds: "several nodes are one room, over NATS: `--nats`, `--node`, `--nats-creds`",
    original: "none",
    changes: {
      "bus.ts": "All that knows NATS.",
      "claims.ts": "A name is one for all nodes; a node has its names for as long as its lease.",
      "cluster.ts": "What happens here is published, and what the others publish is heard.",
      "envelope.ts": "What nodes tell each other; it is looked at as what a client sends.",
      "main.ts": "Three new options.",
      "metrics.ts": "Figures of the other nodes and of the way to them.",
      "names.ts": "Which names are one name, for those of other nodes too.",
      "presence.ts": "Who is online on the other nodes.",
      "room.ts":
        "Users of other nodes are heard, seen and reached; a name is claimed at all nodes.",
      "server.ts": "It may have other nodes beside it.",
      "user.ts": "To claim a name takes time; a user has a number.",
      "web.ts": "A node that is alone is well, and says so.",
    },
    packages: ["@nats-io/transport-node", "@nats-io/jetstream", "@nats-io/kv"],
    cap: 1080,
  },
];
