/** flood limit: `--max-rate` bounds how many lines of one user are carried out in a second. */
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { eventually, type Server } from "../../test/harness/server.ts";
import { check, Failure, same } from "../../test/harness/transcript.ts";
import { bye, listed, offline, said, tooLong } from "../../test/harness/wire.ts";
import { among, type ExtraCase, optionCases } from "../common/cases.ts";

const MOST = 5;
const SECOND = 1000;
const args = ["--max-rate", `${MOST}`];
const slowDown = `slow down: at most ${MOST} lines a second`;

const texts = (count: number) => Array.from({ length: count }, (_, i) => `line ${i}`);
const packet = (lines: string[]) => lines.map((line) => `${line}\n`).join("");

/** What a client heard. Answers may overtake the chat, so the two are looked at apart. */
function apart(lines: string[]) {
  const chat = lines.filter((line) => line.startsWith("["));
  return { chat, answers: lines.filter((line) => !line.startsWith("[")) };
}

/** Sends the lines in one packet, and behind them `quit`, which is never refused: so it hears all that is to come. */
async function lastWords(client: Client, ...lines: string[]): Promise<ReturnType<typeof apart>> {
  client.write(packet([...lines, "quit"]));
  const heard = await client.over();
  same(heard.slice(-1), [bye], client.transcript.who);
  return apart(heard.slice(0, -1));
}

/** Sends lines in one packet, more than it may: so many are heard, and then it is told. */
async function saysUntilTold(client: Client, expected: number): Promise<void> {
  const lines = texts(expected + 2);
  client.write(packet(lines));
  const heard: string[] = [];
  while (heard.length <= expected) heard.push(await client.next(slowDown));
  const { chat, answers } = apart(heard);
  same(
    chat,
    lines.slice(0, expected).map((line) => said(client, line)),
    client.transcript.who,
  );
  same(answers, [slowDown], client.transcript.who);
}

/** Waits until so much time has passed since then. */
function since(start: number, ms: number): Promise<void> {
  return eventually(() => Date.now() - start >= ms, `${ms} ms pass`);
}

/**
 * One line; most of a second later as many as are left; and as soon as the first line is a second old, more:
 * of these, one may be heard. False when the machine was so slow that it is no proof.
 */
async function slides(server: Server): Promise<boolean> {
  const client = await server.connect();
  await client.next();
  const hear = (line: string) => client.until(said(client, line));
  client.send("first");
  await hear("first");
  const first = Date.now();
  await since(first, 0.7 * SECOND);
  const second = Date.now();
  client.write(packet(texts(MOST - 1)));
  await hear(`line ${MOST - 2}`);
  await since(first, 1.05 * SECOND);
  const { chat } = await lastWords(client, ...texts(MOST).map((line) => `late ${line}`));
  if (Date.now() - second > 0.95 * SECOND) return false;
  const own = chat.filter((line) => line.startsWith(said(client, "late")));
  check(own.length === 1, `where one line was left to say, ${own.length} were heard`);
  return true;
}

