/** The model: what docs/protocol.md promises of a room, as one function without sockets or time. */
import * as wire from "../harness/wire.ts";

export interface User {
  /** Whose hand it is: `bob`, whatever the user calls itself. */
  readonly who: string;
  readonly addr: string;
  readonly name: string;
}

/** Who is online, in the order they came. */
export type Room = readonly User[];

/** What somebody did: connected, sent a line, or left without a word. */
export interface Deed {
  readonly who: string;
  readonly addr: string;
  readonly does: "join" | "line" | "end" | "reset";
  readonly line: string;
}

const QUITS = ["quit", "exit"];

/** Whether it is the last that its user does. */
export function leaves({ does, line }: Pick<Deed, "does" | "line">): boolean {
  return does === "end" || does === "reset" || (does === "line" && QUITS.includes(line));
}

/** What comes of it. */
export interface Effect {
  readonly room: Room;
  /** Whoever did it hears these. */
  readonly answers: readonly string[];
  /** Everybody online hears this. */
  readonly all?: string;
  /** One user alone hears this. */
  readonly alone?: { readonly who: string; readonly line: string };
}

/** Each row is one name, in several writings. A table, so that the model need not fold as servers do. */
export const NAMES: readonly (readonly string[])[] = [
  ["al", "AL", "ａｌ"],
  ["bo", "Bo"],
  ["Straße", "STRASSE"],
  ["Zo\u{eb}", "Zoe\u{308}"],
];

/** What comes of a deed in a room of this chapter, whoever else is busy: one thing after the other. */
export function obey(chapter: string, room: Room, deed: Deed): Effect {
  const { who, addr, does, line } = deed;
  const user = room.find((each) => each.who === who);
  if (does === "join") return join(room, { who, addr, name: addr });
  if (!user) return { room, answers: [] }; // what comes behind a quit is not executed
  if (does !== "line") return leave(room, user);
  if (chapter >= "v08" && QUITS.includes(line))
    return { ...leave(room, user), answers: [wire.bye] };
  if (chapter >= "v04" && (line === "who" || line === "who online"))
    return { room, answers: room.map(wire.listed) };
  if (chapter >= "v05" && line.startsWith("rename|")) return rename(room, user, line.slice(7));
  if (chapter >= "v06" && line.startsWith("to|")) return tell(room, user, line.slice(3));
  if (chapter >= "v13" && line.startsWith("history|"))
    return { room, answers: asked(line) ? [] : [wire.historyUsage] }; // memory.ts looks at the history
  return { room, answers: [], all: wire.said(user, line) };
}

/** What a question is for; undefined if it is none. */
export function asked(line: string): { count: number; name: string | undefined } | undefined {
  const [, digits, name] = /^history\|(\d+)(?:\|([^|]+))?$/.exec(line) ?? [];
  const count = Number(digits);
  return count >= 1 && count <= 1000 ? { count, name } : undefined;
}

function join(room: Room, user: User): Effect {
  return { room: [...room, user], answers: [], all: wire.online(user) };
}

function leave(room: Room, user: User): Effect {
  return { room: room.filter((each) => each !== user), answers: [], all: wire.offline(user) };
}

function rename(room: Room, user: User, name: string): Effect {
  if (row(name) === -1) return { room, answers: [wire.invalidName] };
  if (room.some((each) => each !== user && sameName(each.name, name)))
    return { room, answers: [wire.taken(name)] };
  const renamed = room.map((each) => (each === user ? { ...user, name } : each));
  return { room: renamed, answers: [wire.renamed(name)] };
}

function tell(room: Room, user: User, wish: string): Effect {
  const [name = "", ...rest] = wish.split("|");
  const text = rest.join("|");
  const to = room.find((each) => sameName(each.name, name));
  if (name === "" || rest.length === 0) return { room, answers: [wire.usage] };
  if (!to) return { room, answers: [wire.noUser(name)] };
  if (text === "") return { room, answers: [wire.nothingToSend] };
  return { room, answers: [], alone: { who: to.who, line: wire.told(user, text) } };
}

export function sameName(one: string, other: string): boolean {
  return one === other || (row(one) !== -1 && row(one) === row(other));
}

function row(name: string): number {
  return NAMES.findIndex((writings) => writings.includes(name));
}
