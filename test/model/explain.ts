/**
 * Is there an order of what was done at once in which the model has everybody hear what it heard?
 * The question is known as linearizability, and the search as that of Wing and Gong ("Testing and
 * Verifying Concurrent Objects", 1993): try whoever may be next, and go back where it leads nowhere.
 */
import { Failure } from "../harness/transcript.ts";
import { listed } from "../harness/wire.ts";
import { differ, type Heard, hears } from "./hears.ts";
import type { Round } from "./play.ts";
import { type Deed, type Effect, leaves, obey, type Room } from "./room.ts";

/** An order, as far as it has come. */
interface State {
  readonly room: Room;
  readonly order: readonly Step[];
  /** How many of its deeds each has done, and how many of the answers it heard that explains. */
  readonly done: readonly number[];
  readonly answered: readonly number[];
}

interface Step {
  readonly deed: Deed;
  readonly effect: Effect;
}

/** No order explains what was heard. */
export class Unexplained extends Failure {
  /** The order that came furthest, and the deed that it could not explain, if it was one. */
  readonly order: readonly Deed[];
  readonly stuck: Deed | undefined;

  constructor(order: readonly Deed[], stuck: Deed | undefined, why: string) {
    super("mismatch", why);
    this.order = order;
    this.stuck = stuck;
  }
}

/** Gives the room after the round. Throws a {@link Failure} when nothing explains what was heard. */
export function explain(chapter: string, room: Room, round: Round): Room {
  const search = new Search(chapter, round, hears(round));
  const none = [...round.heard.keys()].map(() => 0);
  const after = search.from({ room, order: [], done: none, answered: none });
  if (after) return after;
  throw search.furthest ?? new Unexplained([], undefined, "nothing was done");
}

class Search {
  furthest: Unexplained | undefined;
  readonly #chapter: string;
  readonly #heard: Heard;
  readonly #list: readonly string[] | undefined;
  readonly #people: readonly string[];
  /** What each did, in its order. */
  readonly #deeds: readonly (readonly Deed[])[];
  readonly #tried = new Set<string>();

  constructor(chapter: string, { deeds, heard, list }: Round, sorted: Heard) {
    this.#chapter = chapter;
    this.#heard = sorted;
    this.#list = list;
    this.#people = [...heard.keys()];
    this.#deeds = this.#people.map((who) => deeds.filter((deed) => deed.who === who));
  }

  from(state: State): Room | undefined {
    const { room, order, done, answered } = state;
    const explained = order.filter(({ effect }) => effect.all ?? this.#hears(effect)).length;
    const key = JSON.stringify([room, done, answered, explained]);
    if (this.#tried.has(key)) return undefined;
    this.#tried.add(key);
    if (done.every((count, i) => count === this.#deeds[i]?.length)) {
      const why = this.#leftOver(state);
      if (why === undefined) return room;
      this.#note(order, undefined, why);
    }
    for (const i of this.#people.keys()) {
      for (const next of this.#choices(i, done[i] as number)) {
        const after = this.#step(state, i, next);
        const found = after && this.from(after);
        if (found) return found;
      }
    }
    return undefined;
  }

  /** Its next deed. Or its reset, if that is how it left: what it sent before may be lost with it. */
  #choices(i: number, done: number): number[] {
    const deeds = this.#deeds[i] ?? [];
    const last = deeds.length - 1;
    if (done > last) return [];
    const lost = done < last && this.#resets(i) && deeds[done]?.does !== "join";
    return lost ? [done, last] : [done];
  }

  #resets(i: number): boolean {
    return this.#deeds[i]?.at(-1)?.does === "reset";
  }

  #step({ room, order, done, answered }: State, i: number, next: number): State | undefined {
    const deed = this.#deeds[i]?.[next] as Deed;
    const effect = obey(this.#chapter, room, deed);
    const answers = this.#heard.answers.get(deed.who)?.slice(answered[i]) ?? [];
    const why =
      this.#unanswered(i, deed, effect, answers) ??
      this.#unheard(deed, effect) ??
      this.#outOfOrder(effect.room);
    if (why !== undefined) {
      this.#note(order, deed, why);
      return undefined;
    }
    const more = (answered[i] as number) + Math.min(effect.answers.length, answers.length);
    return {
      room: effect.room,
      order: [...order, { deed, effect }],
      done: done.with(i, next + 1),
      answered: answered.with(i, more),
    };
  }

  #unanswered(i: number, { who }: Deed, { answers }: Effect, heard: string[]): string | undefined {
    const due = this.#resets(i) ? answers.slice(0, heard.length) : answers;
    const at = due.findIndex((line, n) => line !== heard[n]);
    return at === -1 ? undefined : `${who}: ${differ(due[at], heard[at])}`;
  }

  #unheard({ addr }: Deed, effect: Effect): string | undefined {
    const { all, alone } = effect;
    const { chat } = this.#heard;
    if (all !== undefined && !chat.includes(all)) {
      const text = all.slice(all.lastIndexOf(":"));
      const other = chat.find((line) => line.startsWith(`[${addr}]`) && line.endsWith(text));
      return `everybody: ${differ(all, other)}`;
    }
    if (!alone || this.#hears(effect)) return undefined;
    const i = this.#people.indexOf(alone.who);
    if (this.#deeds[i]?.some(leaves)) return undefined; // it was on its way, and is lost
    return `${alone.who}: ${differ(alone.line, undefined)}`;
  }

  /** Whether a private message has arrived. */
  #hears({ alone }: Effect): boolean {
    return alone !== undefined && this.#heard.told.get(alone.who)?.includes(alone.line) === true;
  }

  /** Those who are listed at the end came in that order. */
  #outOfOrder(room: Room): string | undefined {
    const list = this.#list ?? [];
    const places = room.map(({ addr }) => list.findIndex((line) => line.startsWith(`[${addr}]`)));
    const listed = places.filter((place) => place !== -1);
    const inOrder = listed.every((place, n) => n === 0 || place > (listed[n - 1] as number));
    return inOrder ? undefined : "`who` at the end lists them in another order";
  }

  /** What was heard, and comes of nothing in this order. */
  #leftOver({ room, order, answered }: State): string | undefined {
    const { chat, told, answers } = this.#heard;
    const effects = order.map(({ effect }) => effect);
    const said = new Set(effects.map(({ all }) => all));
    const strange = chat.find((line) => !said.has(line));
    if (strange !== undefined) return `everybody: ${differ(undefined, strange)}`;
    for (const [i, who] of this.#people.entries()) {
      const due = effects.filter(({ alone }) => alone?.who === who).map(({ alone }) => alone?.line);
      const strange =
        told.get(who)?.find((line) => !due.includes(line)) ??
        answers.get(who)?.[answered[i] as number];
      if (strange !== undefined) return `${who}: ${differ(undefined, strange)}`;
    }
    const list = room.map(listed);
    const length = Math.max(list.length, this.#list?.length ?? 0);
    const at = Array.from({ length }, (_, n) => n).find((n) => list[n] !== this.#list?.[n]);
    if (!this.#list || at === undefined) return undefined;
    return `alice, who asks \`who\` at the end: ${differ(list[at], this.#list[at])}`;
  }

  #note(order: readonly Step[], stuck: Deed | undefined, why: string): void {
    if (this.furthest && order.length <= this.furthest.order.length) return;
    this.furthest = new Unexplained(
      order.map(({ deed }) => deed),
      stuck,
      why,
    );
  }
}
