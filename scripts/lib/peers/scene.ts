/** One small scene for every client: it chats, asks for too much, and sees the server end. */
import { setTimeout as after } from "node:timers/promises";
import { patience } from "../../../test/harness/client.ts";
import { Server } from "../../../test/harness/server.ts";
import type { Target } from "../../../test/harness/target.ts";
import { escaped } from "../../../test/harness/transcript.ts";
import type { Client, Driven } from "./clients.ts";

const NAME = "张三";
const TEXT = "你好，世界 👋";
const MAX_LINE = 4096; // bytes, in docs/protocol.md
const MOST_SHOWN = 60; // characters of a line, where it is not the right one
const NOTHING = "nothing"; // within its time, or because the client has ended
const ONLINE = /^heard \[(\S+)\]\1:online$/;

/** `–`: this client, or this system, cannot do it. */
export type Mark = "✓" | "✗" | "–";

export interface Played {
  readonly version: string;
  /** One for each of {@link STEPS}. */
  readonly marks: readonly Mark[];
  /** What was heard in the place of what, a line each. */
  readonly problems: readonly string[];
}

type Step = (talk: Talk, server: Server) => Promise<void>;

const steps: Readonly<Record<string, Step>> = {
  "the subprotocol is chat.v1": (talk) => talk.open(),
  "it hears itself online": (talk) => talk.hearsItself(),
  "rename to a Chinese name": (talk) => talk.says(`rename|${NAME}`, `heard you are now ${NAME}`),
  "Chinese and an emoji come back": (talk) => talk.says(TEXT, talk.said(TEXT)),
  "a ping has its pong": (talk) => talk.does("ping", "still there?", "pong still there?"),
  "4,096 bytes come back": async (talk) => {
    const line = "x".repeat(MAX_LINE);
    await talk.says(line, talk.said(line));
  },
  "quit: bye, and 1000": (talk) => talk.says("quit", "heard bye", "closed 1000"),
  "4,097 bytes: 1009": async (talk) => {
    await talk.open();
    await talk.hearsItself();
    await talk.says("x".repeat(MAX_LINE + 1), "closed 1009");
  },
  "the server ends: its last line, and 1001": async (talk, server) => {
    await talk.open();
    await talk.hearsItself();
    server.signal("SIGTERM");
    await talk.hears("heard server is shutting down", "closed 1001");
  },
};

export const STEPS = Object.keys(steps);

/** A server of its own for each client, since it is ended. Undefined when the client is not installed. */
export async function play(client: Client, target: Target): Promise<Played | undefined> {
  const server = new Server("v12", target, { clause: "Over WebSocket" });
  try {
    const web = await server.web();
    const driven = await client.start(web);
    if (driven === undefined) return undefined;
    try {
      return await playWith(driven, server, web.replace("http", "ws"));
    } finally {
      await driven.end();
    }
  } finally {
    await server.stop();
  }
}

async function playWith(driven: Driven, server: Server, url: string): Promise<Played> {
  const talk = new Talk(driven, `${url}/chat`);
  const problems: string[] = [];
  const marks: Mark[] = [];
  for (const [name, step] of Object.entries(steps)) {
    if (!can(name, driven)) {
      marks.push("–");
      continue;
    }
    const problem = await step(talk, server).catch((error) => {
      if (error instanceof Different) return error.message;
      throw error;
    });
    marks.push(problem === undefined ? "✓" : "✗");
    if (problem !== undefined) problems.push(`${name}: ${problem}`);
  }
  return { version: driven.version, marks, problems };
}

/** No page can ping, and on Windows no server can be asked to end. */
function can(step: string, { pings }: Driven): boolean {
  if (step.includes("ping")) return pings;
  return process.platform !== "win32" || !step.startsWith("the server ends");
}

class Different extends Error {}

/** One connection after the other. */
class Talk {
  readonly #client: Driven;
  readonly #url: string;
  #addr = "";
  /** Why this connection says no more. */
  #over: string | undefined;
  /** Whoever has been silent once is not asked again: a late answer would be taken for another one. */
  #silent = false;

  constructor(client: Driven, url: string) {
    this.#client = client;
    this.#url = url;
  }

  async open(): Promise<void> {
    this.#over = undefined;
    await this.#client.order("open", this.#url);
    await this.hears("opened chat.v1");
  }

  async hearsItself(): Promise<void> {
    const [heard = ""] = await this.#take(1);
    this.#addr = ONLINE.exec(heard)?.[1] ?? "";
    if (this.#addr === "") throw different("its own online", heard);
  }

  says(line: string, ...answer: string[]): Promise<void> {
    return this.does("send", line, ...answer);
  }

  async does(act: "send" | "ping", text: string, ...answer: string[]): Promise<void> {
    if (this.#over === undefined) await this.#client.order(act, text);
    await this.hears(...answer);
  }

  /** How its own line comes back, under its name. */
  said(line: string): string {
    return `heard [${this.#addr}]${NAME}:${line}`;
  }

  async hears(...expected: string[]): Promise<void> {
    const heard = await this.#take(expected.length);
    const wrong = expected.findIndex((each, i) => each !== heard[i]);
    if (wrong >= 0) throw different(expected[wrong] ?? "", heard[wrong] ?? this.#over ?? NOTHING);
  }

  /** All of it, before it is looked at: the next step begins with what is its own. Fewer when it is closed before. */
  async #take(count: number): Promise<string[]> {
    const before = this.#silent ? NOTHING : this.#over;
    if (before !== undefined) throw new Different(`not reached: "${before}" came before`);
    const heard: string[] = [];
    while (heard.length < count && this.#over === undefined && !this.#silent)
      heard.push(await this.#next());
    return heard;
  }

  async #next(): Promise<string> {
    const timer = new AbortController();
    const late = after(patience.ms, NOTHING, { signal: timer.signal }).catch(() => NOTHING); // called off
    const heard = (await Promise.race([this.#client.next(), late])) ?? NOTHING;
    timer.abort();
    if (heard === NOTHING) this.#silent = true;
    if (heard.startsWith("closed")) this.#over = heard;
    return heard;
  }
}

function different(expected: string, heard: string): Different {
  const [wanted, came] = [expected, heard].map((text) => escaped(text, MOST_SHOWN));
  return new Different(`"${wanted}" was to come, and "${came}" came`);
}
