/** From v05 on: rename. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { check } from "../harness/transcript.ts";
import { invalidName, listed, offline, online, renamed, said, taken } from "../harness/wire.ts";

/** Takes a name, and waits until it has it. */
export async function rename(user: Client, name: string): Promise<void> {
  user.send(`rename|${name}`);
  await user.expect(renamed(name));
  user.name = name;
}

/** One case for each name that cannot be had. */
function refused(id: string, clause: string, names: string[], fault?: string): Case {
  return {
    id: `v05/${id}`,
    since: "v05",
    clause,
    ...(fault && { fault }),
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const name of names) {
        alice.send(`rename|${name}`);
        await alice.expect(invalidName);
      }
      const text = server.fresh("still me ");
      alice.send(text);
      await alice.expect(said(alice, text));
      await bob.hears(said(alice, text)); // and no command has leaked as chat
    },
  };
}

/** One case for each way to write a name that is taken. */
function variant(id: string, name: string, ...variants: string[]): Case {
  return {
    id: `v05/taken-${id}`,
    since: "v05",
    clause: "names are unique after normalisation and case folding",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const number = server.fresh(""); // the same in every writing
      await rename(alice, name + number);
      for (const other of variants) {
        bob.send(`rename|${other}${number}`);
        await bob.expect(taken(other + number));
      }
    },
  };
}

const VALID =
  "a name has 1 to 32 characters: no white space, no control characters, none of | : [ ]";

