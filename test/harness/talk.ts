/** The conversations in the exercises' texts, played against a server, so that what they show is true. */
import type { Case } from "./case.ts";
import type { Client } from "./client.ts";
import type { Server } from "./server.ts";
import { check, same } from "./transcript.ts";

interface Entry {
  readonly who: readonly string[];
  readonly mark: string;
  readonly text: string;
}

const BLOCK = /^```text ?(.*)\n([\s\S]*?)^```$/gm;
const ENTRY = /^(\w+(?:, \w+)*) ([<>*]) (.*)$/;
const KICKED = /^you were kicked/; // so it must fall silent first; until then, each stays
const FIRST_PORT = 50_002; // as in the guides, where the first terminal is the server's

/** The ones in which each line is somebody's: `alice > hello`, `alice, bob < …`, `bob * ends its side`. */
export function talks(id: string, chapter: string, markdown: string): Case[] {
  return [...markdown.matchAll(BLOCK)].flatMap(([, options = "", body = ""], i) => {
    const entries = body.trimEnd().split("\n").map(entry);
    const whole = entries.filter((each) => each !== undefined);
    if (whole.length < entries.length) return [];
    const signals = whole.some(({ who, mark }) => who[0] === "server" && mark === "*");
    return {
      id: `${id}/talk ${i + 1}`,
      since: chapter,
      clause: "the conversation in the text is a real one",
      ...(options !== "" && { args: options.split(" ") }),
      ...(signals && { needs: ["signals"] as const }),
      run: (server) => play(server, whole),
    };
  });
}

function entry(line: string): Entry | undefined {
  const [, who, mark, text] = ENTRY.exec(line) ?? [];
  if (who === undefined || mark === undefined || text === undefined) return undefined;
  return { who: who.split(", "), mark, text };
}

/** Whoever is in it hears what is written there and, up to its end, nothing else. */
async function play(server: Server, entries: readonly Entry[]): Promise<void> {
  const clients = new Map<string, Client>();
  const pairs = () =>
    [...clients.values()].map(({ addr }, i) => [addr, `127.0.0.1:${FIRST_PORT + i}`] as const);
  const shown = (line: string) =>
    pairs().reduce((text, [is, told]) => text.replaceAll(is, told), line);
  const meant = (line: string) =>
    pairs().reduce((text, [is, told]) => text.replaceAll(told, is), line);
  for (const { who, mark, text } of entries) {
    for (const name of who) {
      if (name === "server") await atTheServer(server, mark, text);
      else if (text === "connects") clients.set(name, await server.connect());
      else {
        const client = clients.get(name) as Client;
        if (mark === "<" && KICKED.test(text)) client.rest();
        if (mark === "<") same([shown(await client.next(text))], [text], name);
        else if (mark === ">") client.send(meant(text));
        else await event(client, text);
      }
    }
  }
  const leaving = entries.filter(({ text }) => text === "ends its side").flatMap(({ who }) => who);
  for (const [name, client] of clients) {
    if (client.ended) continue;
    const rest = leaving.includes(name) ? client.over() : client.sync(); // who has ended its side says nothing more
    same((await rest).map(shown), [], `${name}, behind the end`);
  }
}

async function atTheServer(server: Server, mark: string, text: string): Promise<void> {
  if (mark === "*") server.signal("SIGINT");
  else same([(await server.ended()).last], [text], "the server");
}

async function event(client: Client, text: string): Promise<void> {
  if (text === "presses Enter now and then") return; // as everybody does who is to stay
  if (text === "ends its side") client.end();
  else if (text === "resets") await client.reset();
  else if (text === "the server ended") {
    same(await client.over(), [], client.transcript.who);
    check(client.ended === "end", "the connection was reset, not ended");
    client.close();
  } else throw new Error(`nobody knows what to do for "${text}"`);
}
