/** The check must refuse what cannot be, and must not refuse what merely may be. */
import { describe, expect, test } from "vitest";
import * as wire from "../harness/wire.ts";
import { explain } from "./explain.ts";
import { type Deed, obey, type Room, type User } from "./room.ts";

const PEOPLE = ["alice", "bob", "carol"];
/** In a line, somebody's name stands for the address. */
const addressed = (line: string) => line.replace(/\b(alice|bob|carol)\b/g, "$1:1");
const room: Room = PEOPLE.map((who) => ({ who, addr: addressed(who), name: addressed(who) }));

function deed(who: string, line: string): Deed {
  const does = line === "end" || line === "reset" ? line : "line";
  return { who, addr: addressed(who), does, line: does === "line" ? addressed(line) : "" };
}

/** The room after what was done at once, and heard: `bob > hi 1; all < [bob]bob:hi 1`; and what `who` says at the end. */
function judge(talk: string, list?: readonly string[]): Room {
  const deeds: Deed[] = [];
  const heard = new Map(PEOPLE.map((who) => [who, [] as string[]]));
  for (const each of talk.split("; ")) {
    const [, names = "", mark, line = ""] = /^(.+?) ([<>]) (.*)$/.exec(each) ?? [];
    if (mark === ">") deeds.push(deed(names, line));
    for (const who of mark === "<" ? (names === "all" ? PEOPLE : names.split(", ")) : [])
      heard.get(who)?.push(addressed(line));
  }
  return explain("v08", room, {
    deeds,
    began: 0,
    heard,
    ...(list && { list: list.map(addressed) }),
  });
}

describe("what may be", () => {
  test.each([
    [
      "two who speak at once are heard in any order, by all the same",
      "bob > hi 1; carol > hi 2; all < [bob]bob:hi 1; all < [carol]carol:hi 2",
      "bob > hi 1; carol > hi 2; all < [carol]carol:hi 2; all < [bob]bob:hi 1",
    ],
    [
      "a name is free again at once",
      "bob > rename|al; bob > rename|bo; carol > rename|al; bob < you are now al; bob < you are now bo; carol < you are now al",
    ],
    [
      "what was sent just before a reset is lost, or is not, and from some line on",
      ...[
        "",
        "alice, carol < [bob]bob:hi 1; ",
        "alice, carol < [bob]bob:hi 1; alice, carol < [bob]bob:hi 2; ",
      ].map(
        (lines) => `bob > hi 1; bob > hi 2; bob > reset; ${lines}alice, carol < [bob]bob:offline`,
      ),
    ],
    [
      "a private message to one who is leaving arrives, or is lost",
      "carol > to|bob|psst 1; bob > end; alice, carol < [bob]bob:offline; bob < carol says to you:psst 1",
      "carol > to|bob|psst 1; bob > end; alice, carol < [bob]bob:offline",
    ],
    [
      "an answer may overtake the chat",
      "bob > hi 1; bob > rename|al; bob < you are now al; all < [bob]bob:hi 1",
    ],
  ])("%s", (_, ...talks) => {
    for (const talk of talks) judge(talk);
  });

  test("of two who ask for a name, either gets it", () => {
    const both = "bob > rename|al; carol > rename|AL";
    const bobs = judge(`${both}; bob < you are now al; carol < name AL is taken`);
    const carols = judge(`${both}; bob < name al is taken; carol < you are now AL`);
    expect([bobs[1]?.name, carols[2]?.name]).toEqual(["al", "AL"]);
  });
});

