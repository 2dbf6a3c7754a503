/** What `npm run carry -- --check` says. */
import type { Chapter } from "../../../chapters/manifest.ts";
import type { NotCarried } from "../../../chapters/not-carried.ts";
import { check, linesOf, type Missed } from "./missed.ts";

const RECORDS = "chapters/not-carried.ts";

/** Says which changes have not reached a later chapter; true when there is none. */
export function report(
  root: string,
  course: readonly Chapter[],
  records: readonly NotCarried[],
  say: (line: string) => void,
): boolean {
  const { missed, stale, shallow } = check(root, course, records);
  for (const each of missed) for (const line of told(each)) say(line);
  for (const { since, file, lines } of stale) {
    say(`${RECORDS} passes over nothing any more, take it out: ${since} ${file}`);
    for (const line of lines) say(`  ${line}`);
  }
  if (shallow) {
    say(
      "this clone is shallow: changes before its history were not looked at (git fetch --unshallow)",
    );
  }
  if (missed.length + stale.length > 0) return false;
  say(`every change has reached the later chapters, or ${RECORDS} says why not`);
  return true;
}

function told(each: Missed): string[] {
  const { chapter, file, commit, subject, removed, added, before, after, chapters } = each;
  const from = commit === undefined ? "not committed yet" : `${commit}: ${subject}`;
  const [first = ""] = chapters;
  const around = (line: string | undefined) => (line === undefined ? [] : [`    ${line}`]);
  const entry = JSON.stringify({ since: first, file, lines: linesOf(each), why: "…" });
  return [
    `${file}: this change of ${chapter} has not reached ${chapters.join(", ")} (${from})`,
    ...around(before),
    ...removed.map((line) => `  - ${line}`),
    ...added.map((line) => `  + ${line}`),
    ...around(after),
    `  to carry it on:     npm run carry ${chapter}${commit === undefined ? "" : ` -- --commit ${commit}`}`,
    `  if it is right so:  say why in ${RECORDS}, with  ${entry}`,
    "",
  ];
}
