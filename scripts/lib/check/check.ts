/** Holds a learner's server against the cases of a chapter or of an exercise. */
import { chance, patience } from "../../../test/harness/client.ts";
import { needs } from "../../../test/harness/need.ts";
import { isFailure, runCases, type Verdict } from "../../../test/harness/run.ts";
import type { Target } from "../../../test/harness/target.ts";
import { count } from "../count.ts";
import { tryToWrite, write } from "../files.ts";
import { namedIn } from "../find.ts";
import { clientTests } from "../learn/client.ts";
import { passed } from "../learn/passed.ts";
import { type Subject, subject } from "../learn/subject.ts";
import { type Asked, plan } from "./options.ts";
import { learnWords } from "./phrasebook.ts";
import { talkAtRandom, talksAtRandom } from "./random-talk.ts";
import { byChapter, junit, reportOf } from "./report.ts";
import { sum, told } from "./tell.ts";

/** Whether it keeps its word; throws a Refusal when it cannot be asked. */
export async function check(asked: Asked, name: string): Promise<boolean> {
  const { all, lenient, junit: file } = asked;
  const what = await subject(name);
  const { again, patienceMs, whole, seed, ...run } = plan(asked, what, name);
  const say = (text: string) => (asked.json ? undefined : console.log(text));
  if (file !== undefined) tryToWrite(file);
  patience.ms = patienceMs;
  chance.seed = seed;
  const client = what.client && whole ? await clientTests(what, { quiet: asked.json, all }) : [];
  const target = lenient ? await inItsWords(what, run.target) : run.target;
  say(`${what.title}: ${count(run.cases.length, "case")}, seed ${seed}`);
  const tell = (verdict: Verdict) => say(told(verdict, again));
  const { id: chapter } = what.chapter;
  const served =
    client.some(isFailure) && !all ? [] : await runCases({ ...run, chapter, target, all, tell });
  const verdicts = [...client, ...served];
  const go = all || !verdicts.some(isFailure);
  // An exercise of its own changes the protocol that the model knows.
  if (go && !asked.case && !what.extra && talksAtRandom(chapter, target)) {
    verdicts.push(await talkAtRandom(chapter, target, seed));
    tell(verdicts.at(-1) as Verdict);
  }
  const green = verdicts.some(({ outcome }) => outcome === "pass") && !verdicts.some(isFailure);
  const report = reportOf(verdicts, seed);
  console.log(asked.json ? JSON.stringify(report, null, 2) : sum(verdicts, all));
  const elsewhere = isElsewhere(asked, what, verdicts);
  if (green && (whole || elsewhere)) say(`\n${passed(what, elsewhere)}`);
  if (file !== undefined) write(file, junit(byChapter(report.cases)));
  return green;
}

/** Another server has passed, too, once it was asked for all that a program with options can be asked for. */
function isElsewhere({ cmd, case: ids }: Asked, { client }: Subject, all: readonly Verdict[]) {
  const asked = all.every(
    ({ test, outcome }) => outcome === "pass" || !needs(test).includes("args"),
  );
  const own = cmd !== undefined && namedIn(cmd) === undefined; // not the course's own chapter
  return own && ids === undefined && !client && asked;
}

/** The server's words are learned first. */
async function inItsWords({ chapter }: Subject, target: Target): Promise<Target> {
  const book = await learnWords(chapter.id, target);
  for (const pair of book.alike)
    console.error(
      `the server says the same for ${pair}: cases that need a difference between them will fail`,
    );
  return { ...target, translate: book.translate };
}
