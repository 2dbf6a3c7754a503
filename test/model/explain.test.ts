/** The check must refuse what cannot be, and must not refuse what merely may be. */
import { describe, expect, test } from "vitest";
import * as wire from "../harness/wire.ts";
import { explain } from "./explain.ts";
import { type Deed, obey, type Room } from "./room.ts";

const user = (who: string, name = addr(who)) => ({ who, addr: addr(who), name });
const addr = (who: string) => `127.0.0.1:${1000 + who.length}`;
const [alice, bob, carol] = [user("alice"), user("bob"), user("car_ol")];
const room: Room = [alice, bob, carol];

function deed([who, line]: readonly [{ who: string; addr: string }, string]): Deed {
  const does = line === "end" || line === "reset" || line === "join" ? line : "line";
  return { who: who.who, addr: who.addr, does, line: does === "line" ? line : "" };
}

type Lines = readonly string[];

/** What alice, bob and carol hear when these things are done at once, and what `who` says then. */
function judge(
  did: readonly (readonly [typeof alice, string])[],
  [ofAlice, ofBob, ofCarol]: readonly [Lines, Lines, Lines],
  list?: Lines,
): Room {
  const heard = new Map([
    [alice.who, [...ofAlice]],
    [bob.who, [...ofBob]],
    [carol.who, [...ofCarol]],
  ]);
  return explain("v08", room, { deeds: did.map(deed), heard, ...(list && { list: [...list] }) });
}

const hi = (n: number, from = bob) => wire.said(from, `hi ${n}`);
const al = (from: typeof alice) => ({ ...from, name: "al" });

describe("what may be", () => {
  test("two who speak at once are heard in any order, by all the same", () => {
    const both: [typeof alice, string][] = [
      [bob, "hi 1"],
      [carol, "hi 2"],
    ];
    for (const lines of [
      [hi(1), hi(2, carol)],
      [hi(2, carol), hi(1)],
    ])
      judge(both, [lines, lines, lines]);
  });

  test("of two who ask for a name, either gets it", () => {
    const both: [typeof alice, string][] = [
      [bob, "rename|al"],
      [carol, "rename|AL"],
    ];
    const bobs = judge(both, [[], [wire.renamed("al")], [wire.taken("AL")]]);
    const carols = judge(both, [[], [wire.taken("al")], [wire.renamed("AL")]]);
    expect([bobs[1]?.name, carols[2]?.name]).toEqual(["al", "AL"]);
  });

  test("a name is free again at once", () => {
    const did: [typeof alice, string][] = [
      [bob, "rename|al"],
      [bob, "rename|bo"],
      [carol, "rename|al"],
    ];
    judge(did, [[], [wire.renamed("al"), wire.renamed("bo")], [wire.renamed("al")]]);
  });

  test("what was sent just before a reset is lost, or is not, and from some line on", () => {
    const did: [typeof alice, string][] = [
      [bob, "hi 1"],
      [bob, "hi 2"],
      [bob, "reset"],
    ];
    const gone = wire.offline(bob);
    for (const lines of [[gone], [hi(1), gone], [hi(1), hi(2), gone]])
      judge(did, [lines, [], lines]);
    expect(() => judge(did, [[hi(2), gone], [], [hi(2), gone]])).toThrow();
  });

  test("a private message to one who is leaving arrives, or is lost", () => {
    const did: [typeof alice, string][] = [
      [carol, `to|${bob.addr}|psst 1`],
      [bob, "end"],
    ];
    const gone = [wire.offline(bob)];
    judge(did, [gone, [wire.told(carol, "psst 1")], gone]);
    judge(did, [gone, [], gone]);
  });

  test("an answer may overtake the chat", () => {
    const did: [typeof alice, string][] = [
      [bob, "hi 1"],
      [bob, "rename|al"],
    ];
    judge(did, [[hi(1)], [wire.renamed("al"), hi(1)], [hi(1)]]);
  });
});

