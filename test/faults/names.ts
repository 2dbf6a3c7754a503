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
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

export const names: readonly Fault[] = [
  {
    id: "names/one-name-in-many-writings",
    title: "one name in many writings, all at once",
    since: "v05",
    how: "one gets it",
    does: "Nine clients ask at the same moment for `Zoë`, `zoë` and `ZOË`, with an `ë` of one character and of two, in full width, and with a zero-width joiner or a soft hyphen in it.",
    breaks:
      "The names are compared as they are, so all nine get “the” name, and nobody can tell who of them is speaking.",
    ours: "Names are compared in their NFKC form and without regard to case, so one of them gets it; what holds something invisible is no name at all.",
    where: ["room.ts fold", "user.ts NAME"],
    memory: 40,
    run: writings,
  },
  wrap("v05/thirty-race-for-one-name", {
    id: "names/race",
    title: "thirty ask for one name at once",
    how: "one gets it",
    does: "Thirty clients send `rename|king` in the same moment.",
    breaks:
      "It is looked up whether the name is free, something else is awaited, and then the name is taken: several have looked meanwhile. *Check, then act.*",
    ours: "Between the look and the change nothing is awaited, so no other task can come in between.",
    where: ["room.ts rename"],
    memory: 40,
  }),
  {
    id: "names/flapping",
    title: "a name that changes 5,000 times",
    since: "v05",
    how: "answered",
    does: "It takes two names in turn, 5,000 times, while two others ask who is there, and one asks for the same two names.",
    breaks:
      "The old name stays in the table, or the new one is there before the old one has gone: soon both belong to nobody, or to a user who has another name.",
    ours: "Giving up the old name and taking the new one are one step. There is never one user too many or too few on the list, and in the end one name is free.",
    where: ["room.ts rename", "room.ts fold"],
    memory: 90,
    run: flapping,
  },
  {
    id: "names/prototype",
    title: "Names that every object has",
    since: "v05",
    how: "named so",
    does: "It takes names that every JavaScript object knows, and is written to under them from v06 on.",
    breaks:
      'A plain object as a table: `names["constructor"]` is there before anybody took it, so it is “taken” or, worse, a function is used as a user; `names["__proto__"] = user` changes the table itself.',
    ours: "The table is a `Map`, which holds what was put in and nothing else.",
    where: ["room.ts Map"],
    memory: 40,
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
  wrap("v05/rename-address", {
    id: "names/somebody's-address",
    title: "another one's address as a name",
    how: "refused",
    does: "It asks to be called `127.0.0.1:8888`, in wide characters too: what a later client will be called until it takes a name.",
    breaks:
      "When that client comes, it overwrites the entry of the first, who can no longer be found and never leaves the list.",
    ours: "No name has a colon, not even one that becomes one when it is normalised.",
    where: ["user.ts NAME"],
    memory: 40,
  }),
  wrap("v06/address-used-again", {
    id: "names/address-used-again",
    title: "a new user at the address of one who has just gone",
    how: "found",
    does: "It resets while the server is still busy with it, and the next client comes from the same port.",
    breaks:
      "The first one's leaving, late, takes the name out of the table that is by now the second one's: nobody can write to it.",
    ours: "A leaver takes out its name only if that is still its own.",
    where: ["room.ts #giveUpName"],
    memory: 120,
  }),
  wrap("v02/forged-line", {
    id: "names/forged-line",
    title: "a line that looks like somebody else's",
    how: "framed",
    does: "It sends a text that holds a line break and a frame with another user's address.",
    breaks: "The line break is passed on, so the others see a line which that user never said.",
    ours: "A newline ends the line, so what follows gets the speaker's own frame; a `\\r` is taken out.",
    where: ["room.ts frame", "lines.ts decode"],
    memory: 40,
  }),
  {
    id: "names/of-the-gone",
    title: "names of users who vanished",
    since: "v05",
    how: "free again",
    does: "200 clients take a name each and reset, without a goodbye. Then one client takes all 200 names, one after the other.",
    breaks: "The name is given up only by a proper goodbye: soon all good names belong to nobody.",
    ours: "However a connection ends, its task ends, and its `finally` takes the user off the list and out of the table.",
    where: ["server.ts finally", "room.ts leave"],
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
  const clients = await crowd(server, all.length);
  for (const client of clients) await client.sync();
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
      user.send("who");
      const list = (await user.sync()).filter((line) => line.endsWith(":online..."));
      const shown = list.map((line) => line.slice(0, line.indexOf("]") + 1)).join();
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
  bob.send("who");
  check((await bob.sync()).includes(listed(bob)), "bob is not on the list");
}
