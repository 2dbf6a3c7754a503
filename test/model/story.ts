/** A run that failed, for people: what was done and heard, and what of it cannot be. */
import { escaped, type Failure } from "../harness/transcript.ts";
import { Unexplained } from "./explain.ts";
import type { Play, Round } from "./play.ts";
import type { Deed } from "./room.ts";

const EVENTS = { join: "connects", end: "ends its side", reset: "resets" };

/** `>` sent, `<` heard, `*` an event. Addresses are written as `@bob`. */
export function story(play: Play, failure: Failure, stderr: readonly string[]): string {
  const rounds = play.rounds.flatMap((round, n) => [`round ${n + 1}`, ...toldRound(round)]);
  const list = play.rounds.at(-1)?.list ?? [];
  const end = list.length > 0 ? ["  alice > who", ...heardBy("alice", list)] : [];
  const lines = ["alice is online", ...rounds, ...end, "", ...verdict(failure), ...stderr];
  return withNames(lines.join("\n"), play);
}

function toldRound({ deeds, heard }: Round): string[] {
  const sent = deeds.map((deed) => `  ${told(deed)}`);
  return [...sent, ...[...heard].flatMap(([who, lines]) => heardBy(who, lines))];
}

function told({ who, does, line }: Deed): string {
  return does === "line" ? `${who} > ${escaped(line)}` : `${who} * ${EVENTS[does]}`;
}

function heardBy(who: string, lines: readonly string[]): string[] {
  return lines.map((line) => `  ${who} < ${escaped(line)}`);
}

function verdict(failure: Failure): string[] {
  if (!(failure instanceof Unexplained)) return [`${failure.kind}: ${failure.summary}`];
  const { order, stuck, summary } = failure;
  return [
    "mismatch: in no order of these would everybody hear this. What comes nearest:",
    ...order.map((deed) => `  ${told(deed)}`),
    ...(stuck ? [`  ${told(stuck)}`] : []),
    `    ${summary}`,
  ];
}

function withNames(text: string, { addresses }: Play): string {
  const longestFirst = [...addresses].sort(([one], [other]) => other.length - one.length);
  return longestFirst.reduce((named, [addr, name]) => named.replaceAll(addr, name), text);
}
