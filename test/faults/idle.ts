/** Who says nothing is kicked, and must not be able to make that expensive, or to avoid it. */
import { args, kickedOut, SECONDS } from "../cases/v07.ts";
import { eventually, type Server } from "../harness/server.ts";
import { same } from "../harness/transcript.ts";
import { kicked, offline, online, said } from "../harness/wire.ts";
import { crowd, type Fault, wrap } from "./fault.ts";

const pair = "after";

export const idle: readonly Fault[] = [
  wrap("v07/half-a-line-is-no-activity", {
    id: "idle/slowloris",
    title: "a byte now and then, and never a line",
    pair,
    how: "kicked",
    does: "It sends a byte ten times a second and no newline: *slowloris*.",
    breaks:
      "The clock is set back by whatever comes, so the client stays for ever, with hundreds of its kind.",
    ours: "Only a line is a sign of life.",
    where: ["server.ts refresh"],
    memory: 40,
    slow: true,
  }),
  wrap("v07/stalled-and-idle", {
    id: "idle/stalled",
    title: "it neither reads nor writes",
    pair,
    how: "kicked",
    does: "It connects and does nothing at all, reading included.",
    breaks:
      "The notice of the kick cannot be written, and whoever kicks waits for that; or what is written *to* it counts as its sign of life, as with Node's `socket.setTimeout`.",
    ours: "The clock is the application's own, and knows lines only. The kick puts the notice into the outbox and waits for nothing.",
    where: ["server.ts refresh", "user.ts kick"],
    memory: 40,
    slow: true,
  }),
  {
    id: "idle/asks-and-never-reads",
    title: "it sends without end, and is idle all the same",
    since: "v07",
    args: ["--idle-timeout", "6"], // the questions keep the server busy, and bob must be heard in between
    pair,
    how: "kicked",
    does: "It sends a million questions and takes no answer, so that the server stops reading from it.",
    breaks:
      "It has lines waiting, so it is never idle; and it is never cut off, since nothing more is written to it: nobody ends it.",
    ours: "A line that the server does not read yet is no sign of life. It is kicked, and the others hear that it is offline.",
    where: ["connection.ts halfEmpty", "server.ts refresh"],
    memory: 120,
    slow: true,
    async run(server) {
      const [bob] = await server.join();
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      alice.rest();
      void alice.write("who\n".repeat(1_000_000));
      await bob.expect(offline(alice));
    },
  },
  wrap("v07/sixty-kicked-at-once", {
    id: "idle/sixty-at-once",
    title: "sixty are idle together",
    pair,
    how: "kicked",
    does: "Sixty clients come at the same time and say nothing.",
    breaks:
      "The first one's `offline` is sent to the others, who are being kicked too, and whose queue is closed already. In the Go original that is a panic, and the end.",
    ours: "To send into a closed channel is not an error: it says `false`.",
    where: ["channel.ts trySend", "room.ts leave"],
    memory: 60,
    slow: true,
  }),
  wrap("v07/line-after-the-kick", {
    id: "idle/line-after-the-kick",
    title: "it is kicked, and talks on",
    pair,
    how: "ignored",
    does: "After the notice it sends a text, a question and a command.",
    breaks:
      "The reader is still there and hands them on: a user who is off the list speaks, or takes a name that nobody can ever have again.",
    ours: "What a user sends who is no longer online is read and thrown away.",
    where: ["user.ts online", "connection.ts closed"],
    memory: 40,
    slow: true,
  }),
  {
    id: "idle/in-the-last-moment",
    title: "a line in the very moment of the kick",
    since: "v07",
    args,
    pair,
    how: "one or the other",
    does: "Forty clients say one line each, between 50 ms before the limit is over and 50 ms after it.",
    breaks:
      "Kick and line meet: the user is kicked, and heard afterwards; or is kicked although its line has put that off.",
    ours: "Either the line comes first, and the clock begins anew; or the kick does, and the line is not said.",
    where: ["user.ts doMessage", "server.ts refresh"],
    memory: 40,
    slow: true,
    run: lastMoment,
  },
  wrap("v07/kick-while-written-to", {
    id: "idle/kicked-while-written-to",
    title: "they are kicked while a flood comes in",
    pair,
    how: "kicked",
    does: "Ten say nothing while another one chats without a pause.",
    breaks:
      "What is written to a user keeps it alive; or the notice is overtaken by the chat, or cut in half by it.",
    ours: "The notice takes its turn behind what was said before, and is the last line.",
    where: ["room.ts farewell"],
    memory: 90,
    slow: true,
  }),
  {
    id: "idle/keeps-its-side-open",
    title: "fifty are kicked and stay on the line",
    since: "v07",
    args,
    pair,
    how: "cut off in time",
    does: "Fifty clients are kicked, hear it, and never end their own side.",
    breaks:
      "The server has ended its side and waits for the other: fifty descriptors, for as long as the clients like.",
    ours: "Two seconds after the kick the socket is destroyed.",
    where: ["connection.ts LINGER_MS"],
    memory: 60,
    slow: true,
    async run(server) {
      await server.join();
      const clients = await crowd(server, 50);
      for (const client of clients) client.rest();
      for (const client of clients) await kickedOut(client);
      await eventually(async () => (await server.vitals()).sockets === 1, "all are cut off");
    },
  },
  wrap("v07/kick-costs-no-cpu", {
    id: "idle/costs-nothing",
    title: "a kicked user, and the processor",
    pair,
    how: "kicked",
    does: "It is kicked.",
    breaks:
      "A loop that receives from a closed channel does not wait: in the Go original, each kicked user burns a core.",
    ours: "The writer's loop ends with its channel.",
    where: ["channel.ts #filled"],
    memory: 40,
    slow: true,
  }),
  wrap("v07/lines-leave-no-timers", {
    id: "idle/million-lines",
    title: "a million signs of life",
    how: "set back",
    does: "It sends a million empty lines.",
    breaks:
      "Each line makes a timer for the next five minutes, and all of them live until they fire.",
    ours: "Each user has one timer, which every line sets back.",
    where: ["server.ts refresh"],
    memory: 60,
    slow: true,
  }),
];

async function lastMoment(server: Server): Promise<void> {
  const [bob] = await server.join();
  const clients = await crowd(server, 40);
  const over = clients.map(async (client, i) => {
    client.rest();
    client.send(""); // from now on its limit runs
    const timer = setTimeout(() => client.send("alive"), SECONDS * 1000 - 50 + i * 2.5);
    same((await client.over()).slice(-1), [kicked(SECONDS)], "the last line");
    clearTimeout(timer);
  });
  await Promise.all(over);
  const heard = await bob.sync();
  for (const client of clients) {
    const own = heard.filter((line) => line.startsWith(`[${client.addr}]`));
    const alive = own.includes(said(client, "alive"));
    same(
      own,
      [online(client), ...(alive ? [said(client, "alive")] : []), offline(client)],
      `what was heard of ${client.addr}`,
    );
  }
}
