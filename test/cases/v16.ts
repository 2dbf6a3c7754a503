/** From v16 on: several nodes are one room. When one of them, or the NATS between them, is in trouble: v16-away.ts; whom a node believes: v16-bus.ts. */
import type { Case } from "../harness/case.ts";
import { type Client, patience } from "../harness/client.ts";
import { NATS, NODE, SECRET } from "../harness/need.ts";
import { comes, type Server } from "../harness/server.ts";
import { token } from "../harness/token.ts";
import { check, same } from "../harness/transcript.ts";
import {
  bye,
  listed,
  noUser,
  offline,
  online,
  renamed,
  said,
  shutdown,
  taken,
  told,
} from "../harness/wire.ts";
import { rename } from "./v05.ts";
import { come, figures } from "./v10.ts";
import { ask } from "./v13.ts";

export const cluster = ["--nats", NATS, "--node", NODE] as const;

/** Far below the five seconds of silence after which a node is given up. */
const AT_ONCE_MS = 3000;
const RETRY_MS = 100;
const [FLOOD, RACES, RACERS] = [1000, 10, 3];

/** A user on each node, who is listed on all the others; from now on each hears what all hear. */
export async function meet<Nodes extends readonly Server[]>(
  ...nodes: Nodes
): Promise<{ [each in keyof Nodes]: Client }> {
  await Promise.all([...new Set(nodes)].map((node) => node.start()));
  const users: Client[] = [];
  for (const node of nodes) users.push(await node.connect());
  await know(users);
  return users as { [each in keyof Nodes]: Client };
}

/** Until `who` lists all of them to each of them; what they have heard up to then is forgotten. */
export async function know(users: readonly Client[], ms = patience.ms): Promise<void> {
  for (const end = performance.now() + ms; ; ) {
    const lists = await Promise.all(users.map(who));
    const missing = users.find((user) => lists.some((list) => !list.includes(listed(user))));
    if (missing === undefined) break;
    check(performance.now() < end, `${missing.transcript.who} is not listed on every node`);
  }
  for (const user of users) user.heard.splice(0);
}

async function who(user: Client): Promise<string[]> {
  user.send("who");
  return user.sync();
}

/** One more user of the node, of whom all have heard. */
async function joins(node: Server, others: readonly Client[]): Promise<Client> {
  const user = await node.connect();
  for (const each of [user, ...others]) await each.expect(online(user));
  return user;
}

/** Says it, and all of them hear it next. */
export async function allHear(user: Client, text: string, all: readonly Client[]): Promise<void> {
  user.send(text);
  for (const each of all) await each.expect(said(user, text));
}

