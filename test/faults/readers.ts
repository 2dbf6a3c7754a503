/** Clients who take what is theirs late, in sips, or never. */
import { chatUntil } from "../cases/v02.ts";
import type { Client } from "../harness/client.ts";
import { Program } from "../harness/program.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, Failure } from "../harness/transcript.ts";
import { offline, online, said } from "../harness/wire.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

const MiB = 1024 * 1024;
const START_MS = 20_000;

export const readers: readonly Fault[] = [
  wrap("v01/never-reads", {
    id: "readers/echo-never-read",
    title: "an echo that nobody listens to",
    how: "slowed",
    does: "It sends 32 MB and reads nothing of what comes back.",
    breaks: "Each echo is written without waiting, so all of it is kept in the server's memory.",
    ours: "The next line is read when the echo of the last one is out. So the client's own sending stops, and when it reads at last, nothing is lost.",
    where: ["lines.ts write", "server.ts handle"],
    memory: 60,
  }),
  wrap("v02/stalled-reader", {
    id: "readers/one-stalled",
    title: "one client stops reading",
    how: "cut off",
    does: "It connects and never reads; the others chat.",
    breaks:
      "The writer waits for that client, and everybody waits for the writer: the room is frozen. Or nobody waits, and what is not taken is kept in memory without a bound.",
    ours: "It fills its own outbox. At 4 MiB it is cut off, and the others hear that it is offline.",
    where: ["connection.ts send", "connection.ts OUTBOX_BYTES"],
    memory: 60,
    slow: true,
  }),
  {
    id: "readers/100-stalled",
    title: "a hundred stop reading at once",
    since: "v02",
    alone: true,
    how: "cut off",
    does: "A hundred clients connect and never read; one user chats until all of them are gone.",
    breaks:
      "What one costs, a hundred cost a hundredfold; and a server that cuts off the first one in the middle of its loop over all may forget the second.",
    ours: "Each is cut off when its own outbox is full. The text itself is there once, however many have it in their outbox.",
    where: ["connection.ts send", "room.ts deliver"],
    memory: 250,
    slow: true,
    async run(server, pair) {
      const stalled = await crowd(server, 100, { stalled: true });
      await chatUntilHeard(pair, stalled.map(offline));
    },
  },
  {
    id: "readers/resumes-below-the-limit",
    title: "it stops reading, and resumes in time",
    since: "v02",
    alone: true,
    how: "served",
    does: "It stops until the operating system takes nothing more for it and its outbox is a third full. Then it reads on.",
    breaks:
      "The queue in memory and the one in the operating system change places on the way: lines are lost where they meet, come twice, or in another order. Or it was cut off long before, for being slow.",
    ours: "It hears everything, in order, nothing twice. Only its writer writes to the socket, one batch after the other.",
    where: ["connection.ts writer", "channel.ts batches"],
    memory: 90,
    slow: true,
    async run(server, [, carol]) {
      const [alice] = await server.join();
      alice.stall();
      const lines = await chatUntilStuck(server, carol);
      await chat(carol, lines, 350);
      alice.read();
      await alice.hears(...lines.map((line) => said(carol, line)));
    },
  },
  {
    id: "readers/stop-and-go",
    title: "it reads in sips",
    since: "v02",
    alone: true,
    how: "served",
    does: "Six times it stops until the operating system takes nothing more for it, then reads all that is there.",
    breaks:
      "Whoever waits for the event that says “there is room again” misses one, and then waits for ever; or listeners for it pile up, one more each time.",
    ours: "The writer waits for the end of each write, which comes whatever becomes of the connection.",
    where: ["lines.ts write", "connection.ts writer"],
    memory: 90,
    slow: true,
    async run(server, [, carol]) {
      const [alice] = await server.join();
      for (let i = 0; i < 6; i++) {
        alice.stall();
        const lines = await chatUntilStuck(server, carol);
        alice.read();
        await alice.hears(...lines.map((line) => said(carol, line)));
      }
    },
  },
  {
    id: "readers/stuck-when-the-traffic-stops",
    title: "an outbox that is stuck below its limit when the traffic stops",
    since: "v02",
    alone: true,
    how: "cut off in time",
    does: "It stops reading until its outbox holds something. Then nobody says anything more, and it ends its side, still without reading.",
    breaks:
      "Nothing is sent to it any more, so its outbox never gets full and no write ever fails. The writer waits in its write for ever: a task, a socket and what it was to write are left for each such client.",
    ours: "It has ended its side, so it is off the list at once; then it has two seconds to take what is left, and is cut off. The deadline does not ask the writer, who is stuck.",
    where: ["connection.ts LINGER_MS", "connection.ts close"],
    memory: 90,
    slow: true,
    async run(server, [bob, carol]) {
      const alice = await server.connect({ stalled: true });
      const lines = await chatUntilStuck(server, carol);
      await chat(carol, lines, 350);
      alice.end();
      await bob.until(offline(alice));
      const cutOff = async () => (await server.vitals()).sockets === 2;
      await eventually(cutOff, "alice, who does not read, is cut off");
      check(alice.ended === undefined, "alice was told of it, so she has read");
    },
  },
  {
    id: "readers/frozen-process",
    title: "a client frozen by SIGSTOP",
    since: "v02",
    alone: true,
    needs: ["signals"],
    how: "cut off",
    does: "The process of a client is stopped, as with Ctrl+Z: it is connected, its system still says so, and it will never read again.",
    breaks:
      "No error, no end, no reset: only a write that does not come back. A server that waits for one has no reason to stop waiting. (A computer that has lost its network is the same, seen from the server.)",
    ours: "It is a stalled reader like any other: its outbox fills, and it is cut off. Where nobody says anything, the idle clock does it (v07).",
    where: ["connection.ts send"],
    memory: 90,
    slow: true,
    run: frozen,
  },
  wrap("v04/who-never-read", {
    id: "readers/answers-never-read",
    title: "a million questions, and no answer is read",
    how: "slowed",
    does: "It sends `who` a million times and reads nothing.",
    breaks:
      "Each `who` is four bytes, and its answer as long as the room is large: memory fills up. In the Go original the answer is written with the lock held, and the server freezes.",
    ours: "From a client that has half an outbox to take, no further line is read. It holds up itself.",
    where: ["connection.ts halfEmpty"],
    memory: 120,
    slow: true,
  }),
  wrap("v06/private-flood-at-a-stalled-user", {
    id: "readers/private-flood",
    title: "private messages to one who does not read",
    how: "cut off",
    does: "One client never reads; another writes to it in private, without end.",
    breaks: "There is a limit for what all hear, and none for what one hears.",
    ours: "All that a user is to hear goes through its one outbox, and that has one limit.",
    where: ["connection.ts send", "room.ts tell"],
    memory: 60,
    slow: true,
  }),
  wrap("v08/quit-delivers-what-is-queued", {
    id: "readers/quits-behind",
    title: "it says goodbye while it is behind",
    how: "served",
    does: "It has not read 400 KB of chat, sends `quit`, and then begins to read.",
    breaks: "Goodbye closes the connection, and what was on its way is thrown away.",
    ours: "Its `bye` goes the way of the chat, behind all that was said before; the socket is ended when the outbox is empty.",
    where: ["room.ts farewell", "connection.ts writer"],
    memory: 60,
  }),
];

