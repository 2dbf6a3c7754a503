/**
 * Watches a program at work, from outside its code: who calls a method of one of its classes is
 * heard, and with it the task that made the call (an `AsyncLocalStorage` knows which one that is).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Class } from "./load.ts";

/** Who does something: a task (`handler 127.0.0.1:5001`), a client (`127.0.0.1:5001`), `server`. */
export type Actor = string;

export interface Step {
  readonly from: Actor;
  readonly to: Actor;
  /** `line`: what a client or a user says or hears, whatever carries it. */
  readonly kind: "go" | "line" | "message" | "text" | "control";
  readonly text: string;
}

/** A task waited here: for a channel, a client's lines, the user's lines. */
export interface Wait {
  readonly task: Actor;
  readonly source: string;
}

/** A connection went from one state to another; `by` says what moved it. */
export interface Move {
  readonly addr: string;
  readonly from: string;
  readonly to: string;
  readonly by: string;
}

/** What an observer does when a method is called. */
export interface Hooks<Self> {
  /** What it changes in `args` is what the method gets. */
  before?(self: Self, args: unknown[]): void;
  /** Whether the method is not called at all. */
  readonly instead?: boolean;
  /** Hears each value of a generator before its receiver does. */
  each?(self: Self, value: unknown): void;
  /** When the method has returned; of a generator, when it has no more, not when its receiver turns away. */
  after?(self: Self, result: unknown, args: unknown[]): void;
}

/** What may be watched, and who acts in it where no task does. */
type Program = keyof typeof MAIN;
const MAIN = { server: "server", client: "main" } as const;

type Method = (this: object, ...args: unknown[]) => unknown;

/** Whose scene a call belongs to, and who makes it. */
const stage = new AsyncLocalStorage<{ readonly observer: Observer; readonly actor: Actor }>();

export abstract class Observer {
  readonly steps: Step[] = [];
  /** One step of each kind between two roles, whether it is in the picture or not. */
  readonly kinds = new Map<string, Step>();
  readonly waits: Wait[] = [];
  /** What a task waited for last, when it ended. */
  readonly ends: Wait[] = [];
  readonly moves: Move[] = [];
  /** How many things have happened, whether they were noted or not. */
  events = 0;
  /** Nothing is noted while it is set. */
  paused = false;
  protected abstract readonly watched: Program;
  readonly #lastWait = new Map<Actor, string>();
  readonly #hooks = new Map<Method, Hooks<object>>();

  /** Taps the classes of one chapter, and Node's sockets. */
  abstract watch(folder: string): Promise<void>;

  /** What `run` makes the watched program do, and all that comes of it, is on the stage; nothing else is noted. */
  onStage<T>(program: Program, run: () => T, actor: Actor = MAIN[program]): T {
    return program === this.watched ? this.#as(actor, run) : run();
  }

  /** Nobody is watched any more. */
  unwatch(): void {
    this.#hooks.clear();
  }

  protected get actor(): Actor {
    return stage.getStore()?.actor ?? MAIN[this.watched];
  }

  /** Hears the calls of one method, as far as they are made on the stage; no class, no calls. */
  protected tap<Self extends object>(
    tapped: Class<Self> | undefined,
    name: string,
    hooks: Hooks<Self>,
  ): void {
    if (tapped) this.#hooks.set(audible(tapped.prototype, name), hooks as Hooks<object>);
  }

  protected tapTasks(TaskGroup: Class<object> | undefined): void {
    this.tap(TaskGroup, "go", {
      before: (_, args) => {
        const [name, task] = args as [Actor, () => Promise<void>];
        this.note({ to: name, kind: "go", text: `go ${role(name)}` });
        args[1] = () => this.#as(name, () => this.#untilItEnds(task));
      },
    });
  }

  /** Whoever acts now has done it, unless `from` says otherwise. */
  protected note(noted: Omit<Step, "from"> & Partial<Step>): void {
    const step = { from: this.actor, ...noted };
    this.events += 1;
    this.kinds.set(`${role(step.from)}|${role(step.to)}|${step.kind}`, step);
    if (!this.paused) this.steps.push(step);
  }

  /** Neither a line nor a message: what ends, closes or refuses something. */
  protected tell(to: Actor, text: string, from = this.actor): void {
    this.note({ from, to, kind: "control", text });
  }

  protected waitsFor(source: string): void {
    this.waits.push({ task: this.actor, source });
    this.#lastWait.set(this.actor, source);
  }

  /** For {@link audible} methods. */
  hear(method: Method, self: object, args: unknown[]): unknown {
    const { before, instead, each, after } = this.#hooks.get(method) ?? {};
    before?.(self, args);
    if (instead) return undefined;
    const result = method.apply(self, args);
    if (isGenerator(result)) {
      const end = () => after?.(self, result, args);
      return overheard(result, (value) => each?.(self, value), end);
    }
    if (isGeneratorAtOnce(result)) return overheardAtOnce(result, (value) => each?.(self, value));
    after?.(self, result, args);
    return result;
  }

  #as<T>(actor: Actor, run: () => T): T {
    return stage.run({ observer: this, actor }, run);
  }

  async #untilItEnds(task: () => Promise<void>): Promise<void> {
    await task();
    const source = this.#lastWait.get(this.actor);
    if (source !== undefined) this.ends.push({ task: this.actor, source });
  }
}

/** A socket, too, can be iterated, but it is not what its method yields. */
function isGenerator(result: unknown): result is AsyncGenerator {
  return Symbol.asyncIterator in Object(result) && "next" in Object(result);
}

async function* overheard(
  values: AsyncGenerator,
  each: (value: unknown) => void,
  end: () => void,
): AsyncGenerator {
  try {
    for await (const value of values) {
      each(value);
      yield value;
    }
  } catch (error) {
    end();
    throw error;
  }
  end();
}

/** One that waits for nothing. */
function isGeneratorAtOnce(result: unknown): result is Generator {
  return Object.prototype.toString.call(result) === "[object Generator]";
}

function* overheardAtOnce(values: Generator, each: (value: unknown) => void): Generator {
  for (const value of values) {
    each(value);
    yield value;
  }
}

/** What was there before it was made audible. */
const originals = new WeakMap<Method, Method>();

/**
 * The method as it was. From now on whoever's stage it is called on hears it: scenes may overlap,
 * and so it stays replaced.
 */
function audible(prototype: object, name: string): Method {
  const methods = prototype as Partial<Record<string, Method>>;
  const method = methods[name];
  if (!method) throw new Error(`there is no method ${name} to tap`);
  const known = originals.get(method);
  if (known) return known;
  const replacement: Method = function (...args) {
    const { observer } = stage.getStore() ?? {};
    return observer ? observer.hear(method, this, args) : method.apply(this, args);
  };
  originals.set(replacement, method);
  methods[name] = replacement;
  return method;
}

/** `handler` for `handler 127.0.0.1:5001`. */
export function role(actor: Actor): string {
  return actor.replace(/ .*$/, "");
}

/** What is handed on, as lines: the room's message, a line that is kept, one line, or the bytes of some. */
export function linesOf(value: unknown): string {
  if (Array.isArray(value)) return linesOf(value[0]); // from v10 on: a message, and since when it waits
  const { kind, line, text: kept, farewell } = Object(value) as Partial<Record<string, string>>;
  const text = line || kept || kind || String(value).replace(/\n$/, "");
  return farewell ? `${text}\n${farewell}` : text;
}
