/** What was heard in a round, sorted; and what must be so of it in whatever order things were done. */
import { Failure } from "../harness/transcript.ts";
import { historyEnd, TIME } from "../harness/wire.ts";
import { type Round, WITNESS } from "./play.ts";
import { type Deed, leaves } from "./room.ts";

/** Before a history. */
export const HEAD = /^history: (\d+) lines$/;

export interface Heard {
  /** What the room said, in its order, as alice heard it. */
  readonly chat: readonly string[];
  /** Private messages, by who heard them. */
  readonly told: ReadonlyMap<string, readonly string[]>;
  /** All other lines, by who heard them. */
  readonly answers: ReadonlyMap<string, readonly string[]>;
}

/** Throws a {@link Failure} when the same chat was not heard by all, once, and each sender in order. */
export function hears(round: Round): Heard {
  const chat = of(round, isChat);
  const told = of(round, isTold);
  const common = chat.get(WITNESS) ?? [];
  for (const who of round.heard.keys()) {
    const all = round.heard.get(who)?.filter((line) => isChat(line) || isTold(line)) ?? [];
    const twice = all.find((line, at) => all.indexOf(line) !== at);
    if (twice !== undefined) throw new Failure("mismatch", `${who} heard twice: "${twice}"`);
    inOrder(round, who, all);
    sameForAll(round, who, chat.get(who) ?? [], common);
  }
  return { chat: common, told, answers: of(round, isAnswer) };
}

function of({ heard }: Round, is: (line: string) => boolean): Map<string, string[]> {
  return new Map([...heard].map(([who, lines]) => [who, lines.filter(is)]));
}

export function isAnswer(line: string): boolean {
  return !isChat(line) && !isTold(line) && !isHistory(line);
}

export function isChat(line: string): boolean {
  return line.startsWith("[") && !line.endsWith(":online...") && !isHistory(line);
}

function isHistory(line: string): boolean {
  return TIME.test(line) || HEAD.test(line) || line === historyEnd;
}

export function isTold(line: string): boolean {
  return !line.startsWith("[") && line.includes(" says to you:");
}

/** Each hears what alice heard, from its own `online` on, and up to its own `offline`. */
function sameForAll({ deeds }: Round, who: string, own: string[], common: string[]): void {
  const mine = deeds.filter((deed) => deed.who === who);
  const at = (text: string) =>
    common.findIndex((line) => line.startsWith(`[${mine[0]?.addr}]`) && line.endsWith(`:${text}`));
  const [from, to] = [at("online"), at("offline")];
  const due = common.slice(Math.max(from, 0), to === -1 ? undefined : to);
  if (mine.at(-1)?.does === "reset") due.length = Math.min(due.length, own.length);
  const wrong = due.findIndex((line, n) => line !== own[n]);
  if (wrong === -1 && due.length === own.length) return;
  const n = wrong === -1 ? due.length : wrong;
  throw new Failure("mismatch", `${who} does not hear what alice hears: ${differ(due[n], own[n])}`);
}

/** Whoever hears several lines of one sender hears them as they were sent, private ones too, and `offline` last. */
export function inOrder({ deeds }: Round, who: string, lines: readonly string[]): void {
  const last = new Map<string, { at: number; line: string }>();
  const sources = deeds.map(sourceOf);
  for (const line of lines) {
    const at = sources.indexOf(textOf(line));
    const sender = deeds[at]?.who;
    if (sender === undefined) continue; // nobody's: the search will say so
    const before = last.get(sender);
    if (before && before.at > at) {
      const message = `${who} hears ${sender}'s lines in another order than they were sent: "${before.line}" before "${line}"`;
      throw new Failure("mismatch", message);
    }
    last.set(sender, { at, line });
  }
}

/** The text that was sent, which no two deeds of a round have in common; or whose leaving it is. */
function sourceOf(deed: Deed): string {
  const { addr, line } = deed;
  return leaves(deed) ? `${addr} offline` : line.replace(/^to\|[^|]*\|/, "");
}

function textOf(line: string): string {
  const [, told] = / says to you:(.*)$/.exec(line) ?? [];
  if (told !== undefined) return told;
  const end = line.indexOf("]");
  const addr = line.slice(1, end);
  const rest = line.slice(end + 1);
  const text = rest.slice(rest.startsWith(addr) ? addr.length + 1 : rest.indexOf(":") + 1);
  return text === "offline" ? `${addr} offline` : text;
}

export function differ(expected: string | undefined, heard: string | undefined): string {
  const show = (line: string | undefined) => (line === undefined ? "nothing" : `"${line}"`);
  return `expected ${show(expected)}, heard ${show(heard)}`;
}
