/** A connection is a descriptor, and a process may have only so many. */
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { invalidName, listed, renamed, said, told } from "../harness/wire.ts";
import { type Fault, type Pair, wrap } from "./fault.ts";

const MOST = 64;
const needs = ["ulimit", "descriptors"] as const;
const stderr = /^cannot accept: .*EMFILE/;

export const descriptors: readonly Fault[] = [
  {
    id: "descriptors/exhausted",
    title: "no descriptors left, and commands still answered",
    since: "v01",
    needs,
    stderr,
    descriptors: MOST,
    how: "refused",
    does: "The server may hold 64 descriptors (`ulimit -n 64`), and 200 clients connect. Those who got in go on.",
    breaks:
      "Accepting fails, and that is an error like any other: unheard, it ends the process. Answered by trying again at once, it is a loop that leaves no time for those who are in.",
    ours: "Who is one too many is closed at once: Node keeps a descriptor in reserve to accept it with. Should even that fail, it is one line on standard error. Those who are in talk, ask, rename and write to each other as before.",
    where: ["server.ts error"],
    memory: 60,
    slow: true,
    async run(server, pair) {
      await fill(server, 200);
      await served(server, pair);
    },
  },
  wrap("v01/out-of-descriptors", {
    id: "descriptors/spins",
    title: "no descriptors left, and the processor idle",
    how: "refused",
    does: "A hundred clients connect to a server that may hold 64 descriptors, stay, and leave at last.",
    breaks:
      "The loop that accepts fails, and goes on to the next round: it fails again at once, for ever, with a whole core.",
    ours: "The server waits for the next connection, as always. When the descriptors are free again, newcomers are served.",
    where: ["server.ts error"],
    memory: 60,
    slow: true,
  }),
  {
    id: "descriptors/again-and-again",
    title: "no descriptors left, ten times in a row",
    since: "v01",
    needs,
    stderr,
    descriptors: MOST,
    how: "refused",
    does: "Ten times, 100 clients connect to a server that may hold 64 descriptors, and vanish.",
    breaks:
      "A connection that could not be accepted properly leaves something behind each time, so that there are fewer and fewer descriptors, and in the end none.",
    ours: "Ten times later it holds as many as before, and as many find room.",
    where: ["server.ts handle"],
    memory: 60,
    slow: true,
    async run(server, pair) {
      const before = server.descriptors();
      const most: number[] = [];
      for (let i = 0; i < 10; i++) {
        const crowd = await fill(server, 100);
        most.push(server.descriptors());
        for (const client of crowd) client.close();
        await eventually(() => server.descriptors() <= before, `back to ${before} descriptors`);
        await pair[0].sync();
      }
      check(Math.min(...most) >= MOST - 2, `of ${MOST} it could take ${most.join(", ")}`);
    },
  },
  {
    id: "descriptors/at-the-end",
    title: "no descriptors left when it is told to stop",
    since: "v08",
    needs: [...needs, "signals"],
    stderr,
    descriptors: MOST,
    pair: "before",
    how: "ends well",
    does: "100 clients have taken all 64 descriptors. Then the server gets SIGTERM.",
    breaks:
      "The way out needs a descriptor that it cannot have: to write a log, to load a module that is loaded only at the end. The server dies of its own goodbye.",
    ours: "It needs none. Who is in hears that it is over; the exit code is 0, and no task is left.",
    where: ["server.ts close"],
    memory: 60,
    slow: true,
    async run(server) {
      await fill(server, 100);
      server.signal("SIGTERM");
      for (const client of server.clients) {
        if (!client.ended) await client.over();
        client.close();
      }
      check((await server.ended()).code === 0, "the exit code is not 0");
    },
  },
];

/** Until one too many has been closed. */
async function fill(server: Server, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) clients.push(await server.connect());
  await eventually(() => clients.some(({ ended }) => ended), "a connection too many is closed");
  return clients;
}

/** What the chapter can do, it does. */
async function served(server: Server, [bob, carol]: Pair): Promise<void> {
  await bob.sync();
  await carol.sync();
  bob.send("anybody?");
  await bob.until(server.echo(bob, "anybody?"));
  if (server.chapter === "v01") return;
  await carol.until(said(bob, "anybody?"));
  if (server.chapter < "v04") return;
  bob.send("who");
  const list = await bob.sync();
  check(list.includes(listed(bob)) && list.includes(listed(carol)), "the pair is not on the list");
  if (server.chapter < "v05") return;
  bob.send("rename|[");
  await bob.until(invalidName);
  bob.send("rename|bob");
  await bob.until(renamed("bob"));
  bob.name = "bob";
  if (server.chapter < "v06") return;
  carol.send("to|bob|you too?");
  await bob.until(told(carol, "you too?"));
}
