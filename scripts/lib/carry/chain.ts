/** A carry from its beginning to its end, hop by hop; where somebody must decide, it stops and can go on or back. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Chapter } from "../../../chapters/manifest.ts";
import { Refusal } from "../command.ts";
import { find, unknown } from "../find.ts";
import { measure } from "../steps.ts";
import { aside, CODE, commit, git, type Place, tryGit } from "./git.ts";
import { type Change, changes, type Outcome, take } from "./hop.ts";
import { refitAll } from "./refit.ts";

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

/** What git does not know of a carry that has stopped. All else is in the working tree and the index. */
interface State {
  readonly origin: string;
  /** The commits that hold the origin without the change, and the later chapters without it. */
  readonly old: string;
  readonly head: string;
  /** The chapter where it has stopped, and what this had already. */
  readonly at: string;
  readonly passing: readonly Change[];
}

const GO_ON = "npm run carry -- --continue";
const GIVE_UP = "npm run carry -- --abort";

/** Carries the change through all later chapters; false when it stopped, or left something to mend. */
export function begin(setting: Setting, name: string, source: Source = {}): boolean {
  const { root, course } = setting;
  const stopped = load(root);
  if (stopped)
    throw new Refusal(
      `a carry of ${stopped.origin} has stopped in ${stopped.at}: ${GO_ON}, or ${GIVE_UP}`,
    );
  const origin = find(name, course);
  if (!origin) throw new Refusal(unknown(name, course));
  const later = course.slice(course.indexOf(origin) + 1);
  if (later.length === 0)
    throw new Refusal(`${origin.id} is the last chapter: none comes after it`);
  const now = source.commit === undefined ? undefined : commit(root, source.commit);
  const old = commit(root, now === undefined ? (source.since ?? "HEAD") : `${now}^`);
  refuseDirty(setting, later);
  const place = placeOf(setting, origin);
  if (now === undefined) stage(place);
  const change = changes(place, old, now);
  if (change.length === 0) throw new Refusal(nothing(origin, source));
  const head = commit(root, "HEAD");
  return walk(setting, { origin: origin.id, old, head, at: origin.id, passing: [] }, change);
}

/** Takes what the chapter where it stopped has become for the result, and goes on from there. */
export function goOn(setting: Setting): boolean {
  const { root, course } = setting;
  const state = underway(root);
  const at = course.findIndex(({ id }) => id === state.at);
  const chapter = course[at] as Chapter;
  refuseDirty(setting, course.slice(at + 1));
  const place = placeOf(setting, chapter);
  stage(place);
  const { stdout } = tryGit(place, ["diff-index", "--cached", "--check", state.head, "--", "."]);
  const [, marked] = /^(.*): leftover conflict marker/m.exec(stdout) ?? [];
  if (marked) throw new Refusal(`${marked} still has the markers of a conflict`);
  const change = after(setting, chapter, state);
  return change !== undefined && walk(setting, state, change);
}

/** Puts every later chapter back as it was before the carry, to the byte. */
export function abort(setting: Setting): void {
  const { root, course, say } = setting;
  const { origin, head } = underway(root);
  const later = course.filter(({ id }) => id > origin);
  for (const place of later.map((each) => placeOf(setting, each))) {
    stage(place); // so that git knows whatever has come to be there
    git(place, ["restore", `--source=${head}`, "--staged", "--worktree", ...CODE]);
  }
  rmSync(file(root));
  say(`${span(later)} as before the carry; ${origin} keeps its change`);
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
  let open = 0;
  for (const chapter of course.filter(({ id }) => id > from.at)) {
    if (incoming.length === 0) {
      say(`${chapter.id}  nothing is left to carry on`);
      break;
    }
    const before = course[course.indexOf(chapter) - 1] as Chapter;
    const outcomes = incoming.map((change) => take(placeOf(setting, chapter), change));
    for (const { change, did } of outcomes) say(`${chapter.id}  ${change.file.padEnd(14)}  ${did}`);
    const passing = outcomes.filter(({ already }) => already).map(({ change }) => change);
    state = { ...state, at: chapter.id, passing };
    if (!index) writeFileSync(file(root), JSON.stringify(state));
    const undecided = outcomes.filter((each) => each.open);
    open += undecided.length;
    if (undecided.length > 0 && !index) {
      for (const line of advice(chapter, before, undecided)) say(line);
      return false;
    }
    const next = after(setting, chapter, state);
    if (!next) return false;
    incoming = next;
  }
  if (!index) return finish(setting, state);
  if (open > 0) say("what is open there, the later chapters get as you decide it");
  else for (const line of refits(setting, state)) say(line);
  return open === 0;
}

