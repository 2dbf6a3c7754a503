/** A carry from its beginning to its end, hop by hop; where somebody must decide, it stops and can go on or back. */
import { join } from "node:path";
import type { Chapter } from "../../../chapters/manifest.ts";
import { Refusal } from "../refusal.ts";
import { measure } from "../steps.ts";
import { applied, hop, type Outcome } from "./hop.ts";
import { refitAll } from "./refit.ts";
import { prepare, type Source } from "./source.ts";
import { forget, GIVE_UP, GO_ON, keep, kept, load, type State, save, underway } from "./state.ts";
import { type Change, changesBetween, sameTree, type Tree, treeNow, writeTree } from "./tree.ts";
import { advice, labels, row, span, told } from "./words.ts";

/** Where it happens, and who is told. */
export interface Setting {
  /** The folder that holds `chapters/`, in a git repository. */
  readonly root: string;
  readonly course: readonly Chapter[];
  readonly say: (line: string) => void;
  /** Whether a chapter passes its cases; none to do without. */
  readonly prove: ((chapter: Chapter) => boolean) | undefined;
}

/** Carries the change through all later chapters; false when it stopped, or left something to mend. */
export function begin(setting: Setting, name: string, source: Source = {}): boolean {
  const { root } = setting;
  refuseUnderway(root);
  const { origin, later, old, changes } = prepare(root, setting.course, name, source);
  let state: State = { origin: origin.id, at: "", passedOn: [], before: {}, now: {} };
  for (const chapter of [origin, ...later]) {
    const now = treeNow(root, chapter);
    const before = keep(state.before, chapter, chapter === origin ? old : now);
    state = { ...state, before, now: keep(state.now, chapter, now) };
  }
  save(root, state);
  return walk(setting, state, later, changes);
}

/** Takes what the chapter where it stopped has become for the result, and goes on from there. */
export function goOn(setting: Setting): boolean {
  const { root, course } = setting;
  const stopped = underway(root);
  const chapter = course.find(({ id }) => id === stopped.at);
  if (!chapter) throw new Refusal(`the carry broke off before its first chapter: ${GIVE_UP}`);
  const tree = treeNow(root, chapter);
  refuseMarkers(chapter, tree);
  for (const other of course) {
    if (other === chapter || !(other.id in stopped.now)) continue;
    if (sameTree(treeNow(root, other), kept(stopped.now, other))) continue;
    throw new Refusal(
      `${other.id} has changed since it stopped in ${stopped.at}: ${GIVE_UP}, and begin again`,
    );
  }
  const state = { ...stopped, now: keep(stopped.now, chapter, tree) };
  const changes = changesBetween(kept(state.before, chapter), tree);
  if (changes.length > 0 && !proved(setting, chapter)) return false;
  const later = course.slice(course.indexOf(chapter) + 1);
  return walk(setting, state, later, [...changes, ...state.passedOn]);
}

/** Puts every later chapter back as it was before the carry, to the byte. */
export function abort({ root, course, say }: Setting): void {
  const { origin, before } = underway(root);
  const later = course.filter(({ id }) => id in before && id !== origin);
  for (const each of later) writeTree(root, each, treeNow(root, each), kept(before, each));
  forget(root);
  say(`${span(later)} as before the carry; ${origin} keeps its change`);
}

/** Says what {@link begin} would do, and touches nothing. */
export function rehearse(setting: Setting, name: string, source: Source = {}): void {
  const { root, course, say } = setting;
  refuseUnderway(root);
  const { origin, later, old, ...first } = prepare(root, course, name, source);
  const open = new Map<string, Chapter>();
  const texts = new Texts();
  texts.add(origin, old, treeNow(root, origin));
  let [previous, before, changes] = [origin, old, first.changes];
  for (const chapter of later) {
    const ours = treeNow(root, chapter);
    const outcomes = hop(changes, before, ours, labels(previous, chapter));
    for (const [file, { id }] of open) say(row(chapter, file, "open", `hangs on ${id}'s`));
    for (const outcome of outcomes) {
      say(told(chapter, outcome));
      if (outcome.conflict !== undefined) open.set(outcome.file, chapter);
    }
    const clear = outcomes.filter(({ conflict }) => conflict === undefined);
    const after = applied(ours, clear);
    texts.add(chapter, ours, after);
    changes = [...changesBetween(ours, after), ...passedOn(clear)];
    [previous, before] = [chapter, ours];
  }
  for (const { file, conflict } of refitAll(root, texts.before, texts.after, false))
    say(`${file}  ${conflict === undefined ? "would be refitted" : `by hand: ${conflict}`}`);
  say("this was a rehearsal: nothing is touched");
}

