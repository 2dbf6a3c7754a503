/** Clients that come and go faster than anybody can chat. */
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

export const churn: readonly Fault[] = [
  wrap("v01/churn-leaves-nothing", {
    id: "churn/2000",
    title: "2,000 come and go",
    how: "forgotten",
    does: "2,000 clients connect, 50 at a time; some end their side, some close, some reset.",
    breaks:
      "One way to end is forgotten, and each client that ends so leaves a descriptor, a task or an entry in a table behind. In the Go original the connection is never closed.",
    ours: "There is one way out for all of them: the reader's loop ends, its `finally` runs, the writer's queue is closed, the writer destroys the socket.",
    where: ["server.ts handle"],
    memory: 90,
    slow: true,
  }),
  {
    id: "churn/connect-and-vanish",
    title: "it connects and is gone",
    since: "v01",
    how: "forgotten",
    does: "While the server is busy with somebody's 20,000 lines, 200 clients connect and reset at once: when it comes to accept them, they are dead.",
    breaks:
      "A connection that is accepted is dead already. It has no address any more, so several users come who are all called `undefined`, and share one entry in the table; with an assertion in its place, the process ends.",
    ours: "A socket without an address is let go, before a task is started for it and before anybody hears of it.",
    where: ["server.ts remoteAddress"],
    memory: 60,
    run: vanish,
  },
  wrap("v02/crowd", {
    id: "churn/100-at-once",
    title: "a hundred come at once",
    how: "served",
    does: "A hundred clients connect in the same moment.",
    breaks:
      "A table that all tasks change at once. The sibling of the Go original has no lock for it, and the process ended.",
    ours: "They come one after the other, since one thread accepts them: all are announced, and all hear.",
    where: ["room.ts join"],
    memory: 60,
  }),
  {
    id: "churn/reset-storm",
    title: "a storm of resets",
    since: "v01",
    how: "forgotten",
    does: "600 clients reset, 50 at a time, at six different moments: at once, with half a line sent, with a line sent, with many, after they have read the answer, after they have ended their side.",
    breaks:
      "A reset can come during a read, during a write, between the two, and after the end: at one of these moments nobody is prepared.",
    ours: "A reader whose socket breaks ends; a writer whose socket breaks is told so by its write. Neither throws.",
    where: ["lines.ts catch", "lines.ts write"],
    memory: 90,
    slow: true,
    async run(server, [bob]) {
      for (let round = 0; round < 12; round++) {
        const clients = await crowd(server, 50);
        await Promise.all(clients.map((client, i) => MOMENTS[i % MOMENTS.length]?.(client)));
        await Promise.all(clients.map((client) => client.reset()));
        await bob.sync();
      }
    },
  },
  {
    id: "churn/while-two-talk",
    title: "300 come and go while two are talking",
    since: "v02",
    how: "announced",
    does: "300 clients come and leave, by goodbye and by reset, while the two others talk without a pause.",
    breaks:
      "The list of who hears is changed while a loop goes over it: somebody is left out, or hears a line twice; somebody's `offline` comes before its `online`, or never.",
    ours: "Coming and leaving travel through the same queue as what is said, and one task takes them out of it.",
    where: ["room.ts broadcaster"],
    memory: 90,
    slow: true,
    run: whileTwoTalk,
  },
];

async function vanish(server: Server, pair: Pair): Promise<void> {
  const [alice] = await server.join();
  void alice.write("busy\n".repeat(20_000));
  for (let round = 0; round < 4; round++) {
    const clients = await crowd(server, 50, { stalled: true });
    await Promise.all(clients.map((client) => client.reset()));
  }
  await alice.sync();
  for (const user of pair) {
    const heard: string[] = [];
    await eventually(async () => {
      for (const line of await user.sync()) heard.push(line);
      return balanced(heard.filter((line) => !line.startsWith(`[${alice.addr}]`)));
    }, "who has come has gone, too");
    const [strange] = heard.filter((line) => !line.startsWith("[127.0."));
    check(strange === undefined, `${user.transcript.who} heard "${strange}"`);
  }
}

/** What each has done when it resets. */
const MOMENTS: readonly ((client: Client) => unknown)[] = [
  () => {},
  (client) => client.write("half a li"),
  (client) => client.send("a line"),
  (client) => {
    client.stall();
    client.write("many lines\n".repeat(500));
  },
  (client) => client.sync(),
  (client) => client.end(),
];

async function whileTwoTalk(server: Server, pair: Pair): Promise<void> {
  let open = true;
  const said = new Map<Client, string[]>();
  const talk = async (user: Client) => {
    const lines: string[] = [];
    said.set(user, lines);
    for (let i = 0; open; i++) {
      user.send(`talk ${i}`);
      lines.push(server.echo(user, `talk ${i}`));
      await user.sync().then((heard) => user.heard.push(...heard)); // looked at in the end
    }
  };
  const come = async () => {
    for (let round = 0; round < 30; round++) {
      const clients = await crowd(server, 10);
      const leave = (client: Client, i: number) => {
        if (i % 2 === 0) return client.reset();
        client.end();
        return client.over();
      };
      await Promise.all(clients.map(leave));
    }
    open = false;
  };
  await Promise.all([come(), ...pair.map(talk)]);
  for (const user of pair) {
    const heard = await user.sync();
    await eventually(async () => {
      heard.push(...(await user.sync()));
      return balanced(heard);
    }, "who has come has gone, too");
    for (const [speaker, lines] of said) {
      const own = heard.filter((line) => line.startsWith(server.echo(speaker, "talk ")));
      same(own, lines, `what ${user.transcript.who} heard of ${speaker.transcript.who}`);
    }
  }
}

/** Of each address, `online` and `offline` are heard in turn; the last is `offline`. */
function balanced(heard: readonly string[]): boolean {
  const here = new Set<string>();
  for (const line of heard) {
    const [, addr = "", what = ""] = /^\[(.+?)\].*:(online|offline)$/.exec(line) ?? [];
    if (what === "") continue;
    check(here.has(addr) === (what === "offline"), `${addr} is ${what} twice`);
    if (what === "online") here.add(addr);
    else here.delete(addr);
  }
  return here.size === 0;
}
