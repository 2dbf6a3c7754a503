/**
 * What is told of what was said before, from v13 on: to newcomers, and to who asks. This needs no search:
 * in which order all was said, alice has heard; only where in it a question came is not known.
 */
import { Failure } from "../harness/transcript.ts";
import { historyEnd, online, TIME } from "../harness/wire.ts";
import { differ, HEAD } from "./hears.ts";
import type { Stay } from "./play.ts";
import { asked, leaves } from "./room.ts";

/** A line that was said to all. */
export interface Said {
  readonly line: string;
  readonly addr: string;
  readonly name: string;
  readonly text: string;
}

/** A history that somebody heard. */
interface Told {
  readonly lines: readonly string[];
  /** Behind so many lines of any kind, and so many that were said. */
  readonly at: number;
  readonly behind: number;
}

/**
 * `before` was said in the runs before, on the same server; gives it with what was said in this one. The
 * first stay is alice's. Throws a {@link Failure} when a history is not what it has to be.
 */
export function remember(
  before: readonly Said[],
  stays: readonly Stay[],
  replay: number,
): readonly Said[] {
  const heard = [...(stays[0]?.heard ?? [])];
  const said = [...before, ...heard.flatMap(saidIn)];
  const saidBy = (count: number) => before.length + heard.slice(0, count).flatMap(saidIn).length;
  for (const stay of stays) {
    const at = heard.indexOf(online({ addr: stay.addr, name: stay.addr }));
    heard[at] = ""; // who has its port next is another one
    const came = saidBy(at);
    const told = histories(stay);
    if (replay > 0) proveReplay(stay, last(said, came, replay), told);
    proveAnswers(stay, said, came, told, saidBy);
  }
  return said;
}

/** Behind the own online, and before the first line that is heard live. */
function proveReplay(stay: Stay, due: readonly string[], told: Told[]): void {
  const replay = told.shift();
  if (!replay && resets(stay)) return;
  const { addr, heard } = stay;
  const come = heard.indexOf(online({ addr, name: addr }));
  const inPlace = replay?.behind === 0 && replay.at > come;
  if (!inPlace || `${due}` !== `${replay.lines}`) fail(stay, "replay", due, replay);
}

/**
 * A question lies behind what its asker said before it, and behind all that was said in earlier rounds;
 * before what its asker said next; and before its answer is heard, all that is in it was heard.
 */
function proveAnswers(
  stay: Stay,
  said: readonly Said[],
  came: number,
  told: Told[],
  saidBy: (heard: number) => number,
): void {
  const spoken = said.slice(came).map(({ addr, text }) => (addr === stay.addr ? text : undefined));
  const own = stay.deeds.map(({ deed }) => spoken.indexOf(deed.line)); // -1 is none
  let least = came;
  for (const [n, { deed, began }] of stay.deeds.entries()) {
    if (leaves(deed)) break; // what is behind it is not executed
    least = Math.max(least, saidBy(began), came + 1 + (own[n] as number));
    const question = deed.does === "line" && asked(deed.line);
    if (!question) continue;
    const answer = told.shift();
    if (!answer && resets(stay)) return;
    const next = own.find((at, later) => later > n && at !== -1) ?? spoken.length;
    const most = came + Math.min(next, answer?.behind ?? 0);
    const due = (end: number) => last(said, end, question.count, question.name);
    let end = least;
    while (`${due(end)}` !== `${answer?.lines}` || end > most)
      if (end++ >= most) fail(stay, deed.line, due(Math.max(least, most)), answer);
    least = end;
  }
  if (told[0]) fail(stay, "without a question", undefined, told[0]);
}

/** Of all that was said, or by `name`, before `end`. */
function last(said: readonly Said[], end: number, count: number, name?: string): string[] {
  const lines: string[] = [];
  for (let at = end - 1; at >= 0 && lines.length < count; at--) {
    const each = said[at] as Said;
    if (name === undefined || each.name === name) lines.unshift(each.line);
  }
  return lines;
}

/** What was sent just before a reset may be lost, and so may its answer. */
function resets({ deeds }: Stay): boolean {
  return deeds.at(-1)?.deed.does === "reset";
}

/** One in each line at most. */
function saidIn(line: string): Said[] {
  const [, addr = "", name = "", text] = /^\[([^\]]+)\](\1|[^:[\]]+):(.*)$/.exec(line) ?? [];
  if (text === undefined || /^(online(\.\.\.)?|offline)$/.test(text)) return [];
  return [{ line, addr, name, text }];
}

/** Each whole, and with nothing in its midst. */
function histories(stay: Stay): Told[] {
  const { heard } = stay;
  return heard.flatMap((line, at) => {
    const count = Number(HEAD.exec(line)?.[1] ?? Number.NaN);
    if (Number.isNaN(count)) return [];
    const end = at + 1 + count;
    const lines = heard.slice(at + 1, end);
    const strange = lines.findIndex((each) => !TIME.test(each));
    if (end >= heard.length && strange === -1 && resets(stay)) return []; // the rest is lost
    if (strange !== -1 || heard[end] !== historyEnd) {
      const due = strange === -1 ? historyEnd : "[TIME][ADDR]NAME:TEXT";
      const instead = heard[strange === -1 ? end : at + 1 + strange];
      throw new Failure("mismatch", `${stay.who}, behind "${line}": ${differ(due, instead)}`);
    }
    const behind = heard.slice(0, at).flatMap(saidIn).length;
    return [{ at, behind, lines: lines.map((each) => each.replace(TIME, "")) }];
  });
}

function fail(stay: Stay, what: string, due: readonly string[] = [], told?: Told): never {
  const heard = told?.lines ?? [];
  const n = [...due, ...heard].findIndex((_, at) => due[at] !== heard[at]);
  const why = told
    ? n === -1
      ? "it does not come where it has to"
      : `line ${n + 1}: ${differ(due[n], heard[n])}`
    : "no history came";
  throw new Failure("mismatch", `${stay.who}, ${what}: ${why}`);
}
