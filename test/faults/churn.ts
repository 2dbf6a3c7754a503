/** Clients that come and go faster than anybody can chat. */
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

export const churn: readonly Fault[] = [
  wrap("churn/2000", "v01/churn-leaves-nothing", { how: "forgotten", memory: 90, slow: true }),
  {
    id: "churn/connect-and-vanish",
    since: "v01",
    how: "forgotten",
    memory: 60,
    run: vanish,
  },
  wrap("churn/100-at-once", "v02/crowd", { how: "served", memory: 60 }),
  {
    id: "churn/reset-storm",
    since: "v01",
    how: "forgotten",
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
    since: "v02",
    how: "announced",
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