/** Asks for the name until it has it: that takes no longer, since whoever had it has gone, than it may. */
export async function takes(
  user: Client,
  name: string,
  since = performance.now(),
  mostMs = AT_ONCE_MS,
): Promise<void> {
  for (;;) {
    user.send(`rename|${name}`);
    const answer = await user.next(renamed(name));
    if (answer === renamed(name)) break;
    same([answer], [taken(name)], user.transcript.who);
    const ms = performance.now() - since;
    check(ms < mostMs, `the name is taken still after ${ms.toFixed()} ms`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  user.name = name;
}

/** Exactly one of them has the name then. */
async function race(users: readonly Client[], name: string): Promise<Client> {
  for (const user of users) user.send(`rename|${name}`);
  const answers = await Promise.all(users.map((user) => user.next(renamed(name))));
  const winner = users[answers.indexOf(renamed(name))];
  check(winner !== undefined, `nobody has got ${name}: ${answers.join("; ")}`);
  const expected = users.map((user) => (user === winner ? renamed(name) : taken(name)));
  same(answers, expected, `the race for ${name}`);
  winner.name = name;
  return winner;
}

export async function device(node: Server, name: string): Promise<Client> {
  const user = await node.connect();
  user.send(`login|${name}|${token(name)}`);
  await user.expect(renamed(name));
  user.name = name;
  return user;
}

export const v16: Case[] = [
  {
    id: "v16/lines-cross-nodes",
    since: "v16",
    clause:
      "what is said on one node is heard on all of them, with the same address and the same name",
    args: cluster,
    async run(server) {
      const nodes = [server, server.another(), server.another()] as const;
      const users = await meet(...nodes);
      const [alice, bob] = users;
      for (const user of users) await allHear(user, server.fresh("hello "), users);
      await rename(bob, server.fresh("张三"));
      await allHear(bob, "under another name", users);
      const odd = ["", " ", "你好 👋", "[a]b:c", "x".repeat(4096)];
      alice.send(odd.join("\n"));
      for (const each of users)
        for (const text of odd.slice(1)) await each.expect(said(alice, text));
      bob.write(Buffer.from([...Array(4096).fill(0xff), 10])); // each of its bytes takes three when it is told
      for (const each of users) await each.expect(said(bob, "\ufffd".repeat(4096)));
      for (const each of users) await each.hears();
    },
  },
  {
    id: "v16/online-offline-who",
    since: "v16",
    clause:
      "`online` and `offline` come as on one node, however a user leaves; `who` lists the node's own users first, then those of the others",
    args: cluster,
    async run(server) {
      const other = server.another();
      const [alice, bob] = await meet(server, other);
      const carol = await joins(other, [alice, bob]);
      const dave = await joins(server, [alice, bob, carol]);
      alice.send("who");
      bob.send("who");
      const own = { [alice.addr]: [alice, dave], [bob.addr]: [bob, carol] };
      for (const [asker, away] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        const lists = [own[asker.addr], own[away.addr]] as Client[][];
        const heard = [];
        for (let i = 0; i < 4; i++) heard.push(await asker.next("a line of who"));
        const sorted = [heard.slice(0, 2).sort(), heard.slice(2).sort()].flat();
        same(
          sorted,
          lists.flatMap((users) => users.map(listed).sort()),
          "who",
        );
      }
      carol.send("quit");
      await carol.expect(bye);
      for (const each of [alice, dave, bob]) await each.expect(offline(carol));
      await dave.reset();
      for (const each of [alice, bob]) await each.expect(offline(dave));
      const again = await joins(other, [alice, bob]);
      await allHear(again, "here", [alice, bob, again]);
    },
  },
  {
    id: "v16/private",
    since: "v16",
    clause:
      "`to|NAME|TEXT` reaches the user on any node, and nobody else; it comes after what its sender said before it, and before what its sender says after it",
    args: cluster,
    async run(server) {
      const other = server.another();
      const [alice, bob, carol] = await meet(server, other, server.another());
      const all = [alice, bob, carol, await joins(other, [alice, bob, carol])];
      await rename(bob, "Bob");
      await allHear(bob, "it is me", all);
      const texts = Array.from({ length: 20 }, (_, i) => `${i}`);
      alice.send(texts.map((text) => (Number(text) % 2 ? `to|bOB|${text}` : text)).join("\n"));
      const heard = (user: Client) =>
        texts.flatMap((text) => {
          if (Number(text) % 2 === 0) return [said(alice, text)];
          return user === bob ? [told(alice, text)] : [];
        });
      for (const each of all) await each.expect(...heard(each));
      bob.send(`to|${alice.addr}|by address`);
      await alice.expect(told(bob, "by address"));
      alice.send("to|nobody|psst");
      await alice.expect(noUser("nobody"));
      for (const each of all) await each.hears();
    },
  },
  {
    id: "v16/rename-taken",
    since: "v16",
    clause:
      "names are unique across all nodes: if a user of another node has X, the answer is `name X is taken`; X is free again when that user takes another name, or leaves",
    args: cluster,
    async run(server) {
      const [alice, bob] = await meet(server, server.another());
      await rename(bob, "Mei");
      for (const name of ["Mei", "mEI", "Ｍei"]) {
        alice.send(`rename|${name}`);
        await alice.expect(taken(name));
      }
      await rename(bob, "MEI"); // its own, in another writing
      await rename(bob, "Bob");
      await takes(alice, "Mei");
      bob.send("rename|mei");
      await bob.expect(taken("mei"));
      alice.end();
      await bob.expect(offline(alice));
      await takes(bob, "Mei");
      const carol = await joins(server, []);
      carol.send("rename|mei");
      await carol.expect(taken("mei"));
    },
  },
  {
    id: "v16/rename-race",
    since: "v16",
    clause: "users of several nodes ask for one name at once: exactly one of them gets it",
    args: cluster,
    async run(server) {
      const nodes = [server, server.another(), server.another()] as const;
      const users: Client[] = [...(await meet(...nodes))];
      while (users.length < RACERS * nodes.length)
        users.push(await joins(nodes[users.length % nodes.length] as Server, users));
      for (let i = 0; i < RACES; i++) await race(users, server.fresh("Mei"));
      const last = await race(users, server.fresh("Mei"));
      for (const each of users)
        await comes(async () => (await who(each)).includes(listed(last)), "all know who has it");
    },
  },
  {
    id: "v16/history",
    since: "v16",
    clause: "each node keeps what its users hear, in the order in which they heard it",
    args: cluster,
    async run(server) {
      const [alice, bob] = await meet(server, server.another());
      // Behind them nothing is on its way: whatever was said while they met is a line of the history, too.
      for (const user of [bob, alice]) await allHear(user, server.fresh("line "), [alice, bob]);
      const heard: string[] = [];
      for (const user of [alice, bob, alice]) {
        const text = server.fresh("line ");
        await allHear(user, text, [alice, bob]);
        heard.push(said(user, text));
      }
      alice.send(`to|${bob.name}|psst`);
      await bob.expect(told(alice, "psst"));
      for (const each of [alice, bob]) same(await ask(each, "history|3"), heard, "the history");
      same(await ask(alice, `history|1|${bob.name}`), heard.slice(1, 2), "of bob");
    },
  },
  {
    id: "v16/devices",
    since: "v16",
    clause:
      "with --secret a user may have devices on several nodes: `online` comes with the first one, `offline` after the last one, and each of them hears what is said to the user",
    args: [...cluster, "--secret", SECRET],
    async run(server) {
      const other = server.another();
      await Promise.all([server.start(), other.start()]);
      const bob = await device(other, "bob");
      const one = await device(server, "alice");
      await know([bob, one]);
      const two = await device(other, "alice");
      await allHear(bob, "welcome", [bob, one, two]); // and nobody has heard a second online
      bob.send("to|alice|psst");
      for (const each of [one, two]) await each.expect(told(bob, "psst"));
      await allHear(two, "I am here", [bob, one, two]);
      one.end();
      await one.over();
      await allHear(two, "still here", [bob, two]);
      const three = await device(server, "alice");
      await allHear(three, "and there", [bob, two, three]);
      two.end();
      await two.over();
      three.end();
      await bob.expect(offline(three));
      bob.send("to|alice|psst");
      await bob.expect(noUser("alice"));
      const again = await device(server, "alice");
      for (const each of [again, bob]) await each.expect(online(again));
    },
  },
  {
    id: "v16/figures",
    since: "v16",
    clause:
      "/metrics says how many nodes there are, whether NATS is there, how long a piece takes and what was refused; it counts this node's users only; /healthz is ok",
    args: cluster,
    needs: ["web"],
    async run(server) {
      const other = server.another();
      const [alice] = await meet(server, other);
      await joins(other, [alice]);
      const both = { chat_nodes: 2, chat_bus_connected: 1, chat_bus_refused_total: 0 };
      await come(server, { ...both, chat_users: 1 });
      await come(other, { ...both, chat_users: 2 });
      const delays = async () =>
        ((await figures(server)).get("chat_bus_delay_seconds_count") ?? 0) > 0;
      await comes(delays, "the way of a piece is measured");
      const { status, text } = await server.get("/healthz");
      same([`${status} ${text.trim()}`], ["200 ok"], "/healthz");
    },
  },
  {
    id: "v16/ends-in-order",
    since: "v16",
    clause:
      "a node that ends in order tells the others: they hear all that its users said, and `offline` for each of these users at once",
    args: cluster,
    needs: ["signals"],
    async run(server) {
      const other = server.another();
      const [alice, bob] = await meet(server, other);
      const carol = await joins(other, [alice, bob]);
      await rename(bob, "Mei");
      bob.send("last words");
      await bob.expect(said(bob, "last words"));
      const start = performance.now();
      other.signal("SIGTERM");
      for (const each of [bob, carol]) await each.until(shutdown);
      for (const each of [bob, carol]) each.end();
      await alice.expect(said(bob, "last words"));
      const gone = [await alice.next(offline(bob)), await alice.next(offline(carol))];
      same(gone.sort(), [bob, carol].map(offline).sort(), "who has gone");
      const ms = performance.now() - start;
      check(ms < AT_ONCE_MS, `they were offline after ${ms.toFixed()} ms`);
      const { code, last } = await other.ended();
      same([`${code}, ${last}`], ["0, closed: 2 users, 0 cut off, 0 tasks left"], "the end");
      await takes(alice, "Mei");
      await other.kill(); // what is left of it; the name of the node is free, too
      const [, again] = await Promise.all([alice.sync(), other.connect()]);
      await know([alice, again]);
      check(performance.now() - start < 2 * AT_ONCE_MS, "its own name was not free at once");
    },
  },
  {
    id: "v16/flood",
    since: "v16",
    alone: true,
    clause:
      "two nodes say a thousand lines each, at once: no line is lost or heard twice, and each sender's lines keep their order",
    args: cluster,
    async run(server) {
      const users = await meet(server, server.another());
      const texts = Array.from({ length: FLOOD }, (_, i) => `${i} ${"x".repeat(i % 200)}`);
      const all = users.map((user) => texts.map((text) => said(user, text)));
      for (const user of users) user.send(texts.join("\n"));
      for (const each of users) {
        const heard: string[] = [];
        while (heard.length < all.flat().length) heard.push(await each.next("a line of the flood"));
        for (const [i, user] of users.entries()) {
          const own = heard.filter((line) => line.startsWith(said(user, "")));
          same(own, all[i] as string[], `${each.transcript.who}, what ${user.transcript.who} said`);
        }
      }
      for (const each of users) await each.hears();
    },
  },
];
