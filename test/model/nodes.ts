/**
 * What must be so of a round on several nodes. There is no one order of all that was done, so nothing is searched
 * for: each sender's lines are heard in its own order, once, by everybody; a name has one holder; who is gone is gone.
 */
import { Failure } from "../harness/transcript.ts";
import * as wire from "../harness/wire.ts";
import { differ, inOrder, isAnswer, isChat, isTold } from "./hears.ts";
import { type Round, WITNESS } from "./play.ts";
import { leaves, obey, type Room, sameName, type User } from "./room.ts";

const CHAPTER = "v08"; // whose commands are used

/** One user's part in a round. */
interface Part {
  readonly who: string;
  readonly addr: string;
  /** What all hear of it, in its order. */
  readonly lines: string[];
  /** All names that it had. */
  readonly names: string[];
  isThere: boolean;
  /** Its answers, and so its names, may be lost. */
  readonly resets: boolean;
  readonly began: boolean;
}

export class Nodes {
  #room: Room;
  /** Those who had names in the round before: to give one back takes a moment. */
  #before: readonly User[] = [];
  /** What was said in earlier rounds: where nobody was who could hear it, it may arrive later. */
  readonly #past = new Set<string>();
  readonly #checks: (() => void)[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  /** Throws a {@link Failure} when something is not as it must be. */
  prove(round: Round): void {
    const parts = [...round.heard.keys()].map((who) => this.#partOf(who, round));
    for (const part of parts) if (!part.resets) this.#follow(part, round, parts);
    for (const check of this.#checks.splice(0)) check();
    for (const who of round.heard.keys()) {
      const all = round.heard.get(who)?.filter((line) => isChat(line) || isTold(line)) ?? [];
      const twice = all.find((line, at) => all.indexOf(line) !== at);
      if (twice !== undefined) fail(`${who} heard twice: "${twice}"`);
      inOrder(round, who, all);
      for (const part of parts) this.#proveHeard(round, who, part, parts);
    }
    for (const { lines } of parts) for (const line of lines) this.#past.add(line);
    this.#before = this.#room;
    this.#room = parts
      .filter(({ isThere }) => isThere)
      .map(({ who, addr, names }) => ({ who, addr, name: names.at(-1) as string }));
    this.#proveRoom(round.lists ?? []);
  }

  #partOf(who: string, { deeds }: Round): Part {
    const own = deeds.filter((deed) => deed.who === who);
    const user = this.#room.find((each) => each.who === who);
    const addr = user?.addr ?? own[0]?.addr ?? "";
    const resets = own.at(-1)?.does === "reset";
    const renames = resets ? own.map(({ line }) => /^rename\|(.*)/.exec(line)?.[1] ?? "") : [];
    const names = [...renames, user?.name ?? addr];
    return { who, addr, lines: [], names, isThere: !own.some(leaves), resets, began: !!user };
  }

  /** What it did, with the answers that it heard. */
  #follow(part: Part, { deeds, heard }: Round, parts: readonly Part[]): void {
    const { who, addr, names, lines } = part;
    const answers =
      heard
        .get(who)
        ?.filter(isAnswer)
        .filter((line) => !line.endsWith("online...")) ?? [];
    const told = new Set([...heard.values()].flat().filter(isTold));
    const others = parts.filter((each) => each !== part);
    let isIn = part.began;
    for (const deed of deeds.filter((each) => each.who === who)) {
      if (!isIn && deed.does !== "join") continue; // behind a quit
      const me: User = { who, addr, name: names.at(-1) as string };
      const effect = obey(CHAPTER, isIn ? [me] : [], deed);
      isIn = effect.room.length > 0;
      if (effect.all !== undefined) lines.push(effect.all);
      const text = /^to\|[^|]+\|(.+)$/.exec(deed.line)?.[1];
      if (text !== undefined && told.has(wire.told(me, text))) continue;
      if (effect.alone) fail(`${who} does not hear its own "${deed.line}"`);
      for (const due of effect.answers.filter((line) => !line.endsWith("online...")))
        if (!this.#wasOnItsWay(due, answers[0], others))
          this.#answered(part, due, answers.shift(), others);
    }
    const strange = answers[0];
    if (strange !== undefined) fail(`${who}: ${differ(undefined, strange)}`);
  }

  /** If nobody else has a name, it is had; if somebody has it all the while, it is not. */
  #answered(part: Part, due: string, heard: string | undefined, others: readonly Part[]): void {
    const { who, names } = part;
    const [, wish] = /^you are now (.*)$/.exec(due) ?? [];
    const [, absent] = /^no user named (.*)$/.exec(due) ?? [];
    const name = wish ?? absent ?? "";
    if (name !== "" && heard === due) {
      if (wish !== undefined) names.push(wish);
      this.#later(() => !this.#hasThroughout(name, others), `${who}: ${heard}, whom somebody is`);
    } else if (wish !== undefined && heard === wire.taken(wish)) {
      this.#later(() => this.#hasLately(wish, who, others), `${who}: ${heard}, and nobody has it`);
    } else if (heard !== due && (absent === undefined || heard !== wire.nothingToSend)) {
      fail(`${who}: ${differ(due, heard)}`);
    }
  }

