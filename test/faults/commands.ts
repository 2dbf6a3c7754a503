/** Whatever can be typed, and what nobody would type. */
import { once } from "node:events";
import { get } from "node:http";
import { connect as connectTls } from "node:tls";
import type { Client } from "../harness/client.ts";
import { random } from "../harness/random.ts";
import type { Server } from "../harness/server.ts";
import { check, escaped, same } from "../harness/transcript.ts";
import {
  bye,
  invalidName,
  listed,
  MAX_LINE,
  nothingToSend,
  tooLong,
  usage,
} from "../harness/wire.ts";
import { crowd, type Fault, meanwhile, type Pair, wrap } from "./fault.ts";
import { mutant, pieces } from "./mutate.ts";

const MUTANTS = 10_000;
const ROUND = 250;

export const commands = (seed: number): readonly Fault[] => [
  {
    id: "commands/10000-mutants",
    title: "10,000 lines that were good once",
    since: "v01",
    how: "answered",
    does: "It sends commands and texts in which bits are flipped, parts left out or doubled, and others put in: bars, NULs, half characters, `__proto__`, 5,000 `x`. The packets are cut anywhere. A seed makes the lines, so that they can be had again.",
    breaks:
      "Somewhere a part is missing that the code counts on, and one exception ends the process. In the Go original, `to|` and one's own name was enough.",
    ours: "Each line is text, or it is a command and gets one of the answers that there are. Nobody else hears anything but frames and messages to itself, without one control character.",
    where: ["user.ts doMessage", "lines.ts readLines"],
    memory: 90,
    slow: true,
    run: (server, pair) => mutate(server, pair, seed),
  },
  {
    id: "commands/http-request",
    title: "an HTTP request",
    since: "v01",
    how: "said",
    does: "Ten times, a browser or a health check takes the port for a web server.",
    breaks:
      "Nothing, if one is lucky. Who splits each line at a colon or a space and takes the parts for granted falls over `GET / HTTP/1.1`.",
    ours: "Its lines are text, and the empty one is nothing. The browser is told no status line, and gives up. (A web page can make its visitor's browser send lines in this way, commands among them, as one more user without a name. A server that lets somebody do more than talk must not take commands from whoever can connect.)",
    where: ["user.ts doMessage"],
    memory: 40,
    async run(server, pair) {
      const port = await server.start();
      for (let i = 0; i < 10; i++) {
        const request = get({ host: "127.0.0.1", port, agent: false });
        const [error] = await once(request, "response").catch((error) => [error]);
        check(error instanceof Error, "a chat server has answered a browser");
        request.destroy();
      }
      await harmless(pair);
    },
  },
  {
    id: "commands/tls-hello",
    title: "a TLS hello",
    since: "v01",
    how: "said",
    does: "Ten times, a client begins with the handshake of TLS: some hundred bytes, most of them no text. It gets no answer that it understands, and ends.",
    breaks:
      "The bytes are passed on as they are, and the others' terminals obey; or the handshake holds no newline, and the reader waits for one for ever.",
    ours: "The bytes are a line like any other, without control characters, and said when the client ends its side; after a reset they are nothing.",
    where: ["lines.ts decode"],
    memory: 40,
    async run(server, pair) {
      const port = await server.start();
      for (let i = 0; i < 10; i++) {
        const socket = connectTls({ host: "127.0.0.1", port });
        const failed = once(socket, "secureConnect").then(
          () => false,
          () => true,
        );
        await pair[0].sync();
        socket.end(); // v01 says nothing, so the client would wait
        check(await failed, "a chat server has shaken hands");
        socket.destroy();
      }
      await harmless(pair);
    },
  },
  wrap("v06/to-own-name-without-text", {
    id: "commands/part-missing",
    title: "a command with a part missing",
    how: "answered",
    does: "It sends `to|` and its own name, and no text.",
    breaks:
      "The third part is used without a look at how many there are. In the Go original this one line ends the process, for everybody.",
    ours: "A pattern fits as a whole or not at all; if it does not, the asker is told how it is used.",
    where: ["user.ts tell"],
    memory: 40,
  }),
  wrap("v06/to-without-text-never-leaks", {
    id: "commands/nearly-private",
    title: "a private message that is not quite one",
    how: "answered",
    does: "It sends `to|x`, `to|`, `to||` and `to||hi`.",
    breaks: "What does not fit the pattern of the command is text, so everybody hears the secret.",
    ours: "What begins with `to|` is this command, good or bad.",
    where: ["user.ts doMessage"],
    memory: 40,
  }),
  {
    id: "commands/hard-to-match",
    title: "lines made to keep a pattern busy",
    since: "v05",
    how: "answered",
    does: "It sends 2,000 commands as long as a line may be: bars without end, spaces without end, accents without end, and names that grow eighteenfold when they are normalised.",
    breaks:
      "A pattern with a repetition inside a repetition tries all ways to divide such a line: seconds for one line, with nobody else served. That is called ReDoS.",
    ours: "The patterns have no repetition inside another: each looks at a character once. 2,000 lines take a moment, and the others' tokens come back meanwhile.",
    where: ["user.ts NAME"],
    memory: 60,
    run: hardToMatch,
  },
  {
    id: "commands/any-mix",
    title: "any mix of commands from twenty clients",
    since: "v05",
    how: "answered",
    does: "Twenty clients rename themselves, ask who is there and write to each other, all at the same time; for the twenty there are twelve names.",
    breaks:
      "A table of users that one task changes while another reads it. In the Go original this ended the process in less than 0.1 s. In Node nothing ends: two users have one name, or one has none.",
    ours: "One thread, and nothing awaited between the look and the change. In the end everybody is on the list once, under the name that it was told last, and no name is there twice.",
    where: ["room.ts rename"],
    memory: 60,
    run: anyMix,
  },
];

