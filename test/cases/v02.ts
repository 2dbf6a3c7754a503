/** From v02 on: everybody hears everybody, and nobody waits for anybody. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { eventually } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { MAX_LINE, offline, online, said } from "../harness/wire.ts";

const WINDOW = 16;

/** Chats, no faster than it hears itself, until `done`, told how many lines. Gives the lines. */
export async function chatUntil(
  user: Client,
  done: (said: number) => boolean,
  mostBytes: number,
): Promise<string[]> {
  const lines: string[] = [];
  const filler = "x".repeat(MAX_LINE - 100);
  for (let bytes = 0; !done(lines.length); bytes += WINDOW * MAX_LINE) {
    check(
      bytes < mostBytes,
      `after ${mostBytes} bytes of chat, what the case waits for has not happened`,
    );
    for (let i = 0; i < WINDOW; i++) {
      lines.push(`${lines.length} ${filler}`);
      user.send(lines.at(-1) as string);
    }
    await user.sync();
  }
  return lines;
}

/**
 * What a server's garbage collector takes for itself, once, when there is much to do, it has taken then: if the
 * memory still grows, something is held.
 */
export async function warmUp(user: Client): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await user.write(`${"x".repeat(200)}\n`.repeat(20_000));
    await user.sync();
  }
}

