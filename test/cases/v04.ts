/** From v04 on: who. */
import type { Case } from "../harness/case.ts";
import { check } from "../harness/transcript.ts";
import { listed, offline, said } from "../harness/wire.ts";

export const v04: Case[] = [
  ...["who", "who online"].map(
    (command): Case => ({
      id: `v04/${command.replace(" ", "-")}`,
      since: "v04",
      clause:
        "`who` and `who online`: only the asker hears the list, one line for each user, in the order in which they came",
      async run(server) {
        const users = await server.join(8); // so many that no other order passes by chance
        const [alice, bob, carol] = users;
        bob.send(command);
        await bob.expect(...users.map(listed));
        await bob.hears();
        await alice.hears();
        await carol.hears();
      },
    }),
  ),
  {
    id: "v04/who-right-after-connecting",
    since: "v04",
    clause: "the asker itself is on the list",
    async run(server) {
      const alice = await server.connect();
      alice.send("who");
      const heard = await alice.sync();
      check(heard.includes(listed(alice)), "alice asks, and she is not on the list");
    },
  },
  {
    id: "v04/who-in-two-packets",
    since: "v04",
    clause: "a command is a line, not a packet",
    fault: "framing: who without a newline is broadcast as wh",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await alice.packets(bob, "wh", "o", "\n");
      await alice.expect(listed(alice), listed(bob));
      await bob.hears();
    },
  },
  {
    id: "v04/who-crlf",
    since: "v04",
    clause: "LF or CRLF ends a line",
    fault: "framing: who\\r\\n is broadcast as text",
    async run(server) {
      const [alice, bob] = await server.join(2);
      alice.write("who\r\n");
      await alice.expect(listed(alice), listed(bob));
      await bob.hears();
    },
  },
  {
    id: "v04/who-twice-in-one-packet",
    since: "v04",
    clause: "a command is a line, not a packet",
    fault: "framing: who\\nwho\\n is not recognised",
    async run(server) {
      const [alice] = await server.join();
      alice.write("who\nwho\n");
      await alice.expect(listed(alice), listed(alice));
    },
  },
  {
    id: "v04/who-forgets-who-left",
    since: "v04",
    clause: "a user who has left is not on the list",
    fault: "row 9: users that vanish are never removed",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      bob.reset();
      await alice.expect(offline(bob));
      alice.send("who");
      await alice.expect(listed(alice), listed(carol));
    },
  },
  {
    id: "v04/who-is-exact",
    since: "v04",
    already: "every line is text there",
    clause: "a line that only looks like `who` is text",
    async run(server) {
      const [alice] = await server.join();
      const texts = ["whose turn?", "who is it", "who online?"].map((each) => server.fresh(each));
      for (const text of [...texts, "Who", " who"]) {
        alice.send(text);
        await alice.expect(said(alice, text));
      }
    },
  },
  {
    id: "v04/who-never-read",
    since: "v04",
    clause:
      "a client that asks and never reads the answers delays nobody else, and takes only a bounded amount of memory",
    fault: "row 6: one client pipelines who and never reads, and the server freezes",
    needs: ["memory"],
    alone: true,
    async run(server) {
      const [bob, carol] = await server.join(2);
      const before = server.memory();
      const alice = await server.connect({ stalled: true });
      alice.write("who\n".repeat(1_000_000));
      for (let i = 0; i < 200; i++) {
        carol.send(`${i}`);
        const heard = await bob.until(said(carol, `${i}`));
        check(!heard.includes(said(alice, "who")), "bob hears alice's command who as text");
      }
      const grown = server.memory() - before;
      check(grown < 120, `a client that never reads cost ${grown.toFixed()} MiB of memory`);
    },
  },
  {
    id: "v04/who-pipelined",
    since: "v04",
    clause: "a client that asks many times at once, and reads, gets every answer",
    alone: true,
    async run(server) {
      const users = await server.join(20);
      const [alice] = users;
      const list = users.map(listed);
      alice?.write("who\n".repeat(5000));
      for (let i = 0; i < 5000; i++) await alice?.expect(...list);
      await alice?.hears();
    },
  },
];
