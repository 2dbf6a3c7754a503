/** A carry from its beginning to its end, hop by hop; where somebody must decide, it stops and can go on or back. */
import { join } from "node:path";
import type { Chapter } from "../../../chapters/manifest.ts";
import { Refusal } from "../command.ts";
import { chapterOf } from "../find.ts";
import { aside, CODE, commit, git, type Place, tryGit } from "./git.ts";
import { type Change, changes, type Outcome, stage, take, uncommitted } from "./hop.ts";
import { refitAll } from "./refit.ts";
import { forget, GIVE_UP, GO_ON, refuseUnderway, type State, save, underway } from "./state.ts";

/** Where it happens, and who is told. */
export interface Setting {
  /** The folder that holds `chapters/`, in a git repository. */
  readonly root: string;
  readonly course: readonly Chapter[];
  readonly say: (line: string) => void;
  /** Whether a chapter passes its cases; none to do without. */
  readonly prove?: ((chapter: Chapter) => boolean) | undefined;
  /** The index on which it is rehearsed; none to do it. */
  readonly index?: string;
}

/** What one commit did, or all that was done since one; with neither, what is not committed yet. */
export interface Source {
  readonly commit?: string | undefined;
  readonly since?: string | undefined;
}

/** Carries the change through all later chapters; false when it stopped, or left something to mend. */
export function begin(setting: Setting, name: string, source: Source = {}): boolean {
  const { root, course } = setting;
  refuseUnderway(root);
  const origin = chapterOf(name, course);
  const { id } = origin;
  if (origin === course.at(-1)) throw new Refusal(`${id} is the last chapter: none comes after it`);
  refuseDirty(setting, id);
  const now = source.commit === undefined ? undefined : commit(root, source.commit);
  const old = commit(root, now === undefined ? (source.since ?? "HEAD") : `${now}^`);
  const place = placeOf(setting, origin);
  if (now === undefined) stage(place);
  const first = changes(place, old, now);
  if (first.length === 0) throw new Refusal(nothing(id, source));
  const head = commit(root, "HEAD");
  return walk(setting, { origin: id, old, head, at: id, passing: [] }, first);
}

/** Takes what the chapter where it stopped has become for the result, and goes on from there. */
export function goOn(setting: Setting): boolean {
  const state = underway(setting.root);
  const chapter = chapterOf(state.at, setting.course);
  const place = placeOf(setting, chapter);
  const { stdout } = tryGit(place, ["diff-index", "--check", state.head, "--", "."]);
  const [, marked] = /^(.*): leftover conflict marker/m.exec(stdout) ?? [];
  if (marked) throw new Refusal(`${marked} still has the markers of a conflict`);
  refuseDirty(setting, state.at);
  stage(place);
  const incoming = handedOn(setting, chapter, state);
  return incoming !== undefined && walk(setting, state, incoming);
}

/** Puts every later chapter back as it was before the carry, to the byte. */
export function abort(setting: Setting): void {
  const { origin, head } = underway(setting.root);
  const later = setting.course.filter(({ id }) => id > origin);
  for (const place of later.map((each) => placeOf(setting, each))) {
    stage(place); // so that git knows whatever has come to be there
    git(place, ["restore", `--source=${head}`, "--staged", "--worktree", ...CODE]);
  }
  forget(setting.root);
  setting.say(`${span(later)} as before the carry; ${origin} keeps its change`);
}

/** Says what {@link begin} would do, and touches nothing. */
export function rehearse(setting: Setting, name: string, source: Source = {}): void {
  aside(setting.root, commit(setting.root, "HEAD"), ({ index }) => {
    begin({ ...setting, prove: undefined, index: `${index}` }, name, source);
  });
  setting.say("this was a rehearsal: nothing is touched");
}

