/** Users on several nodes who talk all the while, whatever becomes of the nodes; and what must be so of all that they hear. */
import { setTimeout as pass } from "node:timers/promises";
import { know } from "../cases/v16.ts";
import type { Client } from "../harness/client.ts";
import { comes, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { renamed, taken } from "../harness/wire.ts";

/** Forty lines a second from each: enough to be in the midst of everything. */
const GAP_MS = 25;
const RETRY_MS = 100;
const EVENT = /:(online|offline|line (\d+))$/;
/** A lease of eight seconds, and two in which it may be seen that it is over; some more on a busy machine. */
const FREE_MS = 12_000;
/** Names are unique again so soon after all is well again. */
const HEALED_MS = 10_000;

/** Of two servers, one is gone: the nodes are with the other one. */
const GOES_ON_MS = 5000;

interface Voice {
  readonly user: Client;
  readonly node: Server;
  /** Its lines have the numbers up to this one. */
  said: number;
  /** Where in all that it has heard the talk begins. */
  from: number;
}

export class Talk {
  readonly #voices: Voice[] = [];
  #talking: Promise<void>[] = [];
  #isOver = false;

  /** One user for each of these; a node may be there several times. */
  static async among<Nodes extends readonly Server[]>(...nodes: Nodes) {
    await Promise.all([...new Set(nodes)].map((node) => node.start()));
    const talk = new Talk();
    const users: Client[] = [];
    for (const node of nodes) users.push(await talk.#enter(node));
    await know(users);
    talk.#begin();
    return { talk, users: users as { [each in keyof Nodes]: Client } };
  }

  /** One more, who is listed everywhere, and talks from then on. */
  async joins(node: Server): Promise<Client> {
    const user = await this.#enter(node);
    await know(this.#here().map(({ user }) => user));
    this.#begin();
    return user;
  }

  async #enter(node: Server): Promise<Client> {
    const user = await node.connect({ all: true });
    this.#voices.push({ user, node, said: 0, from: -1 });
    return user;
  }

  #begin(): void {
    for (const voice of this.#voices) {
      if (voice.from !== -1) continue;
      voice.from = voice.user.all?.length ?? 0;
      this.#talking.push(this.#talk(voice));
    }
  }

  async #talk(voice: Voice): Promise<void> {
    while (!this.#isOver && voice.user.ended === undefined) {
      await voice.user.write(`line ${++voice.said}\n`);
      await pass(GAP_MS);
    }
  }

  /** Until each hears of each what is said from now on. */
  goesOn(since: number): Promise<number> {
    const here = this.#here();
    const said = here.map((voice) => voice.said);
    const all = () =>
      here.every(({ user }) =>
        here.every((other, i) => lastOf(user, other.user) > (said[i] as number)),
      );
    return within(GOES_ON_MS, since, all, "each hears each, as before");
  }

  #here(): Voice[] {
    return this.#voices.filter(({ user }) => user.ended === undefined);
  }

  /** The last words of those who are there are heard by all of them; then it is looked at what each has heard of each. */
  async ends(): Promise<void> {
    await this.goesOn(performance.now()); // what was said before may not have been for all
    this.#isOver = true;
    await Promise.all(this.#talking);
    const here = this.#here();
    for (const { user } of here)
      for (const other of here)
        await comes(
          () => user.all?.some((line) => isLine(line, other.user, other.said)) ?? false,
          `${user.transcript.who} hears the last line of ${other.user.transcript.who}`,
        );
    for (const [i, listener] of this.#voices.entries())
      for (const [j, speaker] of this.#voices.entries())
        prove(listener, speaker, listener.node === speaker.node && i <= j);
  }
}

/** The number of the last line that the one has heard of the other. */
function lastOf({ all = [] }: Client, { addr }: Client): number {
  const last = all.findLast((line) => line.startsWith(`[${addr}]`) && /:line \d+$/.test(line));
  return Number(last?.replace(/.*:line /, "") ?? 0);
}

function isLine(line: string, { addr }: Client, number: number): boolean {
  return line.startsWith(`[${addr}]`) && line.endsWith(`:line ${number}`);
}

/** Each line once at most, in the order it was said, and between online and offline, which take turns. */
function prove(listener: Voice, speaker: Voice, isBeside: boolean): void {
  const [who, whom] = [listener, speaker].map(({ user }) => user.transcript.who);
  let last = 0;
  let isOnline: boolean | undefined; // it may have come before
  for (const line of listener.user.all?.slice(listener.from) ?? []) {
    const [, event, text] = (line.startsWith(`[${speaker.user.addr}]`) && EVENT.exec(line)) || [];
    if (event === undefined) continue;
    const number = Number(text ?? last + 1);
    const isTurn = isOnline === undefined || isOnline === (event !== "online");
    const isNext = isBeside ? number === last + 1 : number > last;
    const before = isOnline === false ? "offline" : `line ${last}`;
    check(isTurn && isNext, `${who} hears of ${whom}, behind ${before}: ${line}`);
    isOnline = event !== "offline";
    if (text !== undefined) last = number;
  }
}

/** For the table of the times in docs/faults.md. */
export function tell(what: string, times: Readonly<Record<string, number>>): void {
  const all = Object.entries(times).map(([when, ms]) => `${when} ${(ms / 1000).toFixed(1)} s`);
  console.log(`  ${what}: ${all.join(", ")}`);
}

/** From `since` until it holds, in ms: no longer than `most`. */
export async function within(
  most: number,
  since: number,
  holds: () => boolean | Promise<boolean>,
  what: string,
): Promise<number> {
  await comes(holds, what);
  const ms = performance.now() - since;
  check(ms < most, `${what}: after ${ms.toFixed()} ms, ${most} at most are allowed`);
  return ms;
}

/** From now on; what it has heard before does not count. */
export function hears(user: Client): (line: string) => boolean {
  const from = user.all?.length ?? 0;
  return (line) => user.all?.includes(line, from) ?? false;
}

/** Whether it gets the name. */
export async function asksFor(user: Client, name: string): Promise<boolean> {
  const heard = hears(user);
  user.send(`rename|${name}`);
  await comes(() => heard(renamed(name)) || heard(taken(name)), `an answer to rename|${name}`);
  if (heard(renamed(name))) user.name = name;
  return heard(renamed(name));
}

/** Until it has it. */
export function gets(user: Client, name: string, since: number): Promise<number> {
  const has = async () => {
    await pass(RETRY_MS);
    return asksFor(user, name);
  };
  return within(FREE_MS, since, has, `${user.transcript.who} gets ${name}`);
}

/** Until all of them see the same room, in which so many are, each once, and no name twice. */
export function oneRoom(
  users: readonly Client[],
  since: number,
  count = users.length,
): Promise<number> {
  const isOne = async () => {
    const lists = await Promise.all(users.map(roomOf));
    const [first = []] = lists;
    const names = new Set(first.map((line) => line.replace(/^\[.*?\]/, "").toUpperCase()));
    const isSame = lists.every((list) => `${list}` === `${first}`);
    return isSame && names.size === count && first.length === count;
  };
  return within(HEALED_MS, since, isOne, "one room, in which nobody is twice");
}

async function roomOf(user: Client): Promise<string[]> {
  user.send("who");
  return (await user.sync()).filter((line) => line.endsWith(":online...")).sort();
}