describe("what cannot be", () => {
  const twoSaid = "bob > hi 1; bob > hi 2";
  const reset = `${twoSaid}; bob > reset`;
  const psst = "bob > to|carol|psst 1";

  test.each<[what: string, talk: string, why: RegExp, list?: string[]]>([
    [
      "two get one name",
      "bob > rename|al; carol > rename|AL; bob < you are now al; carol < you are now AL",
      /taken", heard "you are now/,
    ],
    [
      "nobody gets it",
      "bob > rename|al; carol > rename|al; bob < name al is taken; carol < name al is taken",
      /you are now al", heard "name al is taken/,
    ],
    [
      "what comes behind a line that a reset has lost",
      `${reset}; alice, carol < [bob]bob:hi 2; alice, carol < [bob]bob:offline`,
      /expected|order/,
    ],
    [
      "a private message that another hears",
      `${psst}; alice, carol < bob says to you:psst 1`,
      /alice: expected nothing/,
    ],
    [
      "one that only another hears",
      `${psst}; alice < bob says to you:psst 1`,
      /expected ".*psst 1", heard nothing/,
    ],
    [
      "one that is heard twice",
      `${psst}; carol < bob says to you:psst 1; carol < bob says to you:psst 1`,
      /heard twice/,
    ],
    [
      "one before what its sender said before",
      "bob > hi 1; bob > to|carol|psst 2; carol < bob says to you:psst 2; all < [bob]bob:hi 1",
      /another order/,
    ],
    [
      "a line that one misses",
      `${twoSaid}; all < [bob]bob:hi 1; alice, bob < [bob]bob:hi 2`,
      /carol does not hear .* heard nothing/,
    ],
    [
      "a line that alice misses",
      `${twoSaid}; all < [bob]bob:hi 1; bob, carol < [bob]bob:hi 2`,
      /bob does not hear/,
    ],
    [
      "a line that nobody hears",
      `${twoSaid}; all < [bob]bob:hi 1`,
      /everybody: expected ".*hi 2", heard nothing/,
    ],
    ["a line that nobody said", "all < [bob]bob:hi 1", /everybody: expected nothing/],
    [
      "lines of one sender the other way round",
      `${twoSaid}; all < [bob]bob:hi 2; all < [bob]bob:hi 1`,
      /another order/,
    ],
    [
      "another order for one",
      "bob > hi 1; carol > hi 2; carol < [carol]carol:hi 2; all < [bob]bob:hi 1; alice, bob < [carol]carol:hi 2",
      /carol does not hear what alice hears/,
    ],
    [
      "a new name on what was said before",
      "bob > hi 1; bob > rename|al; all < [bob]al:hi 1; bob < you are now al",
      /expected ".*\]bob:1:hi 1", heard ".*\]al:hi 1"/,
    ],
    [
      "an old name on what is said after",
      "bob > rename|al; bob > hi 1; bob < you are now al; all < [bob]bob:hi 1",
      /expected ".*\]al:hi 1"/,
    ],
    [
      "an answer to somebody else",
      `bob > rename|; alice, bob < ${wire.invalidName}`,
      /alice: expected nothing/,
    ],
    ["no answer", "bob > rename|", /bob: expected "invalid name.*", heard nothing/],
    [
      "one who has left on the list",
      "bob > end; alice, carol < [bob]bob:offline",
      /at the end: expected ".*carol.*", heard ".*bob/,
      PEOPLE.map((who) => `[${who}]${who}:online...`),
    ],
    [
      "a list in another order",
      "",
      /at the end/,
      ["alice", "carol", "bob"].map((who) => `[${who}]${who}:online...`),
    ],
    [
      "what comes behind a quit",
      "bob > quit; bob > hi 1; all < [bob]bob:hi 1; alice, carol < [bob]bob:offline; bob < bye",
      /another order.*offline/,
    ],
    [
      "an offline that comes twice",
      "bob > end; alice, carol < [bob]bob:offline; alice < [bob]bob:offline",
      /heard twice/,
    ],
  ])("%s", (_, talk, why, list) => {
    expect(() => judge(talk, list)).toThrow(why);
  });
});

test("a chapter knows the commands of its time", () => {
  const bob = room[1] as User;
  const [who, rename] = [deed("bob", "who"), deed("bob", "rename|al")];
  expect(obey("v03", room, who).all).toBe(wire.said(bob, "who"));
  expect(obey("v04", room, who).answers).toEqual(room.map(wire.listed));
  expect(obey("v04", room, rename).all).toBe(wire.said(bob, "rename|al"));
  expect(obey("v05", room, rename).answers).toEqual([wire.renamed("al")]);
});