/** From the chapter behind this one on, until a conflict, a red case, or the end. */
function walk(setting: Setting, from: State, first: readonly Change[]): boolean {
  const { root, course, say, index } = setting;
  let [state, incoming] = [from, first];
  let decided = true;
  for (const chapter of course.filter(({ id }) => id > from.at)) {
    if (incoming.length === 0) {
      say(`${chapter.id}  nothing is left to carry on`);
      break;
    }
    const outcomes = incoming.map((change) => take(placeOf(setting, chapter), change));
    for (const { change, did } of outcomes) say(`${chapter.id}  ${change.file.padEnd(14)}  ${did}`);
    const passing = outcomes.filter(({ already }) => already).map(({ change }) => change);
    const open = outcomes.filter((each) => each.open);
    const before = state.at;
    state = { ...state, at: chapter.id, passing };
    if (!index) save(root, state);
    if (open.length > 0) decided = false;
    if (!decided && !index) return stop(setting, chapter, before, open);
    const next = handedOn(setting, chapter, state);
    if (!next) return false;
    incoming = next;
  }
  if (!index) return finish(setting, state);
  if (!decided) say("what is open there, the later chapters get as you decide it");
  else for (const line of refits(setting, state)) say(line);
  return decided;
}

/** What the chapter hands on to the next one; nothing if its cases are red. */
function handedOn(setting: Setting, chapter: Chapter, { head, passing }: State) {
  const { say, prove } = setting;
  const own = changes(placeOf(setting, chapter), head);
  if (own.length > 0 && prove) {
    const { id } = chapter;
    say(`${id}  npm test ${id} …`);
    const green = prove(chapter);
    say(green ? `${id}  passes` : `stopped in ${id}: mend it, then ${GO_ON}; or ${GIVE_UP}`);
    if (!green) return undefined;
  }
  return [...own, ...passing];
}

/** Says what to do about the conflicts of a chapter. */
function stop({ say }: Setting, { id, folder }: Chapter, before: string, open: Outcome[]): boolean {
  const files = open.map(({ change }) => `chapters/${folder}/${change.file}`);
  say(`stopped in ${id}, at ${files.join(" and ")}`);
  const marked = open.some(({ did }) => did === "conflict");
  if (marked)
    say(`  <<<<<<< ours     ${id} as it is
  ||||||| base     ${before} without the change
  =======          ${before} with the change
  >>>>>>> theirs`);
  say(`Make of it what ${id} needs${marked ? ", and take the markers out" : ""}. Then:
  ${GO_ON}   goes on from what you made of it
  ${GIVE_UP}      puts the later chapters back as they were`);
  return false;
}

/** The patches on what has changed, and what to do next; false when some are left to do by hand. */
function finish(setting: Setting, state: State): boolean {
  const { root, course, say, prove } = setting;
  const patches = refits(setting, state);
  for (const line of patches) say(line);
  forget(root);
  const later = course.filter(({ id }) => id > state.origin);
  say(`done: the change of ${state.origin} has been through ${span(later)}`);
  if (!prove) say("no case was run (--no-test)");
  say(`next: npm test
      npm run diagrams -- --check   says which guides quote what has changed
      then commit all of it together`);
  return !patches.some((line) => line.includes("by hand"));
}

function refits(setting: Setting, { origin, old, head }: State): string[] {
  const { folder } = chapterOf(origin, setting.course);
  const before = aside(setting.root, head, (place) => {
    git(place, ["reset", "--quiet", old, "--", `chapters/${folder}`]);
    return git(place, ["write-tree"]).trim();
  });
  return refitAll({ folder: setting.root, index: setting.index }, before);
}

function nothing(id: string, { commit, since }: Source): string {
  if (commit !== undefined) return `commit ${commit} changes no code of ${id}`;
  if (since !== undefined) return `no code of ${id} has changed since ${since}`;
  return `${id} has no change that is not committed; for one that is: npm run carry ${id} -- --commit REV`;
}

/** The chapters behind this one must be as they are committed: whose change would be whose? */
function refuseDirty({ root, course }: Setting, behind: string): void {
  for (const chapter of course.filter(({ id }) => id > behind)) {
    const file = uncommitted(placeOf({ root }, chapter));
    if (file === undefined) continue;
    throw new Refusal(
      `${chapter.id} has a change of its own that is not committed (${file}): commit it, or put it away with git stash`,
    );
  }
}

function placeOf({ root, index }: Pick<Setting, "root" | "index">, { folder }: Chapter): Place {
  return { folder: join(root, "chapters", folder), index };
}

/** `v04`, or `v04 to v09`. */
function span(chapters: readonly Chapter[]): string {
  const [first, last] = [chapters[0]?.id, chapters.at(-1)?.id];
  return first === last ? `${first}` : `${first} to ${last}`;
}
