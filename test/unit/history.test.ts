/** The history from inside: what is asked while the store is busy, and a store that cannot take it. */
import { setTimeout as after, setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v14-mongodb/history.ts");
type Store = import("../../chapters/v14-mongodb/history.ts").Store;
type Kept = import("../../chapters/v14-mongodb/history.ts").Kept;
type Said = import("../../chapters/v14-mongodb/history.ts").Said;

const GRACE_MS = 60_000; // from v14 on; no test takes so long

const said = (text: string, name = "ann"): Said => ({ addr: "10.0.0.1:5000", name, text });
const disk = (code: string) => Object.assign(new Error(code), { code, syscall: "write" });

/** Each call waits until the test lets it through: the store of a nightmare, which keeps its word all the same. */
class SlowStore implements Store {
  readonly kept: Kept[] = [];
  /** From v14 on. */
  readonly most: number;
  /** The most that it was ever given at once. */
  largest = 0;
  closed = false;
  readonly #calls: { kind: "append" | "last"; go: (error?: Error) => void }[] = [];

  constructor(most = Number.POSITIVE_INFINITY) {
    this.most = most;
  }

  async open() {
    return this.kept.length;
  }

  async append(lines: readonly Kept[]) {
    this.largest = Math.max(this.largest, lines.length);
    this.kept.push(...lines); // a file shows at once what is safe only later
    await this.#let("append").catch((error) => {
      this.kept.splice(-lines.length);
      throw error;
    });
    return this.kept.length;
  }

  async last(count: number, before: number, name?: string) {
    if (count > 0) await this.#let("last");
    const those = this.kept.slice(0, before).filter((each) => !name || each.name === name);
    return count === 0 ? [] : those.slice(-count);
  }

  async close() {
    this.closed = true;
  }

  /** The first call of that kind comes back, with an error if there is one. False if nobody waits. */
  let(kind: "append" | "last", error?: Error): boolean {
    const at = this.#calls.findIndex((call) => call.kind === kind);
    if (at === -1) return false;
    this.#calls.splice(at, 1)[0]?.go(error);
    return true;
  }

  #let(kind: "append" | "last"): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#calls.push({ kind, go: (error) => (error ? reject(error) : resolve()) });
    });
  }
}

let complaints: string[] = [];

beforeEach(() => {
  complaints = [];
  vi.spyOn(console, "error").mockImplementation((text) => void complaints.push(text));
});

afterEach(() => vi.restoreAllMocks());

/** Longer than the historian waits between two pieces. */
const GATHERED_MS = 50;
/** Until what has been let through has led to the next question. */
const TURNS = 10;
/** Only a hang is as slow as this. */
const LONG = { timeout: 10_000, interval: 5 };

/** Lets through all that is asked of the store, until nothing more is. True if something was. */
async function letAll(store: SlowStore): Promise<boolean> {
  let asked = false;
  for (let turns = 0; turns < TURNS; turns++, await turn())
    while (store.let("append") || store.let("last")) {
      asked = true;
      turns = 0;
    }
  return asked;
}

/** And until the historian gathers no more. However busy the machine is: its timer, set before ours, is over before. */
async function drain(store: SlowStore): Promise<void> {
  for (let asked = true; asked; ) {
    asked = await letAll(store);
    await after(GATHERED_MS);
    asked = (await letAll(store)) || asked;
  }
}

