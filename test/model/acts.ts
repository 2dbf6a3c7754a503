/** What the users of a run may do: the vocabulary from which fast-check draws. */
import fc from "fast-check";
import { NAMES } from "./room.ts";

/** One thing that somebody is to do. Who is not online comes first, without being told. */
export interface Act {
  readonly who: string;
  readonly does: "line" | "end" | "reset";
  /** In it, `#` is a number that no other line has, and `@bob` is bob's address, if he is there. */
  readonly line: string;
}

/** The first of them is there before a run, and to its end: she hears everything. */
export const PEOPLE = ["alice", "bob", "carol", "dave", "erin", "frank"] as const;

const names = NAMES.flat();
const addresses = PEOPLE.map((who) => `@${who}`);

/** The simple ones first: a run that fails is brought down to them. */
const VOCABULARY: readonly (readonly [since: string, weight: number, lines: readonly string[]])[] =
  [
    ["v02", 4, ["hi #", "你好 #", "a|b: #", "rename #", "To|al|#"]],
    ["v04", 2, ["who", "who online"]],
    ["v04", 1, ["who #", "Who #"]],
    ["v05", 5, names.map((name) => `rename|${name}`)],
    ["v05", 1, ["", "a b", "al|", "[al]", ...addresses].map((name) => `rename|${name}`)],
    ["v06", 4, [...names, ...addresses].map((name) => `to|${name}|psst #`)],
    ["v06", 1, ["to|al|", "to|al|a|b #", "to|al", "to||#", "to|"]],
    ["v08", 1, ["quit #", "Exit #"]],
    ["v13", 3, ["history|1", "history|3", "history|20"]],
    ["v13", 3, [...names, ...addresses].map((name) => `history|2|${name}`)],
    ["v13", 1, ["history|0", "history|2|", "history|", "history|1001", "history #", "History|#"]],
  ];

/** What fails becomes, if it still fails then, a plainer kind of act. */
const SIMPLER = { withCrossShrink: true };

/** What is done in one round is done at once, and then all wait until it is over. */
export type Run = readonly (readonly Act[])[];

export function runs(chapter: string): fc.Arbitrary<Run> {
  const known = VOCABULARY.filter(([since]) => since <= chapter);
  const lines = known.map(([, weight, texts]) => {
    return { weight, arbitrary: fc.constantFrom(...texts) };
  });
  const others = PEOPLE.slice(1);
  const leaves = [act(others, "end"), act(others, "reset")];
  if (chapter >= "v08") leaves.push(act(others, "line", fc.constantFrom("quit", "exit")));
  const acts = fc.oneof(
    SIMPLER,
    { weight: 6, arbitrary: act(PEOPLE, "line", fc.oneof(SIMPLER, ...lines)) },
    { weight: 1, arbitrary: fc.oneof(...leaves) },
  );
  // An act may become nothing: else the last of a round could not be left out by fast-check.
  const round = fc.array(fc.option(acts, { freq: 50, nil: undefined }), {
    minLength: 1,
    maxLength: 8,
  });
  return fc
    .array(round, { minLength: 1, maxLength: 6 })
    .map((rounds) =>
      rounds
        .map((round) => round.filter((act) => act !== undefined))
        .filter((round) => round.length > 0),
    );
}

function act(
  people: readonly string[],
  does: Act["does"],
  line: fc.Arbitrary<string> = fc.constant(""),
) {
  return fc.record({ who: fc.constantFrom(...people), does: fc.constant(does), line });
}
