/**
 * Watches a program at work, from outside its code: the methods by which tasks start, hand each
 * other values and touch sockets are wrapped, and each call is noted with the task that made it
 * (an `AsyncLocalStorage` knows which one that is).
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { Socket } from "node:net";
import { load } from "./load.ts";

/** Who does something: a task (`handler 127.0.0.1:5001`), a client (`127.0.0.1:5001`), `server`. */
export type Actor = string;

export interface Step {
  readonly from: Actor;
  readonly to: Actor;
  readonly kind: "go" | "bytes" | "message" | "text" | "control";
  readonly text: string;
}

/** A task waited here: for a channel, a client's bytes, the user's lines. */
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

export type Method = (this: object, ...args: unknown[]) => unknown;
export type Class = { readonly prototype: Record<string, Method> };

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
  /** Where the server listens. */
  port = 0;
  /** Who acts where no task does. */
  protected abstract readonly main: Actor;
  readonly #task = new AsyncLocalStorage<Actor>();
  readonly #lastWait = new Map<Actor, string>();
  readonly #undo: (() => void)[] = [];

  /** Wraps the classes of one chapter, and Node's sockets. */
  abstract watch(folder: string): Promise<void>;

  /** What `run` does, and all that comes of it, is on the stage; of the chapter's code nothing else is noted. */
  onStage<T>(run: () => T): T {
    return this.#task.run(this.main, run);
  }

  /** Nobody is watched any more. */
  unwatch(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** The classes of one file, or none where the chapter has no such file. */
  protected async load(folder: string, file: string): Promise<Record<string, Class>> {
    return (await load(folder, file)) as Record<string, Class>;
  }

  protected get actor(): Actor {
    return this.#task.getStore() ?? this.main;
  }

  /** A method of the chapter's. Who is not on the stage does not notice. */
  protected wrap({ prototype }: Class, name: string, wrapper: (original: Method) => Method): void {
    const task = this.#task;
    this.#replace(prototype, name, (original) => {
      const watched = wrapper(original);
      return function (this: object, ...args: unknown[]) {
        return (task.getStore() === undefined ? original : watched).apply(this, args);
      };
    });
  }

  /** A method of all sockets: whose one it is, the wrapper must find out. */
  protected wrapSocket(name: string, wrapper: Wrapper): void {
    this.#replace(Socket.prototype as unknown as Record<string, Method>, name, wrapper);
  }

  protected note(step: Step): void {
    this.events += 1;
    this.kinds.set(`${role(step.from)}|${role(step.to)}|${step.kind}`, step);
    if (!this.paused) this.steps.push(step);
  }

  protected waitsFor(source: string): void {
    this.waits.push({ task: this.actor, source });
    this.#lastWait.set(this.actor, source);
  }

  protected watchTasks(TaskGroup: Class): void {
    const observer = this;
    this.wrap(
      TaskGroup,
      "go",
      (go) =>
        function (this: object, name: unknown, task: unknown) {
          const actor = name as Actor;
          const text = `go ${role(actor)}`;
          observer.note({ from: observer.actor, to: actor, kind: "go", text });
          return go.call(this, name, () =>
            observer.#task.run(actor, async () => {
              await (task as () => Promise<void>)();
              const source = observer.#lastWait.get(actor);
              if (source !== undefined) observer.ends.push({ task: actor, source });
            }),
          );
        },
    );
  }

  #replace(holder: Record<string, Method>, name: string, wrapper: Wrapper): void {
    const wrappers = wrappersOf(holder, name);
    wrappers.add(wrapper);
    this.#undo.push(() => wrappers.delete(wrapper));
  }
}

type Wrapper = (original: Method) => Method;
const wrapped = new WeakMap<object, Map<string, Set<Wrapper>>>();

/** Scenes may overlap: the method stays replaced, and calls through whoever watches at the moment. */
function wrappersOf(holder: Record<string, Method>, name: string): Set<Wrapper> {
  const methods = wrapped.get(holder) ?? new Map<string, Set<Wrapper>>();
  wrapped.set(holder, methods);
  const known = methods.get(name);
  if (known) return known;
  const wrappers = new Set<Wrapper>();
  methods.set(name, wrappers);
  const original = holder[name] as Method;
  holder[name] = function (this: object, ...args: unknown[]) {
    const method = [...wrappers].reduce((inner, wrapper) => wrapper(inner), original);
    return method.apply(this, args);
  };
  return wrappers;
}

/** `handler` for `handler 127.0.0.1:5001`. */
export function role(actor: Actor): string {
  return actor.replace(/ .*$/, "");
}
