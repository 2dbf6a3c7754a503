/** The timing wheel: never early, a tick late at most, and however many limits there are. */
import { stat } from "node:fs";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v15-packets/wheel.ts");
type Limit = import("../../chapters/v15-packets/wheel.ts").Limit;

describe.each(variants("wheel.ts"))("$id wheel.ts", async ({ url }) => {
  const { Wheel } = (await import(url)) as Module;
  afterEach(() => {
    vi.restoreAllMocks();
    vi.useRealTimers();
  });

  describe("on a clock of its own", () => {
    const TICK_MS = 50;
    let stoodStill: number;
    beforeEach(() => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
      const immediate = ((callback: () => void) => callback()) as typeof setImmediate;
      vi.spyOn(globalThis, "setImmediate").mockImplementation(immediate); // the false clock's takes 1 ms
      const elapsed = performance.now.bind(performance);
      stoodStill = 0;
      vi.spyOn(performance, "now").mockImplementation(() => elapsed() + stoodStill);
    });

    /** The clock goes on, but nothing runs: somebody holds the event loop. */
    const standStill = (ms: number) => {
      stoodStill += ms;
    };
    const pass = (ms: number) => vi.advanceTimersByTime(ms);

    const deed = fc.record({
      limit: fc.nat(),
      after: fc.oneof(fc.nat(5), fc.nat(700)),
      do: fc.constantFrom("touch", "touch", "touch", "stop"),
    });
    const lengths = fc.array(fc.nat(3000), { minLength: 1, maxLength: 8 });
    const shape = fc.record({
      tickMs: fc.constantFrom(7, 10, TICK_MS),
      slots: fc.integer({ min: 1, max: 70 }),
    });

    test("property: due once, after its time without a touch and within a tick; stopped, never", () => {
      fc.assert(
        fc.property(shape, lengths, fc.array(deed), ({ tickMs, slots }, all, deeds) => {
          const wheel = new Wheel(tickMs, slots);
          const seen = all.map((ms) => {
            const one = { ms, active: performance.now(), late: [] as number[], stopped: false };
            const limit = wheel.start(ms, () => one.late.push(performance.now() - one.active - ms));
            return { one, limit };
          });
          for (const each of deeds) {
            pass(each.after);
            const { one, limit } = seen[each.limit % seen.length] as (typeof seen)[number];
            if (one.late.length > 0) continue;
            if (each.do === "touch") one.active = performance.now();
            else one.stopped = true;
            limit[each.do as "touch" | "stop"]();
          }
          pass(3000 + tickMs);
          for (const { one } of seen) {
            expect(one.late).toHaveLength(one.stopped ? 0 : 1);
            expect(one.late.every((late) => late >= 0 && late <= tickMs)).toBe(true);
          }
          pass(tickMs);
          expect(vi.getTimerCount()).toBe(0);
        }),
        { numRuns: 200 },
      );
    });

    test("touched at the last moment it stays, and its time is counted anew", () => {
      const due = vi.fn();
      const limit = new Wheel().start(1000, due);
      for (let round = 0; round < 40; round++) {
        pass(999);
        limit.touch();
      }
      pass(999);
      expect(due).not.toHaveBeenCalled();
      pass(1 + TICK_MS);
      expect(due).toHaveBeenCalledOnce();
      limit.touch(); // it is over
      pass(5000);
      expect(due).toHaveBeenCalledOnce();
    });

    test("what is stopped never comes due, and twice is harmless", () => {
      const due = vi.fn();
      const wheel = new Wheel();
      const limit = wheel.start(1000, due);
      wheel.start(1000, due);
      pass(1000 - TICK_MS);
      limit.stop();
      limit.touch();
      limit.stop();
      pass(60_000);
      expect(due).toHaveBeenCalledOnce();
    });

    test("one that comes due may stop another of the same slot, and start new ones", () => {
      const wheel = new Wheel();
      const heard: string[] = [];
      let other: Limit | undefined;
      wheel.start(100, () => {
        heard.push("first");
        other?.stop();
        wheel.start(0, () => heard.push("next"));
      });
      other = wheel.start(100, () => heard.push("other"));
      pass(100 + 3 * TICK_MS);
      expect(heard).toEqual(["first", "next"]);
    });

    test("longer than many rounds", () => {
      const due = vi.fn();
      new Wheel(TICK_MS, 8).start(10_000, due);
      pass(9999);
      expect(due).not.toHaveBeenCalled();
      pass(1 + TICK_MS);
      expect(due).toHaveBeenCalledOnce();
    });

    test.each([200, 10_000])(
      "a loop that stood still for %i ms: all that is due, and nothing else",
      (ms) => {
        const wheel = new Wheel(TICK_MS, 8);
        const heard: number[] = [];
        for (const length of [60, 130, 390, 5000, 9990, 20_000])
          wheel.start(length, () => heard.push(length));
        standStill(ms);
        pass(TICK_MS + 1);
        expect(heard.sort((a, b) => a - b)).toEqual(
          [60, 130, 390, 5000, 9990].filter((each) => each < ms),
        );
        pass(20_000 - ms);
        expect(heard).toHaveLength(6);
      },
    );

    test("started and touched while the loop stood still: their time is whole", () => {
      const wheel = new Wheel(TICK_MS, 8);
      const heard: string[] = [];
      const touched = wheel.start(1000, () => heard.push("touched"));
      standStill(5000);
      touched.touch();
      wheel.start(1000, () => heard.push("started"));
      pass(999);
      expect(heard).toEqual([]);
      pass(1 + TICK_MS);
      expect(heard.sort()).toEqual(["started", "touched"]);
    });

    test("it ticks only while there is a limit", () => {
      const wheel = new Wheel();
      expect(vi.getTimerCount()).toBe(0);
      wheel.start(1000, () => {}).stop();
      pass(TICK_MS);
      expect(vi.getTimerCount()).toBe(0);
      const due = vi.fn();
      pass(123_456);
      wheel.start(1000, due);
      wheel.start(1000, due);
      expect(vi.getTimerCount()).toBe(1);
      pass(1000 + TICK_MS);
      expect(due).toHaveBeenCalledTimes(2);
    });

    test("one that throws is uncaught, and those behind it come due", () => {
      const uncaught = vi.spyOn(globalThis, "queueMicrotask").mockImplementation(() => {});
      const wheel = new Wheel();
      const due = vi.fn();
      const fault = new Error("on purpose");
      wheel.start(100, () => {
        throw fault;
      });
      wheel.start(100, due);
      wheel.start(300, due);
      pass(300 + TICK_MS);
      expect(due).toHaveBeenCalledTimes(2);
      expect(uncaught).toHaveBeenCalledOnce();
      expect(uncaught.mock.calls[0]?.[0]).toThrow(fault);
    });
  });

  describe("on the real clock", () => {
    const hold = (ms: number) => {
      const until = performance.now() + ms;
      while (performance.now() < until);
    };

    test("never early", async () => {
      const wheel = new Wheel(5, 16);
      const early = await Promise.all(
        Array.from({ length: 200 }, (_, i) => {
          const started = performance.now();
          return new Promise<number>((resolve) => {
            wheel.start(i, () => resolve(i - (performance.now() - started)));
          });
        }),
      );
      expect(Math.max(...early)).toBeLessThanOrEqual(0);
    });

    test("what has come while the loop stood still is read first", async () => {
      const wheel = new Wheel(5, 16);
      let touchedAt = 0;
      const dueAt = await new Promise<number>((resolve) => {
        setImmediate(() => {
          const limit = wheel.start(50, () => resolve(performance.now()));
          stat(".", () => {
            touchedAt = performance.now();
            limit.touch();
          });
          hold(200); // meanwhile the answer has come, and the loop looks at its timers first
        });
      });
      expect(touchedAt).toBeGreaterThan(0);
      expect(dueAt - touchedAt).toBeGreaterThanOrEqual(50);
    });

    test("it keeps no process alive", () => {
      const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout");
      const before = timers().length;
      const limit = new Wheel().start(1000, () => {});
      expect(timers()).toHaveLength(before);
      limit.stop();
    });

    test("a hundred thousand limits in one wheel: none costs more for the others", async () => {
      const wheel = new Wheel(200, 2);
      let due = 0;
      const began = process.cpuUsage();
      const limits = Array.from({ length: 100_000 }, () => wheel.start(1500, () => (due += 1)));
      for (let round = 0; round < 10; round++) for (const limit of limits) limit.touch();
      for (const limit of limits.slice(0, 50_000).reverse()) limit.stop();
      await vi.waitUntil(() => due === 50_000, { timeout: 60_000 });
      const { user, system } = process.cpuUsage(began);
      expect((user + system) / 1e6).toBeLessThan(3); // it takes 0.2 s; a walk through them at each stop, ten
    });
  });
});
