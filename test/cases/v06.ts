/** From v06 on: private messages. */
import type { Case } from "../harness/case.ts";
import { check, same } from "../harness/transcript.ts";
import { nothingToSend, noUser, offline, said, told, usage } from "../harness/wire.ts";
import { rename } from "./v05.ts";

/** One case for each command that cannot be carried out: the asker is told, and nobody hears it. */
function answered(
  id: string,
  lines: (nobody: string) => string[],
  answer: (nobody: string) => string,
  fault?: string,
): Case {
  return {
    id: `v06/${id}`,
    since: "v06",
    clause: "a line that begins with `to|` is a command: nobody hears it as text",
    ...(fault && { fault }),
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(alice, "al");
      await rename(bob, "bo");
      const nobody = server.fresh("nobody");
      for (const line of lines(nobody)) {
        alice.send(line);
        await alice.expect(answer(nobody));
      }
      await alice.hears();
      await bob.hears();
    },
  };
}

export const v06: Case[] = [
  {
    id: "v06/private",
    since: "v06",
    clause: "`to|NAME|TEXT`: only the user with that name hears the text",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      await rename(alice, server.fresh("alice"));
      await rename(bob, server.fresh("张三"));
      const text = server.fresh("psst ");
      alice.send(`to|${bob.name}|${text}`);
      await alice.hears();
      await bob.hears(told(alice, text));
      await carol.hears();
    },
  },
  {
    id: "v06/private-by-address",
    since: "v06",
    clause:
      "a user's name is its address until it takes another one; upper or lower case does not matter",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const text = server.fresh("psst ");
      alice.send(`to|${bob.addr}|${text}`);
      await bob.expect(told(alice, text));
      await rename(bob, server.fresh("Bob"));
      alice.send(`to|${bob.name.toUpperCase()}|${text}`);
      await bob.expect(told(alice, text));
      alice.send(`to|${bob.addr}|${text}`);
      await alice.expect(noUser(bob.addr));
    },
  },
  {
    id: "v06/text-with-bars",
    since: "v06",
    clause: "TEXT may contain `|`",
    fault: "names: to|al|hi|there delivers only hi",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(bob, server.fresh("bo"));
      const texts = [server.fresh("hi|there"), "|", "who", server.fresh("a\u2028b")];
      alice.write(texts.map((text) => `to|${bob.name}|${text}\n`).join(""));
      await bob.expect(...texts.map((text) => told(alice, text)));
    },
  },
  {
    id: "v06/private-to-oneself",
    since: "v06",
    clause: "a user may write to itself",
    async run(server) {
      const [alice] = await server.join();
      await rename(alice, server.fresh("al"));
      const text = server.fresh("note ");
      alice.send(`to|${alice.name}|${text}`);
      await alice.expect(told(alice, text));
    },
  },
  {
    id: "v06/private-ends-in-newline",
    since: "v06",
    clause: "every line that the server sends ends in one newline",
    fault: "framing: private messages have no newline and run together",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(bob, server.fresh("bo"));
      for (let i = 0; i < 3; i++) {
        const text = server.fresh("");
        alice.send(`to|${bob.name}|${text}`);
        await bob.expect(told(alice, text));
      }
    },
  },
  {
    id: "v06/address-used-again",
    since: "v06",
    clause:
      "a user can be found by its name, even if another user had the same address just before",
    async run(server) {
      const [bob] = await server.join();
      let again = 0;
      for (let i = 0; i < 5; i++) {
        const alice = await server.connect();
        alice.write("x\n".repeat(30_000)); // the server is still busy with it when the next one comes
        await bob.until(said(alice, "x"));
        await alice.reset();
        const next = await server.connect({ from: alice.from }).catch(() => undefined);
        await bob.until(offline(alice));
        if (!next) continue; // the system has not freed the port yet
        await bob.sync();
        bob.send(`to|${next.addr}|still there?`);
        await next.until(told(bob, "still there?"));
        again++;
        await next.reset();
        await bob.until(offline(next));
      }
      check(again > 0, "no client could use the address of another one again");
    },
  },
  answered(
    "to-own-name-without-text",
    () => ["to|al", "to|bo"],
    () => usage,
    "row 1: to|<own name> ends the process",
  ),
  answered(
    "to-without-text-never-leaks",
    (nobody) => [`to|${nobody}`, "to|", "to||", `to||${nobody}`],
    () => usage,
    "names: to|x leaks as public chat",
  ),
  answered("to-nobody", (nobody) => [`to|${nobody}|hi`, `to|${nobody}|hi`], noUser),
  answered(
    "to-with-nothing-to-send",
    () => ["to|bo|", "to|al|"],
    () => nothingToSend,
  ),
  {
    id: "v06/to-is-exact",
    since: "v06",
    already: "every such line is text there",
    clause: "a line that only looks like `to|` is text",
    async run(server) {
      const [alice] = await server.join();
      const beginnings = ["To|x|", " to|x|", "to x ", "tofu|x|"];
      for (const text of beginnings.map((each) => server.fresh(each))) {
        alice.send(text);
        await alice.expect(said(alice, text));
      }
    },
  },
  {
    id: "v06/to-who-left",
    since: "v06",
    clause: "nobody can send a private message to a user who has left",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(bob, server.fresh("bo"));
      bob.end();
      await alice.expect(offline(bob));
      alice.send(`to|${bob.name}|hi`);
      await alice.expect(noUser(bob.name));
    },
  },
  {
    id: "v06/order-per-sender",
    since: "v06",
    clause:
      "each sender's lines, also the private ones, are heard in the order in which they were sent",
    async run(server) {
      const [alice, bob] = await server.join(2);
      await rename(bob, server.fresh("bo"));
      const expected: string[] = [];
      let packet = "";
      for (let i = 0; i < 300; i++) {
        packet += i % 3 === 0 ? `to|${bob.name}|${i}\n` : `${i}\n`;
        expected.push(i % 3 === 0 ? told(alice, `${i}`) : said(alice, `${i}`));
      }
      alice.write(packet);
      await alice.sync();
      await bob.hears(...expected);
    },
  },
  {
    id: "v06/private-flood-at-a-stalled-user",
    since: "v06",
    already: "what is a private message here is a flood of text there, and bounded too",
    alone: true,
    clause:
      "a user who does not read is cut off, also when the flood is private; the others hear `offline`, and nobody else waits",
    needs: ["memory"],
    async run(server) {
      const [bob, carol] = await server.join(2);
      const before = server.memory();
      const alice = await server.connect({ stalled: true });
      await bob.sync();
      const line = `to|${alice.addr}|${"z".repeat(4000)}\n`;
      let gone = false;
      for (let bytes = 0; !gone; bytes += 16 * line.length) {
        check(
          bytes < 64 * 1024 * 1024,
          "after 64 MiB of private messages that she does not read, alice is not cut off",
        );
        await carol.write(line.repeat(16));
        await carol.sync();
        gone = (await bob.sync()).includes(offline(alice));
      }
      const grown = server.memory() - before;
      check(grown < 60, `a client that never reads cost ${grown.toFixed()} MiB of memory`);
    },
  },
  {
    id: "v06/private-flood-at-a-reader",
    since: "v06",
    already: "what is a private message here is a flood of text there, and bounded too",
    alone: true,
    clause: "a user who reads loses nothing, even if many users write to it at once",
    async run(server) {
      const users = await server.join(10);
      const [alice] = users;
      if (!alice) return;
      const text = "z".repeat(200);
      const senders = users.slice(1);
      await Promise.all(
        senders.map((user) => user.write(`to|${alice.addr}|${text}\n`.repeat(2000))),
      );
      await Promise.all(senders.map((user) => user.sync()));
      const heard = await alice.sync();
      check(heard.length === 18_000, `of 18,000 private messages, ${heard.length} arrived`);
      same(heard.slice(0, 1), heard.filter((line) => line.endsWith(text)).slice(0, 1), "alice");
    },
  },
];
