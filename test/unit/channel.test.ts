import { setImmediate as endOfTurn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v02-broadcast/channel.ts");

describe.each(variants("channel.ts"))("$id channel.ts", async ({ url }) => {
  const { Channel } = (await import(url)) as Module;

  /** Everything that comes until the channel is closed, batch by batch. */
  async function drain<T>(
    channel: { batches(maxTurns?: number): AsyncGenerator<T[], void, undefined> },
    maxTurns?: number,
  ) {
    const batches: T[][] = [];
    for await (const batch of channel.batches(maxTurns)) batches.push(batch);
    return batches;
  }

  test("trySend is false when full", () => {
    const channel = new Channel<number>(2);
    expect([channel.trySend(1), channel.trySend(2), channel.trySend(3)]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("trySend is false when closed, and closed tells it from full", () => {
    const channel = new Channel<number>(1);
    expect(channel.closed).toBe(false);
    channel.close();
    expect(channel.trySend(1)).toBe(false);
    expect(channel.closed).toBe(true);
  });

  test("sizeOf bounds the size together, not the count", () => {
    const channel = new Channel<string>(5, (text) => text.length);
    expect([channel.trySend("abc"), channel.trySend("def"), channel.trySend("g")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test("what is queued still arrives after close", async () => {
    const channel = new Channel<number>(9);
    channel.trySend(1);
    channel.trySend(2);
    channel.close();
    channel.close();
    expect(await drain(channel)).toEqual([[1, 2]]);
  });

  test("closing wakes a receiver that waits", async () => {
    const channel = new Channel<number>(9);
    const drained = drain(channel);
    await endOfTurn();
    channel.close();
    expect(await drained).toEqual([]);
  });

  test("a burst is one batch, across the turns of the event loop that bring it", async () => {
    const channel = new Channel<number>(99);
    const drained = drain(channel, 16);
    for (let i = 0; i < 5; i++) {
      channel.trySend(i);
      await endOfTurn();
    }
    channel.close();
    expect(await drained).toEqual([[0, 1, 2, 3, 4]]);
  });

  test("a burst without end is cut into batches", async () => {
    const channel = new Channel<number>(9999);
    const drained = drain(channel, 16);
    for (let i = 0; i < 100; i++) {
      channel.trySend(i);
      await endOfTurn();
    }
    channel.close();
    expect((await drained).length).toBeGreaterThan(3);
  });

  test("who does not wait for more gets what is there", async () => {
    const channel = new Channel<number>(99);
    const drained = drain(channel);
    for (let i = 0; i < 4; i++) {
      channel.trySend(i);
      if (i % 2 === 1) await endOfTurn();
    }
    channel.close();
    expect(await drained).toEqual([
      [0, 1],
      [2, 3],
    ]);
  });

  test("send waits while full, and goes on when a batch is taken", async () => {
    const channel = new Channel<number>(1);
    channel.trySend(0);
    let sent = false;
    const sending = channel.send(1).then((result) => {
      sent = true;
      return result;
    });
    await endOfTurn();
    expect(sent).toBe(false);
    const drained = drain(channel);
    expect(await sending).toBe(true);
    channel.close();
    expect((await drained).flat()).toEqual([0, 1]);
  });

  test("send that waits is false when the channel is closed", async () => {
    const channel = new Channel<number>(1);
    channel.trySend(0);
    const sending = [channel.send(1), channel.send(2)];
    channel.close();
    expect(await Promise.all(sending)).toEqual([false, false]);
    expect(await channel.send(3)).toBe(false);
  });

  test("halfEmpty waits while more than half full", async () => {
    const channel = new Channel<number>(4);
    for (let i = 0; i < 3; i++) channel.trySend(i);
    let eased = false;
    const waiting = channel.halfEmpty().then(() => {
      eased = true;
    });
    await endOfTurn();
    expect(eased).toBe(false);
    const drained = drain(channel);
    await waiting;
    channel.trySend(3);
    channel.trySend(4);
    await channel.halfEmpty(); // exactly half is not more than half
    channel.close();
    await drained;
  });

  test("halfEmpty does not wait for a closed channel", async () => {
    const channel = new Channel<number>(2);
    channel.trySend(1);
    channel.trySend(2);
    const waiting = channel.halfEmpty();
    channel.close();
    await waiting;
  });

  test("property: many senders, one receiver: nothing lost, doubled or out of a sender's order", async () => {
    const counts = fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 8 });
    const capacity = fc.integer({ min: 1, max: 20 });
    await fc.assert(
      fc.asyncProperty(counts, capacity, async (counts, capacity) => {
        const channel = new Channel<{ sender: number; i: number }>(capacity);
        const drained = drain(channel);
        const senders = counts.map(async (count, sender) => {
          for (let i = 0; i < count; i++) expect(await channel.send({ sender, i })).toBe(true);
        });
        await Promise.all(senders);
        channel.close();
        const all = (await drained).flat();
        for (const [sender, count] of counts.entries()) {
          const order = all.filter((each) => each.sender === sender).map(({ i }) => i);
          expect(order).toEqual([...Array(count).keys()]);
        }
      }),
      { numRuns: 50 },
    );
  });
});
