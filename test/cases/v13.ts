/** From v13 on: what is said to all is kept, and told to who asks. What the file holds: v13-file.ts. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { comes, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import {
  bye,
  historyEnd,
  historyOf,
  historyUsage,
  noHistory,
  offline,
  online,
  renamed,
  said,
  TIME,
  told,
  usage,
} from "../harness/wire.ts";

const WINDOW = 16;
/** A line that a user hears of itself waits for no disk and no database: for these, it would be two seconds or ten. */
const AT_ONCE_MS = 1000;

/** The next lines are an answer, in one piece: those between the first and the last, without their times. */
export async function answer(user: Client): Promise<string[]> {
  const first = await user.next(historyOf(1));
  const count = Number(/^history: (\d+) lines$/.exec(first)?.[1]);
  check(count >= 0, `no answer to the question for the history: ${first}`);
  const lines: string[] = [];
  for (let i = 0; i < count; i++) lines.push(await user.next("a line of the history"));
  await user.expect(historyEnd);
  for (const line of lines) check(TIME.test(line), `no time in ISO 8601, UTC: ${line}`);
  return lines.map((line) => line.replace(TIME, ""));
}

/** Asks, and hears nothing but the answer. */
export async function ask(user: Client, question: string): Promise<string[]> {
  user.send(question);
  return answer(user);
}

/** Says each, no faster than it hears itself. No token is sent: it would be a line of the history. */
export async function chat(user: Client, texts: readonly string[]): Promise<void> {
  for (let i = 0; i < texts.length; i += WINDOW) {
    const some = texts.slice(i, i + WINDOW);
    user.write(some.map((text) => `${text}\n`).join(""));
    await user.until(said(user, some.at(-1) as string));
  }
}

/** Says so many numbered lines, each when it has heard the one before; none takes long. Gives what it heard. */
export async function atOnce(
  user: Client,
  words: string,
  count = 30,
  mostMs = AT_ONCE_MS,
): Promise<string[]> {
  for (const text of texts(count, words)) {
    const start = performance.now();
    await chat(user, [text]);
    const ms = performance.now() - start;
    check(ms < mostMs, `a line took ${ms.toFixed()} ms`);
  }
  return texts(count, words).map((text) => said(user, text));
}

/** What it has printed on stderr, line by line. */
export function complaints(server: Server): string[] {
  return server.output("stderr").split("\n").slice(0, -1);
}

/** It comes to print these lines on stderr, and nothing else. */
export async function says(server: Server, ...patterns: RegExp[]): Promise<void> {
  const enough = () => complaints(server).length >= patterns.length;
  await comes(enough, `it says ${patterns.at(-1)}`);
  const all = complaints(server);
  const right = patterns.every((pattern, i) => pattern.test(all[i] ?? ""));
  check(right && all.length === patterns.length, `on stderr it says: ${all.join("; ")}`);
}

/** Says numbered lines until `over`. Gives what it heard. */
export async function flood(user: Client, over: () => boolean, words = "flood"): Promise<string[]> {
  let count = 0;
  for (; !over(); count += WINDOW) await chat(user, texts(WINDOW, words, count));
  return texts(count, words).map((text) => said(user, text));
}

const texts = (count: number, words: string, from = 0) =>
  Array.from({ length: count }, (_, i) => `${words} ${from + i}`);
const MISSHAPEN = [
  ...["", "0", "00", "1001", "9999", "00005", "-1", "+1", "1.5", "1e3", "0x5", "x", "５", "٣"],
  ...[" 5", "5 ", "5|", "|", "||", "|5", "5|a|b", "5||a", "0|a", "1001|a", "x|a", "|a"],
];