describe("what cannot be", () => {
  const cannot = (
    what: string,
    did: readonly (readonly [typeof alice, string])[],
    heard: readonly [Lines, Lines, Lines],
    why: RegExp,
    list?: Lines,
  ) => test(what, () => expect(() => judge(did, heard, list)).toThrow(why));

  const psst = wire.told(bob, "psst 1");
  const toCarol = [[bob, `to|${carol.addr}|psst 1`]] as const;
  const twoSaid = [
    [bob, "hi 1"],
    [bob, "hi 2"],
  ] as const;
  const both = [hi(1), hi(2)];

  cannot(
    "two get one name",
    [
      [bob, "rename|al"],
      [carol, "rename|AL"],
    ],
    [[], [wire.renamed("al")], [wire.renamed("AL")]],
    /taken", heard "you are now/,
  );
  cannot(
    "nobody gets it",
    [
      [bob, "rename|al"],
      [carol, "rename|al"],
    ],
    [[], [wire.taken("al")], [wire.taken("al")]],
    /you are now al", heard "name al is taken/,
  );
  cannot(
    "a private message that another hears",
    toCarol,
    [[psst], [], [psst]],
    /alice: expected nothing/,
  );
  cannot(
    "one that only another hears",
    toCarol,
    [[psst], [], []],
    /expected ".*psst 1", heard nothing/,
  );
  cannot("one that is heard twice", toCarol, [[], [], [psst, psst]], /heard twice/);
  cannot(
    "one before what its sender said before",
    [
      [bob, "hi 1"],
      ...toCarol.map(([who, line]) => [who, line.replace("psst 1", "psst 2")] as const),
    ],
    [[hi(1)], [hi(1)], [wire.told(bob, "psst 2"), hi(1)]],
    /another order/,
  );
  cannot(
    "a line that one misses",
    twoSaid,
    [both, both, [hi(1)]],
    /car_ol does not hear .* heard nothing/,
  );
  cannot("a line that alice misses", twoSaid, [[hi(1)], both, both], /bob does not hear/);
  cannot(
    "a line that nobody hears",
    twoSaid,
    [[hi(1)], [hi(1)], [hi(1)]],
    /everybody: expected ".*hi 2", heard nothing/,
  );
  cannot("a line that nobody said", [], [[hi(1)], [hi(1)], [hi(1)]], /everybody: expected nothing/);
  cannot(
    "lines of one sender the other way round",
    twoSaid,
    [both.toReversed(), both.toReversed(), both.toReversed()],
    /another order/,
  );
  cannot(
    "another order for one",
    [
      [bob, "hi 1"],
      [carol, "hi 2"],
    ],
    [
      [hi(1), hi(2, carol)],
      [hi(1), hi(2, carol)],
      [hi(2, carol), hi(1)],
    ],
    /car_ol does not hear what alice hears/,
  );
  cannot(
    "a new name on what was said before",
    [
      [bob, "hi 1"],
      [bob, "rename|al"],
    ],
    [[hi(1, al(bob))], [hi(1, al(bob)), wire.renamed("al")], [hi(1, al(bob))]],
    /expected ".*:1003:hi 1", heard ".*al:hi 1"/,
  );
  cannot(
    "an old name on what is said after",
    [
      [bob, "rename|al"],
      [bob, "hi 1"],
    ],
    [[hi(1)], [wire.renamed("al"), hi(1)], [hi(1)]],
    /expected ".*\]al:hi 1"/,
  );
  cannot(
    "an answer to somebody else",
    [[bob, "rename|"]],
    [[wire.invalidName], [wire.invalidName], []],
    /alice: expected nothing/,
  );
  cannot(
    "no answer",
    [[bob, "rename|"]],
    [[], [], []],
    /bob: expected "invalid name.*", heard nothing/,
  );
  cannot(
    "one who has left on the list",
    [[bob, "end"]],
    [[wire.offline(bob)], [], [wire.offline(bob)]],
    /at the end: expected ".*1006.*", heard ".*1003/,
    room.map(wire.listed),
  );
  cannot(
    "a list in another order",
    [],
    [[], [], []],
    /at the end/,
    [alice, carol, bob].map(wire.listed),
  );
  cannot(
    "what comes behind a quit",
    [
      [bob, "quit"],
      [bob, "hi 1"],
    ],
    [
      [hi(1), wire.offline(bob)],
      [hi(1), wire.bye],
      [hi(1), wire.offline(bob)],
    ],
    /another order.*offline/,
  );
  cannot(
    "an offline that comes twice",
    [[bob, "end"]],
    [[wire.offline(bob), wire.offline(bob)], [], [wire.offline(bob)]],
    /heard twice/,
  );
});

test("a chapter knows the commands of its time", () => {
  const [who, rename] = [deed([bob, "who"]), deed([bob, "rename|al"])];
  expect(obey("v03", room, who).all).toBe(wire.said(bob, "who"));
  expect(obey("v04", room, who).answers).toEqual(room.map(wire.listed));
  expect(obey("v04", room, rename).all).toBe(wire.said(bob, "rename|al"));
  expect(obey("v05", room, rename).answers).toEqual([wire.renamed("al")]);
});