/** From the first of these chapters on, until a conflict, a red case, or the end. */
function walk(setting: Setting, from: State, later: readonly Chapter[], first: Change[]): boolean {
  const { root, course, say } = setting;
  let [state, changes] = [from, first];
  for (const chapter of later) {
    if (changes.length === 0) {
      say(`${chapter.id}  nothing is left to carry on`);
      break;
    }
    const previous = course[course.indexOf(chapter) - 1] as Chapter;
    const ours = kept(state.before, chapter);
    const names = labels(previous, chapter);
    const outcomes = hop(changes, kept(state.before, previous), ours, names);
    const after = applied(ours, outcomes);
    writeTree(root, chapter, ours, after);
    const now = keep(state.now, chapter, after);
    state = { ...state, at: chapter.id, passedOn: passedOn(outcomes), now };
    save(root, state);
    for (const outcome of outcomes) say(told(chapter, outcome));
    const conflicts = outcomes.filter(({ conflict }) => conflict !== undefined);
    for (const line of conflicts.length > 0 ? advice(chapter, previous, conflicts) : []) say(line);
    if (conflicts.length > 0) return false;
    const own = changesBetween(ours, after);
    if (own.length > 0 && !proved(setting, chapter)) return false;
    changes = [...own, ...state.passedOn];
  }
  return finish(setting, state);
}

/** The patches on what has changed, the rules of the steps, and what to do next. */
function finish({ root, course, say, prove }: Setting, { origin, before, now }: State): boolean {
  const texts = new Texts();
  for (const each of course.filter(({ id }) => id in before))
    texts.add(each, kept(before, each), kept(now, each));
  const fits = refitAll(root, texts.before, texts.after, true);
  forget(root);
  for (const { file, conflict } of fits)
    say(`${file}  ${conflict === undefined ? "refitted" : `by hand: ${conflict}`}`);
  const broken = measure(join(root, "chapters"), course).flatMap((step) => step.broken);
  for (const line of broken) say(`${line} (npm run steps)`);
  const carried = course.filter((each) => each.id > origin && each.id in before);
  say(`done: the change of ${origin} has been through ${span(carried)}`);
  if (!prove) say("no case was run (--no-test)");
  say("next: npm test");
  say("      npm run diagrams -- --check   says which guides quote what has changed");
  say("      then commit all of it together");
  return broken.length === 0 && fits.every(({ conflict }) => conflict === undefined);
}

/** Texts by their path from the root, before and after. */
class Texts {
  readonly before = new Map<string, string>();
  readonly after = new Map<string, string>();

  add({ folder }: Chapter, before: Tree, after: Tree): void {
    for (const [file, text] of before) this.before.set(`chapters/${folder}/${file}`, text);
    for (const [file, text] of after) this.after.set(`chapters/${folder}/${file}`, text);
  }
}

function passedOn(outcomes: readonly Outcome[]): Change[] {
  return outcomes.flatMap(({ passOn }) => passOn ?? []);
}

function proved({ say, prove }: Setting, chapter: Chapter): boolean {
  if (!prove) return true;
  const { id } = chapter;
  say(`${id}  npm test ${id} …`);
  const green = prove(chapter);
  say(
    green
      ? `${id}  passes`
      : `stopped in ${id}: mend it, then ${GO_ON}; or give up with ${GIVE_UP}`,
  );
  return green;
}

function refuseUnderway(root: string): void {
  const state = load(root);
  if (!state) return;
  const what = `a carry of ${state.origin} has stopped in ${state.at || "its beginning"}`;
  throw new Refusal(`${what}: ${GO_ON}, or ${GIVE_UP}`);
}

function refuseMarkers({ folder }: Chapter, tree: Tree): void {
  for (const [file, text] of tree) {
    const at = text.search(/^(<{7}|\|{7}|>{7}) /m);
    if (at === -1) continue;
    const line = text.slice(0, at).split("\n").length;
    throw new Refusal(`chapters/${folder}/${file}:${line} still has the markers of a conflict`);
  }
}
