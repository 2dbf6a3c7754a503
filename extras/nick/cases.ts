/** nick: `was|NAME` tells what a user was called before. */
import { warmUp } from "../../test/cases/v02.ts";
import { rename } from "../../test/cases/v05.ts";
import type { Case } from "../../test/harness/case.ts";
import type { Client } from "../../test/harness/client.ts";
import { check } from "../../test/harness/transcript.ts";
import { invalidName, noUser, offline, renamed, said, taken } from "../../test/harness/wire.ts";

const MOST = 10;
const usage = "usage: was|name";
const was = (name: string, ...former: string[]) => `${name} was ${former.join(", ")}`;
const hadNone = (name: string) => `${name} had no other name`;

async function ask(client: Client, name: string, answer: string): Promise<void> {
  client.send(`was|${name}`);
  await client.expect(answer);
}

export const cases: Case[] = [
  {
    id: "nick/was",
    since: "v08",
    clause: "`was|NAME`: the names that the user gave up, the oldest first, to the asker alone",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      await rename(alice, "al");
      await rename(alice, "alice");
      await ask(bob, "alice", was("alice", alice.addr, "al"));
      for (const user of [alice, bob, carol]) await user.hears();
    },
  },
  {
    id: "nick/had-no-other-name",
    since: "v08",
    clause: "who gave up no name had no other one; one may ask about oneself",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await ask(alice, bob.addr, hadNone(bob.addr));
      await ask(alice, alice.addr, hadNone(alice.addr));
    },
  },
  {
    id: "nick/nobody",
    since: "v08",
    clause: "NAME is what a user is called now: a former name finds nobody",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(alice, "al");
      await rename(alice, "alice");
      for (const name of ["al", alice.addr, "nobody", "alice|x"]) {
        await ask(bob, name, noUser(name));
      }
      await alice.hears();
    },
  },
  {
    id: "nick/usage",
    since: "v08",
    clause: "what begins with `was|` never leaks as chat; what merely looks like it is text",
    async run(server) {
      const [alice] = await server.join();
      await ask(alice, "", usage);
      for (const text of ["was", "Was|al", " was|al", "wasp|al"]) {
        alice.send(text);
        await alice.expect(said(alice, text));
      }
    },
  },
  {
    id: "nick/one-name-in-many-writings",
    since: "v08",
    clause: "a name in another writing is the same name: it gives up none, and finds its user",
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const name of ["al", "Al", "ＡＬ"]) await rename(alice, name);
      await ask(bob, "aL", was("ＡＬ", alice.addr));
      await rename(alice, "alice");
      await ask(bob, "ALICE", was("alice", alice.addr, "ＡＬ"));
    },
  },
  {
    id: "nick/refused-names-are-not-hers",
    since: "v08",
    clause: "a rename that fails changes nothing",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(bob, "bo");
      await rename(alice, "al");
      alice.send("rename|BO");
      await alice.expect(taken("BO"));
      alice.send("rename|a b");
      await alice.expect(invalidName);
      await ask(bob, "al", was("al", alice.addr));
    },
  },
  {
    id: "nick/back-again",
    since: "v08",
    clause:
      "each former name is listed once, where it was given up last, and the present one is not",
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const name of ["al", "bo", "al"]) await rename(alice, name);
      await ask(bob, "al", was("al", alice.addr, "bo"));
      await rename(alice, "cy");
      await ask(bob, "cy", was("cy", alice.addr, "bo", "al"));
    },
  },
  {
    id: "nick/ten-at-most",
    since: "v08",
    clause: `at most ${MOST} former names are kept, those given up last`,
    async run(server) {
      const [alice, bob] = await server.join(2);
      const names = Array.from({ length: 30 }, (_, i) => `al${i}`);
      for (const name of names) await rename(alice, name);
      await ask(bob, "al29", was("al29", ...names.slice(-MOST - 1, -1)));
    },
  },
  {
    id: "nick/whoever-has-the-name-now",
    since: "v08",
    clause: "the list is the user's, not the name's: whoever takes the name begins anew",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      await rename(alice, "al");
      await rename(alice, "alice");
      await rename(bob, "al");
      await ask(carol, "al", was("al", bob.addr));
      alice.reset();
      for (const user of [bob, carol]) await user.expect(offline(alice));
      await rename(carol, "alice");
      await ask(bob, "alice", was("alice", carol.addr));
    },
  },
  {
    id: "nick/in-one-packet",
    since: "v08",
    clause: "each answer is exact for its moment, however fast the commands come",
    async run(server) {
      const [alice, bob] = await server.join(2);
      alice.write("rename|al\nwas|al\nrename|bo\nwas|bo\nwas|al\nrename|al\nwas|al\n");
      await alice.expect(
        renamed("al"),
        was("al", alice.addr),
        renamed("bo"),
        was("bo", alice.addr, "al"),
        noUser("al"),
        renamed("al"),
        was("al", alice.addr, "bo"),
      );
      await bob.hears();
    },
  },
  {
    id: "nick/renamed-for-ever",
    since: "v08",
    clause: "a user who never stops renaming costs bounded memory",
    needs: ["memory"],
    async run(server) {
      const [alice] = await server.join();
      await ask(alice, alice.addr, hadNone(alice.addr));
      const rename5000 = async (round: number) => {
        const names = Array.from({ length: 5000 }, (_, i) => `${round}-${i}`.padEnd(32, "龙"));
        await alice.write(names.map((name) => `rename|${name}\n`).join(""));
        await alice.sync();
      };
      await warmUp(alice);
      await rename5000(0);
      const before = server.memory();
      for (let round = 1; round <= 50; round++) await rename5000(round);
      const grown = server.memory() - before;
      check(grown < 25, `250,000 names cost ${grown.toFixed()} MiB`);
    },
  },
];
