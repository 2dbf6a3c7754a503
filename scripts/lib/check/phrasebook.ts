/** For servers that word their sentences differently: what each of theirs means, learned by asking. */
import { SECONDS } from "../../../test/cases/v07.ts";
import type { Case } from "../../../test/harness/case.ts";
import type { Client, Translate } from "../../../test/harness/client.ts";
import { prove } from "../../../test/harness/run.ts";
import type { Server } from "../../../test/harness/server.ts";
import type { Target } from "../../../test/harness/target.ts";
import { Failure } from "../../../test/harness/transcript.ts";
import * as wire from "../../../test/harness/wire.ts";

const NAME = "Qwertz";
const OTHER = "Azerty";
const NO_NAME = "no name";
const LONG = 2 * wire.MAX_LINE;
const MAX_SENT = 4096; // characters of what was sent last: a flood is no command
const TEXT = "some text, and more";

/** What stands in a sentence's blanks, by the name of the blank. */
type Blanks = Readonly<Record<string, string>>;

/** What a name may be: one that somebody took, or an address. So "kicked: idle for 3 s" has no sender. */
const A_NAME = "[^\\s|:[\\]]{1,64}|[\\da-f.:]+:\\d+";

interface Phrase {
  readonly means: string;
  readonly pattern: RegExp;
  /** How many of its characters are the server's own: a sentence with more of them is looked for first. */
  readonly literal: number;
  /** `asked` is the name that the client's last command named. */
  readonly ours: (blanks: Blanks, asked: string) => string;
}

export class Phrasebook {
  readonly #phrases: Phrase[] = [];

  /** In our words; a line that is no sentence of the server's own stays as it is. */
  readonly translate: Translate = (line, sent) => {
    const commands = [...sent.slice(-MAX_SENT).matchAll(/^(?:rename|to)\|([^|\n]*)/gm)];
    const asked = commands.at(-1)?.[1] ?? "";
    for (const { pattern, literal, ours } of this.#phrases) {
      const match = pattern.exec(line);
      // A bare name is an answer only to who asked for that name.
      if (match && (literal > 0 || line === asked)) return ours(match.groups ?? {}, asked);
    }
    return line;
  };

  #add(phrase: Phrase): void {
    this.#phrases.push(phrase);
    this.#phrases.sort((a, b) => b.literal - a.literal);
  }

  /** Sentences that the server words alike: the cases that tell them apart cannot pass. */
  get alike(): string[] {
    const first = (phrase: Phrase) =>
      this.#phrases.find(({ pattern }) => pattern.source === phrase.pattern.source) ?? phrase;
    const later = this.#phrases.filter((phrase) => first(phrase) !== phrase);
    return later.map((phrase) => `${first(phrase).means} and ${phrase.means}`);
  }

  /** `line` is how the server says it with these blanks filled; undefined, when it said nothing. */
  learn(means: string, line: string | undefined, blanks: Blanks, ours: Phrase["ours"]): void {
    if (line === undefined) return;
    let source = quoted(line);
    let literal = line.length;
    for (const [blank, value] of Object.entries(blanks)) {
      literal -= value.length * (line.split(value).length - 1);
      source = source.replace(quoted(value), `(?<${blank}>${blank === "name" ? A_NAME : ".*"})`);
      source = source.replaceAll(quoted(value), `\\k<${blank}>`);
    }
    this.#add({ means, pattern: new RegExp(`^${source}$`, "s"), literal, ours });
  }

  /** An event is a frame with a word of the server's own behind it: `[ADDR]NAME:online`. */
  learnEvent(
    means: string,
    line: string | undefined,
    user: wire.Speaker,
    ours: (user: wire.Speaker) => string,
  ): void {
    const frame = wire.said(user, "");
    if (!line?.startsWith(frame)) return;
    const word = quoted(line.slice(frame.length));
    const pattern = new RegExp(`^\\[(?<addr>[^\\]]*)\\](?<name>.*):${word}$`, "s");
    this.#add({
      means,
      pattern,
      literal: line.length - frame.length,
      ours: ({ addr = "", name = "" }) => ours({ addr, name }),
    });
  }
}

