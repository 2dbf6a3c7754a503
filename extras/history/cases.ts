/** history: whoever comes hears the last 20 lines that everybody heard. */
import { chatUntil, warmUp } from "../../test/cases/v02.ts";
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { eventually, type Server } from "../../test/harness/server.ts";
import { check } from "../../test/harness/transcript.ts";
import { bye, offline, online, said, told } from "../../test/harness/wire.ts";
import { among, answered, type ExtraCase } from "../common/cases.ts";

const MOST = 20;
const last = (lines: number) => (lines === 1 ? "the last line:" : `the last ${lines} lines:`);

/** Somebody new hears its own `online`, and then exactly this. */
async function hearsOnArrival(server: Server, ...lines: string[]): Promise<Client> {
  const client = await server.connect();
  const past = lines.length > 0 ? [last(lines.length), ...lines] : [];
  await client.hears(online(client), ...past);
  return client;
}

/** Says them, and waits until they have been heard. Not by a token: that would be a line, too. */
async function say(client: Client, ...texts: string[]): Promise<string[]> {
  const lines = texts.map((text) => said(client, text));
  client.write(texts.map((text) => `${text}\n`).join(""));
  await client.expect(...lines);
  return lines;
}

/** The number of the next line of {@link chatUntil}, past those who come and go. */
async function nextNumber(client: Client): Promise<number> {
  for (;;) {
    const [, number] = /:(\d+) x+$/.exec(await client.next()) ?? [];
    if (number !== undefined) return Number(number);
  }
}

export const cases: ExtraCase[] = [
  {
    id: "history/on-arrival",
    clause: "a newcomer hears its own `online`, then the last lines, as they were heard",
    run: among(1, async ([alice], server) => {
      const lines = await say(alice, "one", "two", "three");
      await hearsOnArrival(server, ...lines);
    }),
  },
  {
    id: "history/nothing-said",
    clause: "before anything was said there is no history; one line is `the last line:`",
    run: among(1, async ([alice], server) => {
      const lines = await say(alice, "hello"); // and this is the first that she hears
      await hearsOnArrival(server, ...lines);
    }),
  },
  {
    id: "history/twenty-at-most",
    clause: `it is the last ${MOST} lines, in their order, however many were said`,
    run: among(1, async ([alice], server) => {
      const texts = Array.from({ length: 50 }, (_, i) => `line ${i}`);
      const lines = await say(alice, ...texts);
      await hearsOnArrival(server, ...lines.slice(-MOST));
    }),
  },
  {
    id: "history/to-the-newcomer-alone",
    clause: "nobody else hears it again",
    run: among(2, async ([alice, bob], server) => {
      const lines = await say(alice, "one", "two");
      await bob.expect(...lines);
      const carol = await hearsOnArrival(server, ...lines);
      for (const user of [alice, bob]) await user.hears(online(carol));
    }),
  },
  {
    id: "history/only-what-everybody-heard",
    clause: "private messages, commands, answers and announcements are not part of the history",
    run: among(2, async ([alice, bob], server) => {
      const [first = ""] = await say(alice, "public");
      await bob.expect(first);
      await rename(bob, "bo");
      alice.write("to|bo|the password is 1234\nwho\nrename|a b\nto|x\n\n");
      alice.send("x".repeat(5000));
      await bob.until(told(alice, "the password is 1234"));
      alice.heard.splice(0);
      const carol = await server.connect();
      carol.send("quit");
      await carol.until(bye);
      await alice.until(offline(carol));
      bob.send("all done");
      await alice.until(said(bob, "all done"));
      await hearsOnArrival(server, first, said(bob, "all done"));
    }),
  },
  {
    id: "history/as-it-was-said",
    clause: "a line keeps the name under which it was said, and stays when its speaker has gone",
    run: among(2, async ([alice, bob], server) => {
      await rename(alice, "al");
      const first = await say(alice, "I am al");
      await bob.expect(...first);
      await rename(alice, "alice");
      await rename(bob, "al");
      const second = await say(alice, "now I am alice");
      await answered(alice, "quit", bye);
      await bob.until(offline(alice));
      await hearsOnArrival(server, ...first, ...second);
    }),
  },
  {
    id: "history/last-words",
    clause: "what was said before `quit` is part of the history; what comes after it is not",
    run: among(2, async ([alice, bob], server) => {
      alice.write("see you\nquit\nnever said\n");
      const words = said(alice, "see you");
      await bob.expect(words, offline(alice));
      await hearsOnArrival(server, words);
    }),
  },
  {
    id: "history/outlives-everybody",
    clause: "the history belongs to the room: it is still there when everybody has gone",
    run: among(1, async ([alice], server) => {
      const lines = await say(alice, "is anybody there?", "no");
      await answered(alice, "quit", bye);
      alice.end();
      await alice.over();
      await hearsOnArrival(server, ...lines);
    }),
  },
  {
    id: "history/no-gap-and-nothing-twice",
    clause: "after the history comes the next line that was said, even if the room is very busy",
    run: among(1, async ([alice], server) => {
      let [begun, over] = [false, false];
      const talking = (lines: number) => {
        begun = lines > MOST;
        return over;
      };
      const coming = async () => {
        await eventually(() => begun, "there is a history");
        for (let i = 0; i < 30; i++) await unbroken(await server.connect());
      };
      await Promise.all([
        chatUntil(alice, talking, Number.POSITIVE_INFINITY),
        coming().finally(() => (over = true)),
      ]);

      /** Its own online, the heading, and from there on every line that was said. */
      async function unbroken(client: Client): Promise<void> {
        await client.expect(online(client));
        const heading = await client.next(last(MOST));
        check(/^the last (\d+ lines|line):$/.test(heading), `no heading, but ${heading}`);
        let previous = await nextNumber(client);
        for (let i = 0; i < 2 * MOST; i++) {
          const next = await nextNumber(client);
          check(next === previous + 1, `line ${next} came behind line ${previous}`);
          previous = next;
        }
        client.close();
      }
    }),
  },
  {
    id: "history/of-the-longest-lines",
    clause: "the longest lines fit; nobody who reads is cut off by so much history at once",
    run: among(1, async ([alice], server) => {
      const lines = await say(
        alice,
        ...Array.from({ length: MOST }, (_, i) => `${i}`.padEnd(4096, "x")),
      );
      const crowd = await Promise.all(Array.from({ length: 40 }, () => server.connect()));
      for (const client of crowd) {
        await client.expect(online(client), last(MOST), ...lines);
      }
    }),
  },
  {
    id: "history/of-a-flood",
    alone: true,
    clause: "lines that are no longer part of the history cost nothing",
    needs: ["memory"],
    run: among(2, async ([alice, bob], server) => {
      const [hi = ""] = await say(alice, "hi");
      await hearsOnArrival(server, hi);
      const flood = async (kilobytes: number) => {
        await alice.write(`${"x".repeat(1000)}\n`.repeat(kilobytes));
        for (const user of [alice, bob]) await user.sync();
      };
      await warmUp(alice);
      await flood(20_000);
      const before = server.memory();
      await flood(60_000);
      const grown = server.memory() - before;
      check(grown < 40, `60 MB of chat cost ${grown.toFixed()} MiB`);
    }),
  },
];
