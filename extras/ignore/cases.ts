/** ignore: `ignore|NAME` keeps a user's words from the asker, `hear|NAME` lets them through again. */
import { chatUntil } from "../../test/cases/v02.ts";
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { check, same } from "../../test/harness/transcript.ts";
import { listed, noUser, offline, online, said, told } from "../../test/harness/wire.ts";
import { among, answered, areText, type ExtraCase } from "../common/cases.ts";

const MOST = 10;
const ignored = (name: string) => `you no longer hear ${name}`;
const heard = (name: string) => `you hear ${name}`;
const tooMany = `you ignore ${MOST} users already`;
const usage = (command: string) => `usage: ${command}|name`;
const oneself = "you cannot ignore yourself";

async function ignore(client: Client, whom: Client): Promise<void> {
  await answered(client, `ignore|${whom.name}`, ignored(whom.name));
}

async function hear(client: Client, whom: Client): Promise<void> {
  await answered(client, `hear|${whom.name}`, heard(whom.name));
}

export const cases: ExtraCase[] = [
  {
    id: "ignore/words",
    clause: "`ignore|NAME`: the asker no longer hears what that user says; everybody else does",
    run: among(3, async ([alice, bob, carol]) => {
      await ignore(alice, bob);
      await answered(bob, "buy my watches", said(bob, "buy my watches"));
      carol.send("hello");
      for (const user of [bob, carol]) await user.until(said(carol, "hello"));
      await alice.hears(said(carol, "hello"));
      alice.send("hello, carol");
      await bob.hears(said(alice, "hello, carol")); // who is ignored still hears, and is told nothing
    }),
  },
  {
    id: "ignore/private",
    clause: "private messages of an ignored user do not arrive either, and the sender is not told",
    run: among(3, async ([alice, bob, carol]) => {
      await rename(alice, "al");
      await ignore(alice, bob);
      bob.send("to|al|watches?");
      await bob.hears();
      carol.send("to|al|psst");
      await alice.expect(told(carol, "psst"));
      alice.send(`to|${bob.name}|leave me alone`);
      await alice.hears();
      await bob.hears(told(alice, "leave me alone"));
    }),
  },
  {
    id: "ignore/hear",
    clause: "`hear|NAME` lets that user's words through again; twice is harmless",
    run: among(2, async ([alice, bob]) => {
      await rename(bob, "bo");
      await rename(alice, "al");
      for (let i = 0; i < 2; i++) await ignore(alice, bob);
      bob.send("one");
      await bob.until(said(bob, "one"));
      for (let i = 0; i < 2; i++) await hear(alice, bob);
      bob.write("two\nto|al|three\n");
      await alice.hears(said(bob, "two"), told(bob, "three"));
    }),
  },
  {
    id: "ignore/the-user-not-the-name",
    clause: "the user is ignored under any name; another user with its old name is heard",
    run: among(3, async ([alice, bob, carol]) => {
      await rename(bob, "spam");
      await ignore(alice, bob);
      await rename(bob, "friend");
      await rename(carol, "spam");
      await answered(bob, "it is me again", said(bob, "it is me again"));
      carol.send("hello");
      await bob.until(said(carol, "hello"));
      await alice.hears(said(carol, "hello"));
      await answered(alice, "hear|FRIEND", heard("friend"));
    }),
  },
  {
    id: "ignore/comes-back",
    clause: "a user who leaves is forgotten: the next one with that name or address is heard",
    run: among(2, async ([alice, bob], server) => {
      await rename(bob, "bo");
      await ignore(alice, bob);
      bob.send("quit");
      await alice.expect(offline(bob));
      const [carol] = await server.join();
      await alice.expect(online(carol));
      await rename(carol, "bo");
      carol.send("it is me again");
      await alice.hears(said(carol, "it is me again"));
    }),
  },
  {
    id: "ignore/announcements",
    clause: "an ignored user is still listed, and its coming and going announced",
    run: among(2, async ([alice, bob]) => {
      await ignore(alice, bob);
      await answered(alice, "who", listed(alice), listed(bob));
      bob.send("offline"); // these are words
      bob.end();
      await bob.over();
      await alice.hears(offline(bob));
    }),
  },
  {
    id: "ignore/last-words",
    clause: "also the last words of an ignored user are not heard, however fast it leaves",
    run: among(2, async ([alice, bob]) => {
      await ignore(alice, bob);
      const words = Array.from({ length: 50 }, (_, i) => `buy watch ${i}\n`).join("");
      bob.write(`${words}to|${alice.addr}|and you above all\nquit\n`);
      await bob.over();
      await alice.hears(offline(bob));
    }),
  },
  {
    id: "ignore/refused",
    clause: "only the asker hears what is wrong with the command, and nothing is said as chat",
    run: among(2, async ([alice, bob]) => {
      await rename(alice, "al");
      for (const command of ["ignore", "hear"]) {
        alice.write(`${command}|\n${command}|nobody\n${command}|a|b\n`);
        await alice.expect(usage(command), noUser("nobody"), noUser("a|b"));
      }
      await answered(alice, "ignore|AL", oneself);
      await areText([alice, bob], "ignore", "Ignore|al", "hear me", " hear|al");
      await bob.hears();
    }),
  },
  {
    id: "ignore/ten-at-most",
    clause: `one may ignore ${MOST} users; those who have left do not count, nor does anybody twice`,
    run: among(4, async ([alice, bob, carol, dave], server) => {
      const others = await server.join<number>(MOST - 1);
      for (const other of others) await alice.expect(online(other));
      for (const other of [bob, ...others, bob]) await ignore(alice, other);
      await answered(alice, `ignore|${carol.name}`, tooMany);
      bob.send("quit");
      await alice.expect(offline(bob));
      await ignore(alice, carol);
      await answered(alice, `ignore|${dave.name}`, tooMany);
      await hear(alice, carol);
      await ignore(alice, dave);
      for (const other of [carol, dave, ...others]) {
        other.send("hello");
        await other.sync();
      }
      await alice.hears(said(carol, "hello"));
    }),
  },
  {
    id: "ignore/nothing-behind-the-answer",
    clause: "after the answer, the asker hears not one more word, however much is on its way",
    run: among(2, async ([alice, bob]) => {
      await ignore(alice, bob);
      await hear(alice, bob);
      let rounds = 0;
      const done = () => rounds > 100;
      const asking = async () => {
        for (; rounds <= 100; rounds++) {
          alice.send(`ignore|${bob.name}`);
          await alice.until(ignored(bob.name));
          const behind = await alice.sync();
          check(behind.length === 0, `behind the answer, ${behind.length} lines were heard`);
          await answered(alice, `hear|${bob.name}`, heard(bob.name));
          await alice.next();
        }
      };
      await Promise.all([asking(), chatUntil(bob, done, Number.POSITIVE_INFINITY)]);
    }),
  },
  {
    id: "ignore/order",
    clause: "the asker hears the other lines in the same order as everybody",
    run: among(4, async ([alice, bob, carol, dave]) => {
      await ignore(alice, bob);
      for (let i = 0; i < 300; i++) for (const user of [bob, carol, dave]) user.send(`line ${i}`);
      const all: string[] = [];
      // Two rounds: after the first, every line has been said; after the second, it has been heard.
      for (const user of [carol, bob, dave, carol]) {
        const lines = await user.sync();
        if (user === carol) all.push(...lines);
      }
      const others = all.filter((line) => !line.startsWith(`[${bob.addr}]`));
      check(
        others.length === 600,
        `carol and dave said 600 lines, and ${others.length} were heard`,
      );
      await alice.hears(...others);
    }),
  },
  {
    id: "ignore/a-busy-room",
    alone: true,
    clause: "forty users ignore ten each, in a flood: a user who reads hears all other lines",
    run: among(1, async ([alice], server) => {
      const crowd = [alice, ...(await server.join<number>(39))];
      for (const user of crowd) await user.sync();
      for (const [i, user] of crowd.entries()) {
        const whom = [...crowd, ...crowd].slice(i + 1, i + 1 + MOST).map(({ name }) => name);
        user.write(whom.map((name) => `ignore|${name}\n`).join(""));
        same(await user.sync(), whom.map(ignored), user.transcript.who);
      }
      const filler = "x".repeat(150);
      for (const user of crowd) user.write(`${filler}\n`.repeat(300));
      const counts = new Map(crowd.map((user) => [user, 0]));
      for (const user of [...crowd, ...crowd]) {
        counts.set(user, (counts.get(user) ?? 0) + (await user.sync()).length);
      }
      for (const [user, count] of counts) {
        check(count === 30 * 300, `${user.transcript.who} heard ${count} lines, not 9,000`);
      }
    }),
  },
];