/** The pair's first has heard these lines, in whatever order, while its second was chatting. */
async function chatUntilHeard([bob, carol]: Pair, expected: readonly string[]): Promise<void> {
  const missing = new Set(expected);
  const done = () => {
    for (const line of bob.heard.splice(0)) missing.delete(line);
    return missing.size === 0;
  };
  await chatUntil(carol, done, 64 * MiB);
}

/** Says so many lines of 4 KB, no faster than it hears itself; they come after `lines`, and go there too. */
async function chat(user: Client, lines: string[], count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const line = `${lines.length} ${"x".repeat(4000)}`;
    lines.push(line);
    user.send(line);
    if (i % 16 === 0) await user.sync();
  }
  await user.sync();
}

/** Chats until there is something that a client does not take, and its operating system does not either. */
async function chatUntilStuck(server: Server, user: Client): Promise<string[]> {
  const lines: string[] = [];
  for (let stuck = 0; stuck < 3; ) {
    check(lines.length < 16_000, "64 MB of chat, and the client that does not read takes it all");
    const { unsent } = await server.vitals();
    stuck = unsent > 0 ? stuck + 1 : 0;
    if (stuck === 0) await chat(user, lines, 16);
    else await user.sync();
  }
  return lines;
}

const FREEZER = `const socket = require("node:net").connect(process.argv[1], "127.0.0.1");
socket.on("connect", () => console.log(socket.localPort)).on("error", () => {}).resume();`;

async function frozen(server: Server, pair: Pair): Promise<void> {
  const program = new Program([process.execPath, "-e", FREEZER, `${await server.start()}`]);
  try {
    const port = await program.says(/^(\d+)\n/, START_MS);
    if (port === undefined) throw new Failure("hang", "the client to be frozen did not connect");
    const addr = `127.0.0.1:${port}`;
    await pair[0].until(online({ addr, name: addr }));
    program.signal("SIGSTOP");
    await chatUntilHeard(pair, [offline({ addr, name: addr })]);
  } finally {
    program.kill();
    await program.closed;
  }
}
