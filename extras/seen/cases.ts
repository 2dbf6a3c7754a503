/** last seen: `seen|NAME` tells whether somebody is online, or how long ago the name was given up. */
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { eventually } from "../../test/harness/server.ts";
import { check } from "../../test/harness/transcript.ts";
import { bye, invalidName, offline, renamed, taken } from "../../test/harness/wire.ts";
import { among, answered, areText, type ExtraCase } from "../common/cases.ts";

const MOST = 1000;
const IDLE = 3;
const usage = "usage: seen|name";
const isOnline = (name: string) => `${name} is online`;
const unknown = (name: string) => `nothing is known of ${name}`;

async function ask(client: Client, name: string, answer: string): Promise<void> {
  await answered(client, `seen|${name}`, answer);
}

/** Asks, and gives how many seconds ago it was. `name` is as its last owner wrote it. */
async function ago(client: Client, name: string, asked = name): Promise<number> {
  client.send(`seen|${asked}`);
  return await isAgo(client, name);
}

/** Is told how many seconds ago it was. */
async function isAgo(client: Client, name: string): Promise<number> {
  const line = await client.next(`${name} was here N s ago`);
  const [, who, seconds] = /^(.+) was here (\d+) s ago$/.exec(line) ?? [];
  check(who === name, `"${name} was here N s ago" was to come, not "${line}"`);
  return Number(seconds);
}

/** Alice, called al, goes in this way; bob asks as soon as he has heard it. */
function wayOut(how: string, go: (alice: Client) => void, idle = 0): ExtraCase {
  return {
    id: `seen/${how}`,
    clause: "a user who leaves, in whatever way, was here until the others hear `offline`",
    ...(idle > 0 && { args: ["--idle-timeout", `${idle}`] }),
    run: among(2, async ([alice, bob]) => {
      await rename(alice, "al");
      await ask(bob, "al", isOnline("al"));
      const start = Date.now();
      go(alice);
      await bob.expect(offline(alice));
      const seconds = await ago(bob, "al");
      const most = Math.ceil((Date.now() - start) / 1000) - idle;
      check(seconds <= most, `al was here at most ${most} s ago, not ${seconds}`);
    }),
  };
}

export const cases: ExtraCase[] = [
  {
    id: "seen/online",
    clause:
      "`seen|NAME` of somebody who is online, to the asker alone, with the name as it is written",
    run: among(2, async ([alice, bob]) => {
      await rename(alice, "Ａl");
      await ask(bob, "AL", isOnline("Ａl"));
      await ask(bob, bob.addr, isOnline(bob.addr));
      for (const user of [alice, bob]) await user.hears();
    }),
  },
  wayOut("ends", (alice) => alice.end()),
  wayOut("resets", (alice) => void alice.reset()),
  wayOut("quits", (alice) => alice.send("quit")), // and keeps its own side open
  wayOut("is-kicked", (alice) => alice.rest(), IDLE),
  {
    id: "seen/seconds",
    clause: "the time is counted in whole seconds since the name was given up",
    run: among(2, async ([alice, bob]) => {
      await rename(alice, "al");
      const before = Date.now();
      alice.send("quit");
      await bob.expect(offline(alice));
      const after = Date.now();
      await ago(bob, "al");
      await eventually(() => Date.now() - after > 2050, "two seconds, to see them counted");
      const least = Math.floor((Date.now() - after) / 1000);
      const seconds = await ago(bob, "al");
      const most = Math.floor((Date.now() - before) / 1000);
      check(least <= seconds && seconds <= most, `${seconds} s, not ${least} to ${most}`);
    }),
  },
  {
    id: "seen/given-up-by-rename",
    clause: "a name is given up by taking another one, too; in another writing it is the same one",
    run: among(2, async ([alice, bob]) => {
      for (const name of ["al", "Al", "alice"]) await rename(alice, name);
      await ago(bob, "Al", "AL");
      await ask(bob, "alice", isOnline("alice"));
      for (const name of ["al", "alice"]) await rename(alice, name);
      await ask(bob, "alice", isOnline("alice"));
      await rename(bob, "AL");
      await ask(bob, "al", isOnline("AL"));
    }),
  },
  {
    id: "seen/refused-names",
    clause: "a rename that fails gives up nothing, and takes nothing",
    run: among(2, async ([alice, bob]) => {
      await rename(alice, "al");
      await rename(bob, "bo");
      await answered(alice, "rename|BO", taken("BO"));
      await answered(alice, "rename|a b", invalidName);
      await ask(bob, "al", isOnline("al"));
      await ask(bob, "a b", unknown("a b"));
    }),
  },
  {
    id: "seen/unknown",
    clause: "an address is not remembered; a line that begins with `seen|` is never chat",
    run: among(2, async ([alice, bob]) => {
      await ask(bob, "", usage);
      for (const name of ["al", "al|x"]) await ask(bob, name, unknown(name));
      await answered(alice, "quit", bye);
      await bob.expect(offline(alice));
      await ask(bob, alice.addr, unknown(alice.addr));
      await areText([bob], "seen", "Seen|al", " seen|al");
    }),
  },
  {
    id: "seen/in-one-packet",
    clause: "each answer is exact for its moment, however fast the commands come",
    run: among(1, async ([alice]) => {
      const start = Date.now();
      alice.write("seen|al\nrename|al\nseen|al\nrename|bo\nseen|al\nrename|al\nseen|bo\nseen|al\n");
      await alice.expect(unknown("al"), renamed("al"), isOnline("al"), renamed("bo"));
      const seconds = [await isAgo(alice, "al")];
      await alice.expect(renamed("al"));
      seconds.push(await isAgo(alice, "bo"));
      await alice.expect(isOnline("al"));
      const most = Math.ceil((Date.now() - start) / 1000);
      check(Math.max(...seconds) <= most, `at most ${most} s ago, not ${seconds.join(" and ")}`);
    }),
  },
  {
    id: "seen/a-thousand",
    clause: `of the names that nobody has, the ${MOST} given up last are remembered`,
    run: among(2, async ([alice, bob]) => {
      const names = Array.from({ length: MOST }, (_, i) => `al${i}`);
      alice.write(["al0", "bo", ...names].map((name) => `rename|${name}\n`).join(""));
      alice.send("rename|last");
      await alice.until(renamed("last"));
      await ask(bob, "bo", unknown("bo")); // al0 was given up after it, for the second time
      for (const name of ["al0", "al1"]) await ago(bob, name);
      await rename(alice, "al1"); // one name less that nobody has, and one more: last
      await ago(bob, "al0");
      await rename(alice, "again");
      await ago(bob, "al1");
      await ask(bob, "al0", unknown("al0"));
    }),
  },
  {
    id: "seen/strangers",
    clause: "users who never took a name push no other name out of the server's memory",
    run: among(2, async ([alice, bob], server) => {
      await rename(alice, "al");
      alice.send("quit");
      await bob.expect(offline(alice));
      await ago(bob, "al");
      for (let came = 0; came < MOST + 100; came += 100) {
        const crowd = await Promise.all(Array.from({ length: 100 }, () => server.connect()));
        await Promise.all(crowd.map((client) => client.next()));
        for (const client of crowd) client.close();
      }
      bob.send("who");
      for (let left = 0; left < MOST + 100; ) {
        if ((await bob.next("offline")).endsWith(":offline")) left++;
      }
      bob.heard.splice(0);
      await bob.sync();
      await ago(bob, "al");
    }),
  },
];