export const v13: Case[] = [
  {
    id: "v13/history",
    since: "v13",
    clause:
      "`history|N`: the last N lines that were said to all; one line of the server's comes before them, and one after",
    needs: ["args"],
    async run(server) {
      const [alice] = await server.join();
      const texts = ["one ", "two ", "three "].map((each) => server.fresh(each));
      for (const text of texts) alice.send(text);
      alice.send("history|2");
      await alice.expect(...texts.map((text) => said(alice, text)));
      await alice.expect("history: 2 lines");
      for (const text of texts.slice(1)) {
        const line = await alice.next(text);
        check(TIME.test(line), `no time in ISO 8601, UTC: ${line}`);
        check(line.endsWith(said(alice, text)), `not as it was said: ${line}`);
      }
      await alice.expect("history: end");
    },
  },
  {
    id: "v13/history-of-all-there-is",
    since: "v13",
    clause: "`history|N`: if there are fewer than N lines, all of them; if there are none, none",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      same(await ask(alice, "history|1000"), [], "before anything is said");
      same(await ask(alice, `history|5|${alice.name}`), [], "and of one user");
      const lines = texts(20, server.fresh("line"));
      await chat(alice, lines);
      const all = lines.map((text) => said(alice, text));
      for (const text of lines) await bob.expect(said(alice, text));
      same(await ask(bob, "history|1000"), all, "all");
      same(await ask(bob, "history|20"), all, "just as many");
      same(await ask(bob, "history|1"), all.slice(-1), "one");
      same(await ask(bob, "history|0019"), all.slice(1), "all but one");
    },
  },
  {
    id: "v13/history-of-a-name",
    since: "v13",
    clause:
      "`history|N|NAME`: the last N lines that were said under that name, as it was spelled then",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      const [mei, li] = [server.fresh("Mei"), server.fresh("Li")];
      const say = async (user: Client, text: string) => {
        const line = said(user, text);
        user.send(text);
        for (const each of [alice, bob]) await each.expect(line);
        return line;
      };
      const rename = async (user: Client, name: string) => {
        user.send(`rename|${name}`);
        await user.expect(renamed(name));
        user.name = name;
      };
      const first = await say(alice, "as nobody");
      await rename(alice, mei);
      const second = [await say(alice, "as Mei"), await say(alice, "once more")];
      await rename(bob, li);
      const third = await say(bob, `I am not ${mei}`);
      await rename(alice, `${mei}2`);
      const fourth = await say(alice, "as another");
      await rename(bob, mei);
      second.push(await say(bob, "so am I, now"));
      bob.send("quit");
      await alice.expect(offline(bob));
      same(await ask(alice, `history|9|${mei}`), second, "of a name that two have had");
      same(await ask(alice, `history|2|${mei}`), second.slice(1), "the last two of them");
      same(await ask(alice, `history|9|${li}`), [third], "of a former name");
      same(await ask(alice, `history|9|${alice.addr}`), [first], "of an address");
      same(await ask(alice, `history|9|${alice.name}`), [fourth], "of the asker's own name");
      for (const none of [mei.toLowerCase(), mei.slice(0, -1), `${mei} `, "nobody"])
        same(await ask(alice, `history|9|${none}`), [], `of ${none}`);
    },
  },
  {
    id: "v13/history-misshapen",
    since: "v13",
    clause:
      "a line that begins with `history|` is the command: if it is wrong, the asker hears how to use it, and nobody else hears it",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const rest of MISSHAPEN) {
        alice.send(`history|${rest}`);
        const heard = await alice.next(historyUsage);
        check(heard === historyUsage, `history|${rest} is answered: ${heard}`);
      }
      same(await ask(alice, "history|1000"), [], "what is kept of it");
      await bob.hears();
    },
  },
  {
    id: "v13/history-is-exact",
    since: "v13",
    clause: "a line that only looks like `history|` is text",
    already: "there, every line that begins so is text",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const text of ["history", "History|5", " history|5", "history |5", "history:5"]) {
        alice.send(text);
        for (const each of [alice, bob]) await each.expect(said(alice, text));
      }
    },
  },
  {
    id: "v13/only-what-all-hear-is-kept",
    since: "v13",
    clause:
      "only what was said to all is kept: no private message, no command, no answer, no `online` or `offline`",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      const text = server.fresh("hello, all ");
      bob.send("who");
      for (const user of [alice, bob]) await bob.expect(`[${user.addr}]${user.name}:online...`);
      alice.send(`to|${bob.name}|psst`);
      await bob.expect(told(alice, "psst"));
      alice.send("to|nobody|psst\nto|psst\n\nhistory|x\nrename|al\nrename|a b");
      await alice.expect("no user named nobody", usage, historyUsage, renamed("al"));
      check((await alice.next()).startsWith("invalid name"), "a name with a space");
      const carol = await server.connect();
      for (const each of [alice, bob]) await each.expect(online(carol));
      carol.send("quit");
      for (const each of [alice, bob]) await each.expect(offline(carol));
      bob.send(text);
      for (const each of [alice, bob]) await each.expect(said(bob, text));
      same(await ask(bob, "history|1000"), [said(bob, text)], "what is kept");
    },
  },
  {
    id: "v13/history-in-one-packet",
    since: "v13",
    clause:
      "the answer contains what was said before the question, and nothing that was said after it",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      const all: string[] = [];
      for (let i = 0; i < 20; i++) {
        const [before, after] = [server.fresh("before "), server.fresh("after ")];
        alice.write(`${before}\nhistory|1000\n${after}\n`);
        await alice.expect(said(alice, before));
        same(await answer(alice), [...all, said(alice, before)], "the answer");
        await alice.expect(said(alice, after));
        all.push(said(alice, before), said(alice, after));
      }
      await bob.hears(...all);
    },
  },
  {
    id: "v13/history-in-a-flood",
    since: "v13",
    alone: true,
    clause:
      "the answer comes in one piece, with all that the asker has heard before, even in a flood; nobody else hears it",
    needs: ["args"],
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      let over = false;
      const asking = async () => {
        let last = -1;
        const live = (line: string) => {
          last = last === -1 ? Number(/\d+$/.exec(line)?.[0]) : last + 1;
          same([line], [said(bob, `flood ${last}`)], "what is live");
        };
        for (let i = 0; i < 40; i++) {
          alice.heard.splice(0).forEach(live);
          const heard = last;
          alice.send("history|50");
          let line = await alice.next();
          for (; !line.startsWith("history: "); line = await alice.next()) live(line);
          alice.heard.unshift(line);
          const lines = await answer(alice);
          const first = Number(/\d+$/.exec(lines[0] ?? "")?.[0]);
          const run = lines.map((_, at) => said(bob, `flood ${first + at}`));
          same(lines, run, "the lines of an answer");
          const newest = first + lines.length - 1;
          check(i === 0 || newest >= heard, `${heard} was heard, and the answer ends at ${newest}`);
        }
      };
      const [lines] = await Promise.all([
        flood(bob, () => over),
        asking().finally(() => (over = true)),
      ]);
      await carol.expect(...lines);
      await carol.hears();
    },
  },
  {
    id: "v13/history-of-long-lines",
    since: "v13",
    alone: true,
    clause:
      "an answer has at most 1 MiB, with the newest lines; a user who reads it late is not cut off, however often it asks",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      const filler = "龙".repeat(1300);
      const lines = texts(600, filler);
      await chat(alice, lines);
      await bob.until(said(alice, lines.at(-1) as string));
      bob.stall();
      bob.write("history|1000\n".repeat(12));
      await chat(alice, ["still here"]);
      bob.read();
      const all = lines.map((text) => said(alice, text));
      const live = said(alice, "still here"); // once, between two answers
      for (let i = 0; i < 12; i++) {
        const first = await bob.next(historyOf(200));
        if (first !== live) bob.heard.unshift(first);
        const newest = await answer(bob);
        const bytes = Buffer.byteLength(newest.join("\n"));
        check(bytes > 900_000 && bytes <= 1024 * 1024, `an answer of ${bytes} bytes`);
        const before = newest.at(-1) === live ? [...all, live] : all;
        same(newest, before.slice(-newest.length), "the newest");
      }
    },
  },
  {
    id: "v13/history-behind-quit",
    since: "v13",
    clause: "a user who has quit gets no history any more",
    already: "there, nothing is heard behind bye, whatever was asked",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      await chat(alice, ["hello"]);
      await bob.expect(said(alice, "hello"));
      alice.write("quit\nhistory|5\nhistory|0\n");
      same(await alice.over(), [bye], "alice");
      await bob.expect(offline(alice));
      await bob.hears();
    },
  },
  {
    id: "v13/no-history",
    since: "v13",
    clause: "--history none: nothing is kept, and a user who asks is told so",
    args: ["--history", "none"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      await chat(alice, ["hello"]);
      alice.send("history|5\nhistory|5|x\nhistory|0");
      await alice.expect(noHistory, noHistory, historyUsage);
      await bob.hears(said(alice, "hello"));
    },
  },
  {
    id: "v13/replay",
    since: "v13",
    clause:
      "--replay N: a newcomer hears its own `online`, then the last N lines, then all that is said from then on",
    args: ["--replay", "3"],
    async run(server) {
      const [alice] = await server.join();
      same(await answer(alice), [], "what the first one hears");
      const kept = texts(5, server.fresh("line")).map((text) => {
        alice.send(text);
        return said(alice, text);
      });
      await alice.expect(...kept.slice(0, 2));
      const bob = await server.connect();
      await bob.expect(online(bob));
      const replayed = await answer(bob);
      await alice.until(online(bob));
      same(replayed, kept.slice(5 - replayed.length), "what bob hears"); // some may be on their way
      alice.send("and one");
      const one = said(alice, "and one");
      for (const each of [alice, bob]) await each.until(one);
      const carol = await server.connect();
      for (const each of [alice, bob, carol]) await each.expect(online(carol));
      same(await answer(carol), [...kept.slice(3), one], "what carol hears");
      for (const each of [alice, bob, carol]) await each.hears();
    },
  },
  {
    id: "v13/replay-0",
    since: "v13",
    clause: "--replay 0, or no --replay: a newcomer hears nothing of what was said before",
    already: "there, nothing is told again",
    args: ["--replay", "0"],
    async run(server) {
      const [alice] = await server.join();
      await chat(alice, ["hello"]);
      const bob = await server.connect();
      for (const each of [alice, bob]) await each.expect(online(bob));
      await bob.hears();
    },
  },
  {
    id: "v13/replay-in-a-flood",
    since: "v13",
    alone: true,
    clause: "between the old lines and the live ones, no line is missing and none comes twice",
    args: ["--replay", "100"],
    async run(server) {
      await server.start();
      const [witness, alice, bob] = await Promise.all(texts(3, "").map(() => server.connect()));
      const speakers = [alice, bob] as Client[];
      for (const each of speakers) await each.until(historyEnd);
      let over = false;
      const coming = async () => {
        const newcomers: { user: Client; lines: string[] }[] = [];
        for (let i = 0; i < 20; i++) {
          const user = await server.connect();
          await user.expect(online(user));
          newcomers.push({ user, lines: await answer(user) });
        }
        return newcomers;
      };
      const [newcomers] = await Promise.all([
        coming().finally(() => (over = true)),
        ...speakers.map((each) => flood(each, () => over)),
      ]);
      for (const each of speakers) await chat(each, ["the last"]);
      const last = said(bob as Client, "the last");
      const all = (await (witness as Client).until(last)).filter(isSaid);
      for (const { user, lines } of newcomers) {
        const heard = [...lines, ...(await user.until(last)).filter(isSaid)];
        same(heard, all.slice(-heard.length), user.transcript.who);
        const most = Math.min(100, all.length - (heard.length - lines.length));
        check(lines.length === most, `${lines.length} lines were told again instead of ${most}`);
      }
    },
  },
];

const isSaid = (line: string) => /\]\S+:(flood \d+|the last)$/.test(line);