  /** A private line, to somebody on another node who has left meanwhile: it is lost. */
  #wasOnItsWay(due: string, heard: string | undefined, others: readonly Part[]): boolean {
    const [, absent] = /^no user named (.*)$/.exec(due) ?? [];
    if (absent === undefined || heard === due || heard === wire.nothingToSend) return false;
    const left = () =>
      others.some(({ isThere, names }) => !isThere && names.some((name) => sameName(name, absent)));
    this.#later(left, `what is for ${absent} is lost, and nobody says so`);
    return true;
  }

  /** When all names are known that anybody had in the round. */
  #later(holds: () => boolean, why: string): void {
    this.#checks.push(() => holds() || fail(why));
  }

  #hasThroughout(name: string, others: readonly Part[]): boolean {
    return others.some(
      ({ began, isThere, resets, names }) =>
        began && isThere && !resets && names.length === 1 && sameName(names[0] as string, name),
    );
  }

  #hasLately(name: string, who: string, others: readonly Part[]): boolean {
    const names = others.flatMap((each) => each.names);
    const before = this.#before.filter((user) => user.who !== who);
    return [...names, ...before.map((user) => user.name)].some((each) => sameName(each, name));
  }

  /** All of it, or, if one came or went meanwhile, what lies between. */
  #proveHeard({ heard }: Round, who: string, part: Part, parts: readonly Part[]): void {
    const listener = parts.find((each) => each.who === who) as Part;
    const of = (each: string) =>
      heard.get(each)?.filter((line) => isChat(line) && line.startsWith(`[${part.addr}]`)) ?? [];
    const due = part.resets ? of(WITNESS) : part.lines;
    const own = of(who).filter((line) => listener.began || !this.#past.has(line));
    const isThroughout = listener.began && listener.isThere;
    if (own.length === 0 && (due.length === 0 || !isThroughout)) return;
    const length = isThroughout ? due.length : own.length;
    const fits = (from: number) => areSame(due.slice(from, from + length), own);
    if (isThroughout ? fits(0) : due.some((_, from) => fits(from))) return;
    const at = due.findIndex((line, i) => line !== own[i]);
    fail(`${who} hears of ${part.who}: ${differ(due[at], own[at === -1 ? due.length : at])}`);
  }

  /** On each node the same, and no name twice. */
  #proveRoom(lists: readonly (readonly string[])[]): void {
    const due = this.#room.map(wire.listed).sort();
    for (const list of lists) {
      const heard = [...list].sort();
      const at = due.findIndex((line, i) => line !== heard[i]);
      if (at !== -1 || heard.length > due.length)
        fail(`who, on one of the nodes: ${differ(due[at], heard[at === -1 ? due.length : at])}`);
    }
    for (const [i, { name, who }] of this.#room.entries()) {
      const other = this.#room.slice(i + 1).find((each) => sameName(each.name, name));
      if (other) fail(`${who} and ${other.who} are both ${name}`);
    }
  }
}

/** Where its name is another's already, somebody is called by address and node: `[1.2.3.4:5]1.2.3.4:5@b:offline`. */
function areSame(due: readonly string[], heard: readonly string[]): boolean {
  return due.length === heard.length && due.every((line, i) => isSame(line, heard[i] as string));
}

function isSame(due: string, heard: string): boolean {
  const [, addr, text] = /^\[(.*?)\]\1@[a-z]:(.*)$/.exec(heard) ?? [];
  return addr === undefined
    ? due === heard
    : due.startsWith(`[${addr}]`) && due.endsWith(`:${text}`);
}

function fail(why: string): never {
  throw new Failure("mismatch", why);
}