export const v05: Case[] = [
  {
    id: "v05/rename",
    since: "v05",
    clause:
      "`rename|NEW`: the asker hears that it has the new name; its lines and the list of `who` show it",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(alice, server.fresh("张三"));
      const text = server.fresh("hello ");
      alice.send(text);
      await bob.expect(said(alice, text));
      bob.send("who");
      await bob.expect(listed(alice), listed(bob));
      alice.end();
      await bob.expect(offline(alice));
    },
  },
  {
    id: "v05/rename-keeps-the-order",
    since: "v05",
    clause: "`who` lists the users in the order in which they came, even after a rename",
    async run(server) {
      const users = await server.join(8); // so many that no other order passes by chance
      const [alice, bob, carol, dave, erin] = users;
      for (const user of [dave, bob, alice]) await rename(user, server.fresh("name"));
      await rename(carol, server.fresh("a"));
      erin.send("who");
      await erin.expect(...users.map(listed));
    },
  },
  {
    id: "v05/rename-taken",
    since: "v05",
    clause: "a name that another user has is refused, and nothing changes",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const [al, hi] = [server.fresh("al"), server.fresh("hi ")];
      await rename(alice, al);
      await rename(bob, server.fresh("bo"));
      bob.send(`rename|${al}`);
      await bob.expect(taken(al));
      bob.send(hi);
      await alice.expect(said(bob, hi));
    },
  },
  {
    id: "v05/rename-own-name",
    since: "v05",
    clause: "a user may ask for the name that it already has: that is a success",
    fault: "names: renaming to one's own name is refused as taken",
    async run(server) {
      const [alice] = await server.join();
      const [al, hi] = [server.fresh("al"), server.fresh("hi ")];
      await rename(alice, al);
      await rename(alice, al);
      await rename(alice, al.replace("a", "A"));
      alice.send(hi);
      await alice.expect(said(alice, hi));
    },
  },
  {
    id: "v05/old-name-is-free",
    since: "v05",
    clause: "when a user gives up a name, by a rename or by leaving, another user can take it",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      const al = server.fresh("al");
      await rename(alice, al);
      await rename(alice, server.fresh("alice"));
      await rename(bob, al);
      bob.reset();
      await carol.expect(offline(bob));
      await rename(carol, al);
    },
  },
  {
    id: "v05/thirty-race-for-one-name",
    since: "v05",
    clause: "when many users ask for one name at once, exactly one of them gets it",
    fault: "names: check-then-act rename: two clients both get the name",
    async run(server) {
      const [alice] = await server.join();
      const racers = await Promise.all(Array.from({ length: 30 }, () => server.connect()));
      await Promise.all(racers.map((racer) => racer.until(online(racer))));
      await Promise.all(racers.map((racer) => racer.sync()));
      for (let round = 0; round < 100; round++) {
        const name = server.fresh("king");
        for (const racer of racers) racer.send(`rename|${name}`);
        const answers = await Promise.all(racers.map((racer) => racer.next()));
        const winners = answers.filter((answer) => answer === renamed(name)).length;
        const losers = answers.filter((answer) => answer === taken(name)).length;
        const told = `${winners} got the name and ${losers} were refused`;
        check(winners === 1 && losers === 29, told);
      }
      await alice.sync();
      alice.send("who");
      const list = (await alice.sync()).map((line) => line.slice(line.indexOf("]")));
      const names = new Set(list).size;
      check(
        list.length > 30 && names === list.length,
        `${list.length} users are listed, with ${names} different names`,
      );
    },
  },
  {
    id: "v05/rename-while-the-room-is-busy",
    since: "v05",
    already: "it has no names to mix up yet",
    clause: "any number of clients may send any mix of commands",
    fault: "row 2: 20 clients mixing rename and private end the process",
    async run(server) {
      const users = await server.join(20);
      const rounds = Array.from({ length: 200 }, (_, round) => round);
      for (const [i, user] of users.entries()) {
        const mix = rounds.map((round) => {
          const ask = round % 20 === 0 ? "who\n" : "";
          return `rename|u${(i + round) % 25}\n${ask}to|u${round % 25}|hi\n`;
        });
        user.write(mix.join(""));
      }
      await Promise.all(users.map((user) => user.sync()));
      const [alice] = users;
      await alice?.sync();
      alice?.send("who");
      const list = ((await alice?.sync()) ?? []).filter((line) => line.endsWith(":online..."));
      const names = new Set(list.map((line) => line.slice(line.indexOf("]"))));
      check(
        list.length === 20 && names.size === 20,
        `${list.length} users are listed, with ${names.size} different names`,
      );
    },
  },
  refused("rename-empty", VALID, [""], "names: rename| is broadcast as chat"),
  refused(
    "rename-bar",
    VALID,
    ["|x", "al|ice", "al|", "al｜ice"],
    "names: rename||x gives the empty name; rename|al|ice gives al",
  ),
  refused(
    "rename-address",
    VALID,
    ["127.0.0.1:8888", "::1", "a:b", "127.0.0.1：8888"],
    "names: somebody's future ip:port is taken as a name",
  ),
  refused("rename-frame", VALID, ["[1.2.3.4]al", "al]", "[", "［1.2.3.4］al"]),
  refused("rename-white-space", VALID, [
    " ",
    "al ice",
    " al",
    "al ",
    "al\u{a0}ice",
    "al\u{3000}ice",
    "al\tice",
  ]),
  refused("rename-invisible", "a name has no invisible characters", [
    "al\u{200b}",
    "al\u{200d}ice",
    "al\u{3164}",
    "\u{115f}",
    "\u{ffa0}",
    "al\u{fe0f}",
    "\u{202e}al",
    "\u{feff}",
  ]),
  refused("rename-too-long", VALID, ["x".repeat(33), "张".repeat(33), "👋".repeat(33)]),
  {
    id: "v05/rename-longest",
    since: "v05",
    clause: VALID,
    async run(server) {
      const [alice] = await server.join();
      for (const letter of ["x", "张", "👋"]) {
        await rename(alice, server.fresh(letter.repeat(28)));
        await rename(alice, letter);
      }
    },
  },
  {
    id: "v05/rename-is-exact",
    since: "v05",
    already: "every such line is text there",
    clause: "a line that only looks like `rename|` is text",
    async run(server) {
      const [alice] = await server.join();
      const texts = ["rename ", "Rename|", "renamed|"].map((each) => server.fresh(each));
      for (const text of ["rename", ...texts]) {
        alice.send(text);
        await alice.expect(said(alice, text));
      }
    },
  },
  variant("in-another-case", "Straße", "STRASSE", "straße", "StraSSe", "STRAẞE"),
  variant("in-another-case-with-accents", "\u{390}", "\u{3aa}\u{301}", "\u{399}\u{308}\u{301}"),
  variant("composed-otherwise", "Zo\u{eb}", "Zoe\u{308}", "ZOE\u{308}"),
  variant("in-full-width", "alice", "ａｌｉｃｅ", "ＡＬＩＣＥ"),
];
