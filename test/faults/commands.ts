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
import { type Fault, list, meanwhile, type Pair, present, wrap } from "./fault.ts";
import { mutant, pieces } from "./mutate.ts";

const MUTANTS = 10_000;
const ROUND = 250;

export const commands = (seed: number): readonly Fault[] => [
  {
    id: "commands/10000-mutants",
    since: "v01",
    how: "answered",
    memory: 90,
    slow: true,
    run: (server, pair) => mutate(server, pair, seed),
  },
  {
    id: "commands/http-request",
    since: "v01",
    how: "said",
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
    since: "v01",
    how: "said",
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
  wrap("commands/part-missing", "v06/to-own-name-without-text", { how: "answered" }),
  wrap("commands/nearly-private", "v06/to-without-text-never-leaks", { how: "answered" }),
  {
    id: "commands/hard-to-match",
    since: "v05",
    how: "answered",
    memory: 60,
    run: hardToMatch,
  },
  {
    id: "commands/any-mix",
    since: "v05",
    how: "answered",
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
  const users = await present(server, 20);
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
  same((await list(pair[0])).toSorted(), all.map(listed).toSorted(), "the list");
}