async function mutate(server: Server, pair: Pair, seed: number): Promise<void> {
  const next = random(seed);
  const [bob] = pair;
  const frames = new Set(pair.map(({ addr }) => `[${addr}]`));
  let alice: Client | undefined;
  for (let sent = 0; sent < MUTANTS; sent += ROUND) {
    if (alice === undefined || alice.ended) {
      alice = await server.connect();
      frames.add(`[${alice.addr}]`);
    }
    const lines = Array.from({ length: ROUND }, () => [mutant(next), Buffer.of(0x0a)]);
    for (const piece of pieces(Buffer.concat(lines.flat()), next)) void alice.write(piece);
    const where = `with --seed ${seed}, before line ${sent + ROUND}`;
    const framed = (line: string) => frames.has(line.slice(0, line.indexOf("]") + 1));
    for (const line of await answers(server, alice))
      sane(line, server.chapter === "v01" || framed(line) || answer(line), `the asker, ${where}`);
    for (const line of await bob.sync()) sane(line, framed(line), `a bystander, ${where}`);
  }
}

/** All that it hears, up to a token behind its lines, or up to its `bye`: a mutant may be `quit`. */
async function answers(server: Server, alice: Client): Promise<string[]> {
  try {
    return await alice.sync();
  } catch (error) {
    if (server.chapter < "v08" || alice.heard.at(-1) !== bye) throw error;
    return await alice.over();
  }
}

const ANSWERS = new Set([invalidName, usage, nothingToSend, tooLong]);
const ANSWER = /^(you are now |name .* is taken$|no user named |bye$)/u;

function answer(line: string): boolean {
  return ANSWERS.has(line) || ANSWER.test(line) || line.includes(" says to you:");
}

function sane(line: string, known: boolean, who: string): void {
  const shown = `"${escaped(line)}"`;
  check(line !== "", `an empty line, heard by ${who}`);
  check(!/\p{Cc}/u.test(line), `a control character, heard by ${who}: ${shown}`);
  check(known, `neither a frame nor an answer, heard by ${who}: ${shown}`);
}

/** What strangers said is text, if it is heard at all. */
async function harmless(pair: Pair): Promise<void> {
  for (const user of pair) {
    for (const line of await user.sync()) sane(line, line.startsWith("["), user.transcript.who);
  }
}

async function hardToMatch(server: Server, pair: Pair): Promise<void> {
  const [alice] = await server.join();
  const fill = (start: string, part: string) =>
    start + part.repeat((MAX_LINE - Buffer.byteLength(start)) / Buffer.byteLength(part));
  const lines = [
    fill("rename|", "|"),
    fill("rename|", "a"),
    fill("rename|", " "),
    fill("rename|", "e\u{301}"),
    fill("rename|", "\u{fdfa}"), // 18 characters in its NFKC form
    fill("to|", "|"),
    fill("to|", "a"),
    fill("to|", "a|"),
    fill("to|", "\u{fdfa}"),
    fill("to|a", "\u{2028}"),
  ];
  void alice.write(`${lines.join("\n")}\n`.repeat(200));
  const { tokens } = await meanwhile(pair, alice.sync());
  check(tokens >= 2, `only ${tokens} tokens of the others came back meanwhile`);
}

async function anyMix(server: Server, pair: Pair): Promise<void> {
  const users = await crowd(server, 20);
  for (const user of users) await user.sync();
  for (let round = 0; round < 50; round++) {
    for (const [i, user] of users.entries()) {
      const [own, other] = [(i * round) % 12, (i + round) % 12];
      void user.write(`rename|u${own}\nwho\nto|u${other}|hi\n`);
    }
  }
  const all = [...pair, ...users];
  for (const user of users) {
    const answers = (await user.sync()).filter((line) => line.startsWith("you are now "));
    user.name = answers.at(-1)?.slice("you are now ".length) ?? user.addr;
  }
  check(new Set(all.map(({ name }) => name)).size === all.length, "two were given one name");
  await pair[0].sync();
  pair[0].send("who");
  const list = (await pair[0].sync()).filter((line) => line.endsWith(":online..."));
  same(list.toSorted(), all.map(listed).toSorted(), "the list");
}