const limited: ExtraCase[] = [
  {
    id: "flood/over-the-limit",
    clause:
      "what is over the limit is not said; the user is told so, the others hear nothing of it",
    run: among(2, async ([alice, bob]) => {
      const lines = texts(MOST + 3);
      const heard = lines.slice(0, MOST).map((line) => said(bob, line));
      const { chat, answers } = await lastWords(bob, ...lines);
      same(chat, heard, "bob");
      same(answers, [slowDown], "bob's answers");
      await alice.hears(...heard, offline(bob));
    }),
  },
  {
    id: "flood/told-once",
    clause: "a flood is answered once, not line by line",
    run: among(1, async ([alice]) => {
      const start = Date.now();
      const { chat, answers } = await lastWords(alice, ...texts(20_000));
      const windows = 1 + Math.floor((Date.now() - start) / SECOND); // one, unless the machine is slow
      const told = answers.filter((line) => line === slowDown).length;
      const again = chat.length - MOST; // on a slow machine some are heard later, and each may be followed by a refusal
      check(told >= 1 && told <= 1 + again, `${chat.length} lines heard, and told ${told} times`);
      check(chat.length <= MOST * windows, `${chat.length} lines were heard within ${windows} s`);
    }),
  },
  {
    id: "flood/after-a-second",
    clause: "a second later one may speak again, and is told again",
    run: among(1, async ([alice]) => {
      for (let i = 0; i < 3; i++) {
        await saysUntilTold(alice, MOST);
        await since(Date.now(), 1.05 * SECOND);
      }
    }),
  },
  {
    id: "flood/a-window-that-slides",
    clause: "the limit holds for every second, wherever it begins",
    async run(server) {
      await server.start();
      for (let tries = 0; tries < 4; tries++) {
        const start = Date.now();
        // Begun at four moments, so that no clock's full second is at a lucky place for all of them.
        const proofs = [0, 250, 500, 750].map((ms) => since(start, ms).then(() => slides(server)));
        if ((await Promise.all(proofs)).every((proof) => proof)) return;
      }
      throw new Failure("hang", "the machine is too slow to tell one second from the next");
    },
  },
  {
    id: "flood/refused-lines-do-not-count",
    clause:
      "only lines that are carried out count: a user who goes on is heard as often as the limit allows",
    run: among(1, async ([alice]) => {
      const start = Date.now();
      while (Date.now() - start < 2.5 * SECOND) {
        alice.send("hello?");
        await since(Date.now(), 40);
      }
      const { chat } = await lastWords(alice);
      const windows = 1 + Math.floor((Date.now() - start) / SECOND);
      const { length } = chat;
      check(length > MOST, `after the first ${MOST} lines, alice was never heard again`);
      check(length <= MOST * windows, `${length} lines were heard within ${windows} s`);
    }),
  },
  {
    id: "flood/commands",
    clause: "commands count, and one that is refused is not carried out",
    run: among(2, async ([alice, bob]) => {
      bob.write(packet([...Array.from({ length: MOST }, () => "who"), "rename|king", "to|x|y"]));
      const list = [listed(alice), listed(bob)];
      for (let i = 0; i < MOST; i++) await bob.expect(...list);
      await bob.expect(slowDown);
      await rename(alice, "king");
      same((await lastWords(bob, "who")).answers, [], "bob's answers");
    }),
  },
  {
    id: "flood/empty-lines",
    clause: "an empty line is nothing: it does not count",
    run: among(1, async ([alice]) => {
      const lines = texts(MOST + 1).flatMap((line) => ["", line, "", ""]);
      const { chat, answers } = await lastWords(alice, ...lines);
      same(
        chat,
        texts(MOST).map((line) => said(alice, line)),
        "alice",
      );
      same(answers, [slowDown], "alice's answers");
    }),
  },
  {
    id: "flood/lines-too-long",
    clause: "a line that is too long counts like any other",
    run: among(1, async ([alice]) => {
      const lines = Array.from({ length: MOST + 3 }, () => "x".repeat(5000));
      const { answers } = await lastWords(alice, ...lines);
      same(answers, [...Array.from({ length: MOST }, () => tooLong), slowDown], "alice's answers");
    }),
  },
  {
    id: "flood/each-for-itself",
    clause: "the limit is each user's own",
    run: among(6, async (users) => {
      const lines = texts(MOST + 2);
      for (const user of users) user.write(packet(lines));
      for (const user of users) {
        const heard: string[] = [];
        while (heard.length < users.length * MOST + 1) heard.push(await user.next());
        const { chat, answers } = apart(heard);
        same(answers, [slowDown], user.transcript.who);
        const all = users.flatMap((each) => lines.slice(0, MOST).map((line) => said(each, line)));
        same(chat.sort(), all.sort(), user.transcript.who);
      }
    }),
  },
  {
    id: "flood/quit",
    clause: "`quit` and `exit` are never refused",
    run: among(2, async ([alice, bob]) => {
      bob.write(packet([...texts(MOST + 1), "exit", "and another thing"]));
      const { answers } = apart(await bob.over());
      same(answers, [slowDown, bye], "bob's answers");
      alice.send("quit");
      await alice.until(bye);
    }),
  },
];

export const cases: ExtraCase[] = [
  ...limited.map((each) => ({ ...each, args })),
  ...optionCases("flood", "--max-rate", ["-1", "1.5", "1001", "fast", ""]),
];