/** What the chapter hands on to the next one; nothing if its cases are red. */
function after(setting: Setting, chapter: Chapter, { head, passing }: State) {
  const { say, prove } = setting;
  const own = changes(placeOf(setting, chapter), head);
  if (own.length > 0 && prove) {
    const { id } = chapter;
    say(`${id}  npm test ${id} …`);
    if (!prove(chapter)) {
      say(`stopped in ${id}: mend it, then ${GO_ON}; or give up with ${GIVE_UP}`);
      return undefined;
    }
    say(`${id}  passes`);
  }
  return [...own, ...passing];
}

/** The patches on what has changed, the rules of the steps, and what to do next. */
function finish(setting: Setting, state: State): boolean {
  const { root, course, say, prove } = setting;
  const patches = refits(setting, state);
  const broken = measure(join(root, "chapters"), course).flatMap((step) => step.broken);
  for (const line of [...patches, ...broken.map((line) => `${line} (npm run steps)`)]) say(line);
  rmSync(file(root), { force: true });
  const later = course.filter(({ id }) => id > state.origin);
  say(`done: the change of ${state.origin} has been through ${span(later)}`);
  if (!prove) say("no case was run (--no-test)");
  say("next: npm test");
  say("      npm run diagrams -- --check   says which guides quote what has changed");
  say("      then commit all of it together");
  return broken.length === 0 && !patches.some((line) => line.includes("by hand"));
}

function refits(setting: Setting, { origin, old, head }: State): string[] {
  const { root, course, index } = setting;
  const before = aside(root, head, (place) => {
    const { folder = "" } = course.find(({ id }) => id === origin) ?? {};
    git(place, ["reset", "--quiet", old, "--", `chapters/${folder}`]);
    return git(place, ["write-tree"]).trim();
  });
  return refitAll({ folder: root, index }, before);
}

/** What to do about the conflicts of a chapter. */
function advice({ id, folder }: Chapter, before: Chapter, open: readonly Outcome[]): string[] {
  const files = open.map(({ change }) => `chapters/${folder}/${change.file}`);
  return [
    `stopped in ${id}, at ${files.join(" and ")}`,
    `  <<<<<<< ours     ${id} as it is`,
    `  ||||||| base     ${before.id} without the change`,
    `  =======          ${before.id} with the change`,
    "  >>>>>>> theirs",
    `Make of each such place what ${id} needs, and take the markers out. Then:`,
    `  ${GO_ON}   goes on from what you made of it`,
    `  ${GIVE_UP}      puts the later chapters back as they were`,
  ];
}

function nothing({ id }: Chapter, { commit, since }: Source): string {
  if (commit !== undefined) return `commit ${commit} changes no code of ${id}`;
  if (since !== undefined) return `no code of ${id} has changed since ${since}`;
  return `${id} has no change that is not committed; for one that is: npm run carry ${id} -- --commit REV`;
}

function refuseDirty(setting: Setting, later: readonly Chapter[]): void {
  const status = ["status", "--porcelain", "-z", "--untracked-files=all", "--no-renames", ...CODE];
  for (const chapter of later) {
    const [dirty] = git({ folder: placeOf(setting, chapter).folder }, status).split("\0");
    if (!dirty) continue;
    throw new Refusal(
      `${chapter.id} has a change of its own that is not committed (${dirty.slice(3)}): commit it, or put it away with git stash`,
    );
  }
}

function stage(place: Place): void {
  git(place, ["add", "--all", ...CODE]);
}

function placeOf({ root, index }: Setting, { folder }: Chapter): Place {
  return { folder: join(root, "chapters", folder), index };
}

/** `v04`, or `v04 to v09`. */
function span(chapters: readonly Chapter[]): string {
  const [first, last] = [chapters[0]?.id, chapters.at(-1)?.id];
  return first === last ? `${first}` : `${first} to ${last}`;
}

function load(root: string): State | undefined {
  return existsSync(file(root)) ? JSON.parse(readFileSync(file(root), "utf8")) : undefined;
}

function underway(root: string): State {
  const state = load(root);
  if (!state) throw new Refusal("no carry is under way");
  return state;
}

/** In the git folder, where neither git nor a clean-up sees it. */
function file(root: string): string {
  return join(git({ folder: root }, ["rev-parse", "--absolute-git-dir"]).trim(), "carry.json");
}
