/** A name is how users tell each other apart: two that look alike are one too many. */
import { rename } from "../cases/v05.ts";
import type { Client } from "../harness/client.ts";
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import {
  invalidName,
  listed,
  noUser,
  online,
  renamed,
  said,
  taken,
  told,
} from "../harness/wire.ts";
import { crowd, type Fault, list, type Pair, present, wrap } from "./fault.ts";

export const names: readonly Fault[] = [
  {
    id: "names/one-name-in-many-writings",
    since: "v05",
    how: "one gets it",
    run: writings,
  },
  wrap("names/race", "v05/thirty-race-for-one-name", { how: "one gets it" }),
  {
    id: "names/flapping",
    since: "v05",
    how: "answered",
    memory: 90,
    run: flapping,
  },
  {
    id: "names/prototype",
    since: "v05",
    how: "allowed as names",
    async run(server, [bob]) {
      const [alice] = await server.join();
      for (const name of PROTOTYPE) {
        if (server.chapter >= "v06") {
          bob.send(`to|${name}|anybody?`);
          await bob.until(noUser(name));
        }
        await rename(alice, name);
        if (server.chapter < "v06") continue;
        bob.send(`to|${name}|you?`);
        await alice.expect(told(bob, "you?"));
      }
    },
  },
  wrap("names/somebody's-address", "v05/rename-address", { how: "refused" }),
  wrap("names/address-used-again", "v06/address-used-again", {
    how: "the new one is found",
    memory: 240,
  }),
  wrap("names/forged-line", "v02/forged-line", { how: "gets its own frame" }),
  {
    id: "names/of-the-gone",
    since: "v05",
    how: "free again",
    memory: 60,
    slow: true,
    run: ofTheGone,
  },
];

const COMPOSED = "Zo\u{eb}";
const DECOMPOSED = "Zoe\u{308}";
const WIDE = "\u{ff3a}\u{ff4f}\u{eb}";
const SAME = [COMPOSED, DECOMPOSED, WIDE].flatMap((name) => [name, name.toUpperCase()]);
const INVISIBLE = ["Zo\u{200d}\u{eb}", "Zo\u{ad}\u{eb}", "Zo\u{eb}\u{200b}"];

const PROTOTYPE = ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "then"];

async function writings(server: Server): Promise<void> {
  const all = [...SAME, ...INVISIBLE];
  const clients = await present(server, all.length);
  for (const [i, client] of clients.entries()) client.send(`rename|${all[i]}`);
  let got = 0;
  for (const [i, client] of clients.entries()) {
    const name = all[i] as string;
    const answers = (await client.sync()).filter((line) => !line.startsWith("["));
    if (INVISIBLE.includes(name)) same(answers, [invalidName], `the answer to client ${i + 1}`);
    else if (answers[0] === renamed(name)) got++;
    else same(answers, [taken(name)], `the answer to client ${i + 1}`);
  }
  check(got === 1, `${got} clients got the name`);
}

async function flapping(server: Server, pair: Pair): Promise<void> {
  const [bob] = pair;
  const [alice] = await server.join();
  const present = [...pair, alice].map(({ addr }) => `[${addr}]`).join();
  const flap = async () => {
    await alice.write("rename|flip\nrename|flop\n".repeat(2500));
    return (await alice.sync()).filter((line) => !line.startsWith("["));
  };
  const look = async (user: Client) => {
    for (let i = 0; i < 100; i++) {
      const shown = (await list(user)).map((line) => line.slice(0, line.indexOf("]") + 1)).join();
      check(shown === present, `the list has ${shown || "nobody"} instead of ${present}`);
    }
  };
  const [answers] = await Promise.all([flap(), ...pair.map(look)]);
  const expected = Array.from({ length: 5000 }, (_, i) => renamed(i % 2 === 0 ? "flip" : "flop"));
  same(answers, expected, "the answers");
  alice.name = "flop";
  await bob.sync();
  bob.send("rename|FLOP");
  await bob.expect(taken("FLOP"));
  await rename(bob, "flip");
  alice.send("hi");
  await bob.until(said(alice, "hi"));
}

async function ofTheGone(server: Server, [bob]: Pair): Promise<void> {
  const clients = await crowd(server, 200);
  for (const client of clients) await client.expect(online(client));
  for (const client of clients) await client.sync();
  await Promise.all(clients.map((client, i) => rename(client, `ghost${i}`)));
  for (const client of clients) void client.reset();
  let left = 0;
  while (left < clients.length) left += (await bob.next()).endsWith(":offline") ? 1 : 0;
  for (let i = 0; i < clients.length; i++) await rename(bob, `ghost${i}`);
  check((await list(bob)).includes(listed(bob)), "bob is not on the list");
}