const quoted = (text: string) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** Asks the server for each of its sentences, as far as the chapter has them. */
export async function learnWords(chapter: string, target: Target): Promise<Phrasebook> {
  const book = new Phrasebook();
  const lesson = { id: "its words", since: "v01", clause: "a server says its sentences" };
  const args = ["--idle-timeout", `${SECONDS}`];
  const lessons: Case[] = [
    { ...lesson, run: (server) => answers(book, server) },
    { ...lesson, since: "v07", args, run: (server) => kick(book, server) },
    { ...lesson, since: "v08", run: (server) => quit(book, server) },
  ];
  for (const each of lessons) {
    if (each.since > chapter || (each.args && !target.can.includes("args"))) continue;
    try {
      await prove(chapter, target, each);
    } catch (error) {
      if (!(error instanceof Failure)) throw error; // what it did not say, the cases will miss too
    }
  }
  return book;
}

async function answers(book: Phrasebook, server: Server): Promise<void> {
  const { chapter } = server;
  const alice = await server.connect();
  if (chapter >= "v02") {
    book.learnEvent("online", await alice.next(), alice, wire.online);
    const bob = await server.connect();
    await alice.next();
    bob.end();
    book.learnEvent("offline", await alice.next(), bob, wire.offline);
  }
  const ask = async (line: string) => {
    alice.send(line);
    return (await alice.sync()).at(0);
  };
  book.learn("line too long", await ask("x".repeat(LONG)), { size: `${LONG}` }, () => wire.tooLong);
  if (chapter >= "v04") book.learnEvent("on the list", await ask("who"), alice, wire.listed);
  if (chapter >= "v05") await names(book, server, alice, ask);
}

async function names(
  book: Phrasebook,
  server: Server,
  alice: Client,
  ask: (line: string) => Promise<string | undefined>,
): Promise<void> {
  const named = { name: NAME };
  const name = ({ name }: Blanks, asked: string) => name ?? asked;
  const bob = await server.connect();
  await bob.sync();
  await alice.sync();
  bob.send(`rename|${NAME}`);
  const [got] = await bob.sync();
  book.learn("renamed", got, named, (blanks, asked) => wire.renamed(name(blanks, asked)));
  const taken = await ask(`rename|${NAME}`);
  book.learn("name taken", taken, named, (blanks, asked) => wire.taken(name(blanks, asked)));
  const invalid = await ask(`rename|${NO_NAME}`);
  book.learn("invalid name", invalid, { asked: NO_NAME }, () => wire.invalidName);
  if (server.chapter < "v06") return;
  book.learn("usage of to", await ask(`to|${OTHER}`), { asked: OTHER }, () => wire.usage);
  const noUser = await ask(`to|${OTHER}|x`);
  book.learn("no such user", noUser, { name: OTHER }, (blanks, asked) =>
    wire.noUser(name(blanks, asked)),
  );
  const nothing = await ask(`to|${NAME}|`);
  book.learn("nothing to send", nothing, { asked: NAME }, () => wire.nothingToSend);
  await bob.sync();
  await ask(`to|${NAME}|${TEXT}`);
  const [told] = await bob.sync();
  const blanks = { name: alice.addr, text: TEXT };
  book.learn("private message", told, blanks, ({ name = "", text = "" }) =>
    wire.told({ addr: "", name }, text),
  );
}

async function kick(book: Phrasebook, server: Server): Promise<void> {
  const alice = await server.connect();
  alice.rest();
  const heard = await alice.over();
  book.learn("kicked", heard.at(-1), {}, () => wire.kicked(SECONDS));
}

async function quit(book: Phrasebook, server: Server): Promise<void> {
  const alice = await server.connect();
  alice.send("quit");
  const heard = await alice.over();
  book.learn("bye", heard.at(-1), {}, () => wire.bye);
}