describe.each(variants("history.ts"))("$id history.ts", async ({ id, url }) => {
  const { History, isKept } = (await import(url)) as Module;

  async function started(replay = 0, most?: number) {
    const store = new SlowStore(most);
    const history = new History(store, replay);
    const opened = history.open();
    await drain(store);
    await opened;
    return { store, history, over: history.historian() };
  }

  /** The lines of an answer without their times; it says how many they are. */
  function textsOf(answer: readonly string[]): string[] {
    expect(answer[0]).toBe(`history: ${answer.length - 2} lines`);
    expect(answer.at(-1)).toBe("history: end");
    return answer.slice(1, -1).map((line) => line.replace(/^\[[^\]]+\]\[[^\]]+\]/, ""));
  }

  const act = fc.oneof(
    fc.record({ act: fc.constant("keep" as const), name: fc.constantFrom("ann", "bob") }),
    fc.record({
      act: fc.constant("ask" as const),
      count: fc.integer({ min: 1, max: 12 }),
      name: fc.option(fc.constantFrom("ann", "bob"), { nil: undefined }),
    }),
    fc.record({ act: fc.constantFrom("append" as const, "last" as const, "turn" as const) }),
  );

  const most = fc.constantFrom(1, 3, Number.POSITIVE_INFINITY);

  test("what was said before the question is in the answer, once, whenever the store is through", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 60 }), most, async (acts, most) => {
        const { store, history, over } = await started(0, most);
        const all: Said[] = [];
        const answers: { expected: string[]; given: Promise<string[]> }[] = [];
        for (const each of acts) {
          if (each.act === "keep") {
            all.push(said(`${all.length}`, each.name));
            history.keep(all.at(-1) as Said);
          } else if (each.act === "ask") {
            const { count, name } = each;
            const those = all.filter((line) => !name || line.name === name).slice(-count);
            const expected = those.map((line) => `${line.name}:${line.text}`);
            answers.push({ expected, given: history.recall(count, name) });
          } else if (each.act === "turn") await turn();
          else store.let(each.act);
        }
        history.close(GRACE_MS);
        await drain(store);
        await over;
        for (const { expected, given } of answers) expect(textsOf(await given)).toEqual(expected);
        expect(store.kept.map(({ text }) => text)).toEqual(all.map(({ text }) => text));
        expect([store.closed, history.dropped, complaints]).toEqual([true, 0, []]);
        if (id >= "v14") expect(store.largest).toBeLessThanOrEqual(store.most);
      }),
    );
  });

  test("a newcomer hears the last lines; those who come together, the same block", async () => {
    const { store, history, over } = await started(3);
    const bytes = () => {
      const { replay } = history;
      const wire = {
        decoder: () => expect.fail(),
        encode: (all: readonly string[]) => Buffer.from(all.join("\n")),
      };
      return textsOf(replay?.on(wire).toString().split("\n") ?? []);
    };
    expect(bytes()).toEqual([]);
    for (let i = 0; i < 5; i++) history.keep(said(`${i}`));
    expect(bytes()).toEqual(["ann:2", "ann:3", "ann:4"]);
    expect(history.replay).toBe(history.replay);
    const before = history.replay;
    history.keep(said("5"));
    expect(history.replay).not.toBe(before);
    expect((await started(0)).history.replay).toBeUndefined();
    history.close(GRACE_MS);
    await drain(store);
    await over;
  });

  test("a store that hangs: what does not fit is missing, counted, and said once", async () => {
    const { store, history, over } = await started();
    const lines = 200_000;
    history.keep(said("first"));
    await turn();
    for (let i = 0; i < lines; i++) history.keep(said(`${i} ${"x".repeat(100)}`));
    expect(history.dropped).toBeGreaterThan(lines / 10);
    expect(history.dropped).toBeLessThan(lines / 2);
    expect(complaints).toEqual(["cannot keep the history: it falls behind"]);
    await drain(store);
    history.keep(said("again"));
    await drain(store);
    const { dropped } = history;
    expect(store.kept.length).toBe(lines + 2 - dropped);
    expect(store.kept.at(-1)?.text).toBe("again");
    expect(complaints[1]).toBe(`the history is kept again: ${dropped} lines are missing so far`);
    history.close(GRACE_MS);
    await drain(store);
    await over;
    expect(complaints.slice(2)).toEqual([`${dropped} lines are missing from the history`]);
  });

  test("a store that fails: said once, tried again, and nothing is missing in the end", async () => {
    const { store, history, over } = await started();
    history.keep(said("one"));
    await turn();
    for (let i = 0; i < 3; i++) await vi.waitUntil(() => store.let("append", disk("ENOSPC")), LONG);
    history.keep(said("two"));
    const asked = history.recall(5);
    await turn();
    store.let("last");
    expect(textsOf(await asked)).toEqual(["ann:one", "ann:two"]);
    await vi.waitUntil(() => {
      store.let("append");
      return store.kept.length === 2 && complaints.length === 2;
    }, LONG);
    expect(store.kept.map(({ text }) => text)).toEqual(["one", "two"]);
    expect(complaints).toEqual([
      "cannot keep the history: ENOSPC",
      "the history is kept again: 0 lines are missing so far",
    ]);
    history.close(GRACE_MS);
    await drain(store);
    await over;
  });

  test("a store that fails at the end: it is not tried for ever, and what is missing is said", async () => {
    const { store, history, over } = await started();
    history.keep(said("one"));
    history.keep(said("two"));
    history.close(GRACE_MS);
    await turn();
    store.let("append", disk("EIO"));
    await over;
    expect(store.closed).toBe(true);
    expect(complaints.at(-1)).toBe("2 lines are missing from the history");
  });

  test.runIf(id >= "v14")(
    "a piece that fails at the end is the last one: others could get its numbers, and it may be there",
    async () => {
      const { store, history, over } = await started(0, 2);
      for (let i = 0; i < 6; i++) history.keep(said(`${i}`));
      await vi.waitUntil(() => store.let("append"));
      history.close(GRACE_MS);
      await vi.waitUntil(() => store.let("append", disk("EIO")));
      await drain(store);
      await over;
      expect(store.kept.map(({ text }) => text)).toEqual(["0", "1"]);
      expect(complaints.at(-1)).toBe("4 lines are missing from the history");
    },
  );

  test("what cannot be read is said; a fault of ours is thrown", async () => {
    const { store, history } = await started();
    const asked = history.recall(5);
    store.let("last", disk("EIO"));
    expect(await asked).toEqual(["the history cannot be read now"]);
    expect(complaints).toEqual(["cannot read the history: EIO"]);
    const fault = history.recall(5);
    store.let("last", new TypeError("undefined is not a function"));
    await expect(fault).rejects.toThrow(TypeError);
  });

  test("what others may have written is looked at before it is told", () => {
    const good: Kept = { at: "2026-01-02T03:04:05.678Z", ...said("hello") };
    expect(isKept(good)).toBe(true);
    for (const field of ["at", "addr", "name", "text"] as const)
      for (const value of [7, null, undefined, [], {}, "a\nb", "\u001b[2J", "\u009b", "\0"])
        expect(isKept({ ...good, [field]: value } as Kept)).toBe(false);
  });
});

describe.each(variants("room.ts").filter(({ id }) => id >= "v13"))(
  "$id room.ts",
  async ({ url }) => {
    const { Room } = (await import(url)) as typeof import("../../chapters/v13-history/room.ts");
    const { User } = (await import(
      new URL("user.ts", url).href
    )) as typeof import("../../chapters/v13-history/user.ts");

    test("a question that comes when the room is closing has no answer, not an empty one", async () => {
      const room = new Room();
      const heard: string[] = [];
      const connection = { addr: "10.0.0.1:5000", say: (text: string) => heard.push(text) };
      const user = new User(connection as never, room);
      await user.online();
      room.close(0);
      await user.history("history|5");
      await user.history("history|x");
      expect(heard).toEqual(["usage: history|number or history|number|name"]);
    });
  },
);
