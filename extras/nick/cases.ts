/** nick: `was|NAME` tells what a user was called before. */
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { check } from "../../test/harness/transcript.ts";
import { invalidName, noUser, offline, renamed, taken } from "../../test/harness/wire.ts";
import { among, answered, areText, costOfNames, type ExtraCase } from "../common/cases.ts";

const MOST = 10;
const usage = "usage: was|name";
const was = (name: string, ...former: string[]) => `${name} was ${former.join(", ")}`;
const hadNone = (name: string) => `${name} had no other name`;

async function ask(client: Client, name: string, answer: string): Promise<void> {
  await answered(client, `was|${name}`, answer);
}

export const cases: ExtraCase[] = [
  {
    id: "nick/was",
    clause: "`was|NAME`: the names that the user gave up, the oldest first, to the asker alone",
    run: among(3, async ([alice, bob, carol]) => {
      await rename(alice, "al");
      await rename(alice, "alice");
      await ask(bob, "alice", was("alice", alice.addr, "al"));
      for (const user of [alice, bob, carol]) await user.hears();
    }),
  },
  {
    id: "nick/had-no-other-name",
    clause: "a user who gave up no name had no other name; a user may ask about itself",
    run: among(2, async ([alice, bob]) => {
      await ask(alice, bob.addr, hadNone(bob.addr));
      await ask(alice, alice.addr, hadNone(alice.addr));
    }),
  },
  {
    id: "nick/nobody",
    clause: "NAME is what a user is called now: a former name finds nobody",
    run: among(2, async ([alice, bob]) => {
      await rename(alice, "al");
      await rename(alice, "alice");
      for (const name of ["al", alice.addr, "nobody", "alice|x"]) {
        await ask(bob, name, noUser(name));
      }
      await alice.hears();
    }),
  },
  {
    id: "nick/usage",
    clause: "a line that begins with `was|` is never chat; one that only looks similar is text",
    run: among(1, async ([alice]) => {
      await ask(alice, "", usage);
      await areText([alice], "was", "Was|al", " was|al", "wasp|al");
    }),
  },
  {
    id: "nick/one-name-in-many-writings",
    clause: "a name in another writing is the same name: it gives up none, and finds its user",
    run: among(2, async ([alice, bob]) => {
      for (const name of ["al", "Al", "ＡＬ"]) await rename(alice, name);
      await ask(bob, "aL", was("ＡＬ", alice.addr));
      await rename(alice, "alice");
      await ask(bob, "ALICE", was("alice", alice.addr, "ＡＬ"));
    }),
  },
  {
    id: "nick/refused-names-are-not-hers",
    clause: "a rename that fails changes nothing",
    run: among(2, async ([alice, bob]) => {
      await rename(bob, "bo");
      await rename(alice, "al");
      await answered(alice, "rename|BO", taken("BO"));
      await answered(alice, "rename|a b", invalidName);
      await ask(bob, "al", was("al", alice.addr));
    }),
  },
  {
    id: "nick/back-again",
    clause:
      "each former name is listed once, where it was given up last, and the present one is not",
    run: among(2, async ([alice, bob]) => {
      for (const name of ["al", "bo", "al"]) await rename(alice, name);
      await ask(bob, "al", was("al", alice.addr, "bo"));
      await rename(alice, "cy");
      await ask(bob, "cy", was("cy", alice.addr, "bo", "al"));
    }),
  },
  {
    id: "nick/ten-at-most",
    clause: `at most ${MOST} former names are kept, those given up last`,
    run: among(2, async ([alice, bob]) => {
      const names = Array.from({ length: 30 }, (_, i) => `al${i}`);
      for (const name of names) await rename(alice, name);
      await ask(bob, "al29", was("al29", ...names.slice(-MOST - 1, -1)));
    }),
  },
  {
    id: "nick/whoever-has-the-name-now",
    clause:
      "the list belongs to the user, not to the name: the next user of the name has a new list",
    run: among(3, async ([alice, bob, carol]) => {
      await rename(alice, "al");
      await rename(alice, "alice");
      await rename(bob, "al");
      await ask(carol, "al", was("al", bob.addr));
      alice.reset();
      for (const user of [bob, carol]) await user.expect(offline(alice));
      await rename(carol, "alice");
      await ask(bob, "alice", was("alice", carol.addr));
    }),
  },
  {
    id: "nick/in-one-packet",
    clause: "each answer is exact for its moment, however fast the commands come",
    run: among(2, async ([alice, bob]) => {
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
    }),
  },
  {
    id: "nick/renamed-for-ever",
    clause: "a user who never stops renaming costs bounded memory",
    needs: ["memory"],
    run: among(1, async ([alice], server) => {
      await ask(alice, alice.addr, hadNone(alice.addr));
      const grown = await costOfNames(server, alice, "rename", 150);
      check(grown < 50, `750,000 names cost ${grown.toFixed()} MiB`);
    }),
  },
];