export const v02: Case[] = [
  {
    id: "v02/online-announced",
    since: "v02",
    clause: "when a user connects, everybody online hears `online`, the newcomer too",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const carol = await server.connect();
      await carol.expect(online(carol));
      await alice.expect(online(carol));
      await bob.expect(online(carol));
    },
  },
  {
    id: "v02/first-line-is-one's-own-online",
    since: "v02",
    clause:
      "the first line that a client hears from the room is its own `online`, even if the room is very busy",
    async run(server) {
      const [alice] = await server.join();
      let over = false;
      const coming = async () => {
        for (let i = 0; i < 30; i++) {
          const client = await server.connect();
          await client.expect(online(client));
        }
      };
      await Promise.all([
        chatUntil(alice, () => over, Number.POSITIVE_INFINITY),
        coming().finally(() => (over = true)),
      ]);
    },
  },
  {
    id: "v02/text-heard-by-all",
    since: "v02",
    clause: "everybody online hears the text, the sender too",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      const text = server.fresh("hello, all of you ");
      alice.send(text);
      for (const user of [alice, bob, carol]) await user.expect(said(alice, text));
      for (const user of [alice, bob, carol]) await user.hears();
    },
  },
  {
    id: "v02/offline-announced",
    since: "v02",
    clause:
      "when a user leaves, the others hear all that it said, then `offline`; the user itself does not hear its `offline`",
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      const texts = [server.fresh("so long "), server.fresh("last words ")];
      alice.write(texts.join("\n"));
      alice.end();
      const words = texts.map((text) => said(alice, text));
      for (const user of [bob, carol]) await user.expect(...words, offline(alice));
      same(await alice.over(), words, "alice");
    },
  },
  {
    id: "v02/reset-mid-line",
    since: "v02",
    clause:
      "when a connection is reset, the others hear `offline`; a line whose newline has not come is not said",
    fault: "row 9: users that vanish are never removed",
    async run(server) {
      const [bob] = await server.join();
      for (let i = 0; i < 20; i++) {
        const [alice] = await server.join();
        await alice.write("half a li");
        alice.reset();
        await bob.expect(online(alice), offline(alice));
      }
      await bob.hears();
    },
  },
  {
    id: "v02/half-close-then-reset",
    since: "v02",
    clause: "when a client resets its connection at any moment, nobody else is affected",
    alone: true,
    async run(server) {
      const [bob] = await server.join();
      // What piles up for alice differs, so that at some size the server is in the middle of a write.
      for (let lines = 0; lines <= 1600; lines += 100) {
        const [alice] = await server.join();
        alice.stall();
        await chatUntil(bob, (said) => said >= lines, Number.POSITIVE_INFINITY);
        alice.end();
        await bob.sync();
        alice.reset();
        await bob.sync();
      }
    },
  },
  {
    id: "v02/vanish-before-hello",
    since: "v02",
    clause:
      "when a client resets right after it has connected, nobody else is affected: each `online` is followed by one `offline`",
    fault: "row 9: users that vanish are never removed",
    async run(server) {
      const [alice] = await server.join();
      for (let i = 0; i < 50; i++) (await server.connect({ stalled: true })).reset();
      const [last] = await server.join();
      const heard = await alice.until(online(last));
      const count = (what: string) => heard.filter((line) => line.endsWith(what)).length;
      const over = async () => {
        heard.push(...(await alice.sync()));
        return count(":online") === count(":offline");
      };
      await eventually(over, "there is one offline for each online"); // last, who stays, is in neither
    },
  },
  {
    id: "v02/order-per-sender",
    since: "v02",
    clause:
      "everybody hears the same lines in the same order, and each sender's lines in the order in which they were sent",
    async run(server) {
      const users = await server.join(4);
      const word = server.fresh("line ");
      for (let i = 0; i < 500; i++) for (const user of users) user.send(`${word} ${i}`);
      const heard = new Map(users.map((user) => [user, [] as string[]]));
      // Two rounds: after the first, every line has been said; after the second, it has been heard.
      for (const user of [...users, ...users]) heard.get(user)?.push(...(await user.sync()));
      for (const speaker of users) {
        const expected = Array.from({ length: 500 }, (_, i) => said(speaker, `${word} ${i}`));
        const own = `[${speaker.addr}]`;
        for (const lines of heard.values()) {
          same(
            lines.filter((line) => line.startsWith(own)),
            expected,
            `what ${own} said`,
          );
        }
      }
      const [first = [], ...others] = heard.values();
      for (const lines of others) same(lines, first, "two users did not hear the same");
    },
  },
  {
    id: "v02/forged-line",
    since: "v02",
    clause: "each line shows its real sender: nobody can speak in another user's name",
    fault: "framing: hi\\n[1.2.3.4:5]admin:… forges another user's line",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const [hi, resign, yes] = [server.fresh("hi "), server.fresh("I resign "), "yes"];
      alice.write(`${hi}\n${said(bob, resign)}\r${said(bob, yes)}\n`);
      const forged = said(alice, `${said(bob, resign)}${said(bob, yes)}`);
      await bob.expect(said(alice, hi), forged);
    },
  },
  {
    id: "v02/stalled-reader",
    since: "v02",
    alone: true,
    clause:
      "a user who does not read is cut off, and the others hear `offline`; nobody else waits, and memory stays bounded",
    fault: "row 5: one client stops reading, and every delivery stops",
    needs: ["memory"],
    async run(server) {
      const [bob, carol] = await server.join(2);
      const before = server.memory();
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      const heard: string[] = [];
      const gone = () => {
        heard.push(...bob.heard.splice(0));
        return heard.includes(offline(alice));
      };
      const lines = await chatUntil(carol, gone, 64 * 1024 * 1024);
      const chat = lines.map((line) => said(carol, line));
      heard.push(...(await bob.sync()));
      same(
        heard.filter((line) => line !== offline(alice)),
        chat,
        "bob",
      );
      const grown = server.memory() - before;
      check(grown < 60, `a client that never reads cost ${grown.toFixed()} MiB of memory`);
    },
  },
  {
    id: "v02/flooder-is-slowed",
    since: "v02",
    alone: true,
    clause:
      "a user who says more than the server can deliver has to wait; a user who reads loses nothing, and memory stays bounded",
    needs: ["memory"],
    async run(server) {
      const [alice] = await server.join(); // of two, one might be read so much later that it may be cut off
      const before = server.memory();
      const lines = Array.from({ length: 40_000 }, (_, i) => `${i} ${"x".repeat(1000)}`);
      await alice.write(`${lines.join("\n")}\n`);
      const heard = await alice.sync();
      same(
        heard,
        lines.map((line) => said(alice, line)),
        "alice",
      );
      const grown = server.memory() - before;
      check(grown < 150, `a flood of 40 MB cost ${grown.toFixed()} MiB of memory`);
    },
  },
  {
    id: "v02/slow-reader-loses-nothing",
    since: "v02",
    clause: "a user who reads late, but within the bound, hears everything in order",
    async run(server) {
      const [alice, bob] = await server.join(2);
      alice.stall();
      const lines = Array.from({ length: 100 }, (_, i) => `${i} ${"y".repeat(4000)}`);
      for (const line of lines) bob.send(line);
      await bob.sync();
      alice.read();
      await alice.hears(...lines.map((line) => said(bob, line)));
    },
  },
  {
    id: "v02/crowd",
    since: "v02",
    clause:
      "when a hundred users come at once, all of them are announced, and all hear what is said",
    fault: "the sibling tutorial: 100 clients connecting at once end the process",
    async run(server) {
      const [alice] = await server.join();
      const crowd = await Promise.all(Array.from({ length: 100 }, () => server.connect()));
      await Promise.all(crowd.map((user) => user.expect(online(user))));
      const text = server.fresh("welcome ");
      alice.send(text);
      await Promise.all([alice, ...crowd].map((user) => user.until(said(alice, text))));
    },
  },
];
