/** From v07 on: the idle kick. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import type { Server } from "../harness/server.ts";
import { eventually } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { kicked, listed, offline, online, said } from "../harness/wire.ts";
import { rename } from "./v05.ts";

export const SECONDS = 3; // a busy machine must not keep those who stay from saying so in time
export const args = ["--idle-timeout", `${SECONDS}`];

/** The line is the client's last, and the server ended the connection in order. */
export async function kickedOut(client: Client): Promise<void> {
  same((await client.over()).slice(-1), [kicked(SECONDS)], "the last line");
  check(client.ended === "end", "the connection was reset, not ended");
}

/** Bob stays, and alice too, until she is told to rest: the clock does not run while the scene is being set. */
function kick(
  id: string,
  clause: string,
  run: (alice: Client, bob: Client, server: Server) => Promise<void>,
): Case {
  return {
    id: `v07/${id}`,
    since: "v07",
    clause,
    args,
    async run(server) {
      const [bob, alice] = await server.join(2);
      await run(alice, bob, server);
    },
  };
}

export const v07: Case[] = [
  {
    ...kick(
      "kick",
      "a user who sends nothing for as long as the limit hears the kick notice as its last line; the others hear `offline`",
      async (alice, bob) => {
        alice.rest();
        await kickedOut(alice);
        await bob.expect(offline(alice));
      },
    ),
    fault: "framing: the kick notice has no newline and runs into the next line",
  },
  kick(
    "kick-is-announced-at-once",
    "the others hear `offline` at once, even if the kicked user's socket stays open",
    async (alice, bob) => {
      alice.rest();
      await alice.expect(kicked(SECONDS)); // it keeps its side open
      await bob.hears(offline(alice));
      bob.send("who");
      await bob.expect(listed(bob));
    },
  ),
  kick(
    "kicked-is-off-the-list",
    "a kicked user is no longer on the list, and its name is free",
    async (alice, bob, server) => {
      await rename(alice, server.fresh("al"));
      alice.rest();
      await bob.expect(offline(alice));
      bob.send("who");
      await bob.expect(listed(bob));
      await rename(bob, alice.name);
    },
  ),
  {
    ...kick(
      "line-after-the-kick",
      "what a kicked user still sends is not carried out",
      async (alice, bob, server) => {
        alice.rest();
        await alice.expect(kicked(SECONDS));
        const ghost = server.fresh("ghost");
        for (const line of ["hello?", "who", `rename|${ghost}`]) alice.send(line);
        await bob.expect(offline(alice));
        await rename(bob, ghost);
        alice.end();
        same(await alice.over(), [], "alice, after the kick");
        const carol = await server.connect();
        await carol.expect(online(carol));
        await bob.expect(online(carol));
      },
    ),
    fault:
      "row 4: what is sent after the kick blocks the reader for ever, and the next join panics",
  },
  {
    id: "v07/kicked-while-its-line-is-under-way",
    since: "v07",
    already: "nobody is kicked there",
    clause: "what a kicked user still sends is not carried out",
    fault:
      "row 4: what is sent after the kick blocks the reader for ever, and the next join panics",
    args,
    async run(server) {
      const [carol, alice] = await server.join(2);
      const bob = await server.connect({ stalled: true });
      await carol.expect(online(bob));
      alice.write(`to|${bob.addr}|${"z".repeat(4000)}\n`.repeat(2000)); // who delivers it to bob must wait
      for (const user of [alice, bob]) user.rest();
      const start = Date.now();
      await eventually(() => Date.now() - start > SECONDS * 1500, "a limit and a half");
      bob.read(); // if the server still waits for him, it goes on with alice's line only now
      const dave = await server.connect();
      await dave.until(online(dave));
      await carol.until(online(dave));
      dave.send("hello");
      await carol.until(said(dave, "hello"));
    },
  },
  {
    ...kick(
      "kick-costs-no-cpu",
      "a kicked user takes no processor time any more",
      async (alice, bob, server) => {
        alice.rest();
        await alice.expect(kicked(SECONDS));
        await bob.expect(offline(alice));
        const { cpu, wall } = { cpu: server.cpu(), wall: Date.now() };
        await eventually(() => Date.now() - wall > 500, "half a second, to see whether it spins");
        const share = (server.cpu() - cpu) / ((Date.now() - wall) / 1000);
        check(share < 0.5, `after the kick the server uses ${(share * 100).toFixed()} % of a core`);
      },
    ),
    needs: ["cpu"],
    fault: "row 7: each kicked user burns a core",
  },
  {
    id: "v07/activity-puts-the-kick-off",
    since: "v07",
    already: "nobody is kicked there",
    clause:
      "every line that the server receives restarts the limit, even an empty line or one that is too long",
    args,
    async run(server) {
      const users = await server.join(4);
      const lines = ["text", "who", "", "x".repeat(5000)];
      for (const user of users) user.rest();
      const start = Date.now();
      const talk = setInterval(() => {
        for (const [i, user] of users.entries()) user.send(lines[i] as string);
      }, 300);
      await eventually(() => Date.now() - start > SECONDS * 2500, "two limits and a half").finally(
        () => clearInterval(talk),
      );
      for (const user of users) await user.sync();
    },
  },
  {
    id: "v07/half-a-line-is-no-activity",
    since: "v07",
    clause: "bytes without a newline are not a line: they do not restart the limit",
    args,
    async run(server) {
      const [alice] = await server.join();
      alice.rest();
      const trickle = setInterval(() => alice.write("x"), 100);
      await kickedOut(alice).finally(() => clearInterval(trickle));
    },
  },
  {
    id: "v07/kick-while-written-to",
    since: "v07",
    clause:
      "the lines that a user hears do not restart its limit; the kick notice still comes last",
    args,
    async run(server) {
      const [bob, ...idlers] = await server.join(11);
      for (const idler of idlers) idler.rest();
      const kicks = Promise.all(idlers.map(kickedOut));
      let over = false;
      const chat = async () => {
        // As fast as it hears itself, but in short lines: a fast machine must not say more than a test can hold.
        while (!over) {
          bob.send("x".repeat(100));
          await bob.sync();
        }
      };
      await Promise.all([kicks.finally(() => (over = true)), chat()]);
    },
  },
  {
    id: "v07/sixty-kicked-at-once",
    since: "v07",
    clause: "any number of users may be kicked at once",
    fault: "row 3: several go idle together, and the server panics",
    args,
    async run(server) {
      const [bob] = await server.join();
      const crowd = await Promise.all(Array.from({ length: 60 }, () => server.connect()));
      for (const user of crowd) user.rest();
      await Promise.all(crowd.map(kickedOut));
      const heard = await bob.sync();
      const left = heard.filter((line) => line.endsWith(":offline")).length;
      check(left === 60, `of 60 kicked at once, ${left} were announced`);
    },
  },
  {
    id: "v07/stalled-and-idle",
    since: "v07",
    clause: "a user who neither reads nor writes is kicked, too, and the others hear `offline`",
    args,
    async run(server) {
      const [bob] = await server.join();
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      alice.rest();
      await bob.expect(offline(alice));
    },
  },
  {
    id: "v07/lines-leave-no-timers",
    since: "v07",
    already: "it has no timers",
    clause: "the server does not keep a timer for each line",
    fault: "row 10: a time.After per message lives until it fires",
    needs: ["memory"],
    alone: true,
    async run(server) {
      const [alice] = await server.join();
      await alice.write("\n".repeat(100_000));
      await alice.sync();
      const before = server.memory();
      for (let i = 0; i < 10; i++) {
        await alice.write("\n".repeat(100_000));
        await alice.sync();
      }
      const grown = server.memory() - before;
      check(grown < 60, `a million lines cost ${grown.toFixed()} MiB of memory`);
    },
  },
  {
    id: "v07/help-names-the-limit",
    since: "v07",
    clause: "--help lists the options",
    needs: ["cli"],
    async run(server) {
      const { code, stdout } = await server.run("--help");
      check(code === 0 && stdout.includes("--idle-timeout"), `exit code ${code}: ${stdout}`);
    },
  },
  ...["0", "-1", "1.5", "soon", "2000001", ""].map(
    (seconds): Case => ({
      id: `v07/bad-idle-timeout "${seconds}"`,
      since: "v07",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        const { code, stderr } = await server.run(`--idle-timeout=${seconds}`);
        check(
          code !== 0 && code !== null,
          `the exit code is ${code}: it must be a number other than 0`,
        );
        const plain = /^--idle-timeout must be .*\n$/.test(stderr);
        check(plain, `stderr must be one line that says what is wrong: ${stderr}`);
      },
    }),
  ),
  {
    id: "v07/idle-timeout-does-not-overflow",
    since: "v07",
    already: "nobody is kicked there",
    clause: "--idle-timeout may be up to 2,000,000 s",
    args: ["--idle-timeout", "2000000"],
    async run(server) {
      const [alice] = await server.join();
      alice.rest();
      for (let i = 0; i < 20; i++) await alice.hears();
      alice.send("still here");
      await alice.expect(said(alice, "still here"));
    },
  },
];
