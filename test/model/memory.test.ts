/** What was said before may be told in some ways, and in no others. */
import { describe, expect, test } from "vitest";
import { remember } from "./memory.ts";
import type { Stay } from "./play.ts";

const TIME = "[2026-01-31T12:00:00.000Z]";
const [ALICE, BOB] = ["a:1", "b:1"];
/** `alice hi 1` is said by alice; `+bob` is bob's coming; `1: …` is a history of one line. */
function heard(talk: string): string[] {
  return talk.split("; ").flatMap((each) => {
    if (each.startsWith("+")) return framed(each.slice(1), "online");
    const [, count, told = ""] = /^(\d+):(.*)$/.exec(each) ?? [];
    const [who = "", ...text] = each.split(" ");
    if (count === undefined) return framed(who, text.join(" "));
    const lines = told.split(",").filter((line) => line !== "");
    const kept = lines.map((line) => TIME + heard(line.trim()));
    return [`history: ${count} lines`, ...kept, "history: end"];
  });
}

function framed(who: string, text: string): string {
  const [name = "", writing] = who.split("=");
  const addr = name === "bob" ? BOB : ALICE;
  return `[${addr}]${writing ?? addr}:${text}`;
}

function bob(talk: string, ...lines: string[]): Stay {
  const deeds = [{ does: "join", line: "" } as const, ...lines.map(told)];
  return {
    ...{ who: "bob", addr: BOB, heard: heard(talk) },
    deeds: deeds.map((each) => ({ deed: { who: "bob", addr: BOB, ...each }, began: 2 })),
  };
}

const told = (line: string) =>
  line === "reset" ? ({ does: "reset", line: "" } as const) : ({ does: "line", line } as const);

/** Alice says `zero` in an earlier round, so it is in every answer. */
function judge(alices: string, bobs: Stay, replay = 0) {
  const alice = { who: "alice", addr: ALICE, deeds: [] };
  const all = heard(`+alice; alice zero; ${alices}`);
  return remember(
    [],
    [
      { ...alice, heard: replay > 0 ? [...all.slice(0, 1), ...heard("0:"), ...all.slice(1)] : all },
      bobs,
    ],
    replay,
  );
}

describe("what may be", () => {
  test.each([
    ["asked before the line", "+bob; alice hi; 1: alice zero"],
    ["asked behind it", "+bob; alice hi; 2: alice zero, alice hi"],
    ["heard before the line", "+bob; 1: alice zero; alice hi"],
  ])("%s", (_, bobs) => {
    const said = judge("+bob; alice hi", bob(bobs, "history|9"));
    expect(said.map(({ text }) => text)).toEqual(["zero", "hi"]);
  });

  test.each([
    ["its own name", "history|1|b:1", "1: bob one"],
    ["a name as it is written", "history|9|AL", "1: alice=AL two"],
    ["a name that nobody has", "history|9|al", "0:"],
  ])("of %s", (_, question, answer) => {
    const talk = "+bob; bob one; alice=AL two";
    judge(talk, bob(`${talk}; ${answer}`, "one", question));
  });

  test("a replay, and then what is live", () => {
    judge("alice=al one; +bob; alice two", bob("+bob; 2: alice zero, alice=al one; alice two"), 2);
  });

  test.each(["+bob", "+bob; 1: alice zero"])("a reset loses answers (%s)", (bobs) => {
    judge("+bob", bob(bobs, "history|1", "history|1", "reset"));
  });

  test("what is behind a quit has no answer", () => {
    judge("+bob", bob("+bob", "quit", "history|1"));
  });
});

describe("what cannot be", () => {
  const talk = "+bob; bob one; alice two; bob three";

  test.each<[what: string, answer: string, why: RegExp]>([
    ["a line twice", "4: alice zero, bob one, alice two, alice two", /line 4: expected nothing/],
    ["a gap", "2: alice zero, alice two", /line 2: expected ".*one", heard ".*two"/],
    ["another order", "3: alice zero, alice two, bob one", /line 2/],
    ["too few", "1: bob one", /line 1: expected ".*zero"/],
    [
      "without what the asker said before",
      "1: alice zero",
      /line 2: expected ".*one", heard nothing/,
    ],
    ["with what it said after", "4: alice zero, bob one, alice two, bob three", /line 4/],
    [
      "a name of now",
      "2: alice zero, bob=b one",
      /expected "\[b:1\]b:1:one", heard "\[b:1\]b:one"/,
    ],
    ["what was said to one alone", "3: alice zero, bob one, bob psst", /line 3/],
    ["none", "bob four", /history\|9: no history came/],
    [
      "two",
      "2: alice zero, bob one; 2: alice zero, bob one",
      /without a question: .*heard ".*zero"/,
    ],
  ])("an answer: %s", (_, answer, why) => {
    const bobs = bob(`${talk}; ${answer}`, "one", "history|9", "three");
    expect(() => judge(talk, bobs)).toThrow(why);
  });

  test("an answer before what is in it", () => {
    const bobs = bob("+bob; 2: alice zero, bob one; bob one", "one", "history|9");
    expect(() => judge("+bob; bob one", bobs)).toThrow("it does not come where it has to");
  });

  test("a line in the midst of an answer, and no end", () => {
    const whole = bob(`${talk}; 2: alice zero, bob one`, "one", "history|9");
    for (const [at, instead] of [
      [-2, "expected .*TEXT"],
      [-1, 'expected "history: end"'],
    ] as const) {
      const strange = { ...whole, heard: whole.heard.with(at, "[a:1]a:1:hi") };
      expect(() => judge(talk, strange)).toThrow(
        new RegExp(`behind "history: 2 lines": ${instead}`),
      );
    }
  });

  test.each<[what: string, bobs: string, why: RegExp]>([
    ["a gap before what is live", "+bob; 1: alice zero; alice two", /line 2: expected ".*one"/],
    ["a line twice", "+bob; 2: alice one, alice two; alice two", /line 1/],
    ["before its own online", "2: alice zero, alice one; +bob; alice two", /where it has to/],
    ["behind what is live", "+bob; alice two; 2: alice zero, alice one", /where it has to/],
    ["none", "+bob; alice two", /replay: no history/],
  ])("a replay: %s", (_, bobs, why) => {
    expect(() => judge("alice one; +bob; alice two", bob(bobs), 2)).toThrow(why);
  });
});
