/** The ring of bytes: it gives back what it took, in order, and takes no more than it may. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v15-packets/ring.ts");

const STREAM = Buffer.from(Array.from({ length: 600_000 }, (_, i) => (i * i) >>> 7)); // no two places are alike for long
const bytes = (from: number, count: number) => STREAM.subarray(from, from + count);

describe.each(variants("ring.ts"))("$id ring.ts", async ({ url }) => {
  const { Ring } = (await import(url)) as Module;

  const count = fc.oneof(fc.nat(20), fc.nat(9000));
  const deed = fc.oneof(
    fc.record({ do: fc.constant("write"), count }),
    fc.record({ do: fc.constant("read"), count }),
    fc.record({ do: fc.constant("peek"), count }),
  );
  const bound = fc.oneof(fc.nat(100), fc.nat(40_000));

  test("property: it does what a plain array does", () => {
    fc.assert(
      fc.property(bound, fc.array(deed, { minLength: 1, maxLength: 60 }), (maxBytes, deeds) => {
        const ring = new Ring(maxBytes);
        let model = Buffer.alloc(0);
        let sent = 0;
        for (const each of deeds) {
          if (each.do === "write") {
            const more = bytes(sent, each.count);
            const fits = model.length + more.length <= maxBytes;
            expect(ring.write(more)).toBe(fits);
            if (fits) model = Buffer.concat([model, more]);
            if (fits) sent += more.length;
          } else {
            const first = each.do === "read" ? ring.read(each.count) : ring.peek(each.count);
            expect(first.equals(model.subarray(0, each.count))).toBe(true);
            if (each.do === "read") model = model.subarray(each.count);
          }
          expect(ring.length).toBe(model.length);
        }
        expect(ring.read(Number.POSITIVE_INFINITY).equals(model)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test("a stream many times its size goes through it in order, cut anywhere", () => {
    const cut = fc.integer({ min: 30, max: 700 });
    fc.assert(
      fc.property(fc.array(cut, { minLength: 50, maxLength: 200 }), cut, (pieces, taken) => {
        const ring = new Ring(1400);
        let [sent, heard] = [0, 0];
        for (const piece of pieces) {
          expect(ring.write(bytes(sent, piece))).toBe(true);
          sent += piece;
          while (ring.length >= Math.min(taken, 700)) {
            const first = ring.read(taken);
            expect(first.equals(bytes(heard, first.length))).toBe(true);
            heard += first.length;
          }
        }
        expect(heard + ring.length).toBe(sent);
      }),
      { numRuns: 50 },
    );
  });

  test("full to the last byte, and of what does not fit nothing is taken", () => {
    const ring = new Ring(5000); // less than twice the first 4 KiB
    expect(ring.write(bytes(0, 4999))).toBe(true);
    expect(ring.write(bytes(4999, 2))).toBe(false);
    expect(ring.write(bytes(4999, 1))).toBe(true);
    expect(ring.write(Buffer.from("x"))).toBe(false);
    expect(ring.read(5000).equals(bytes(0, 5000))).toBe(true);
    expect(ring.length).toBe(0);
  });

  test("it copies: who changes what went in or came out changes nothing in it", () => {
    const ring = new Ring(100);
    const given = Buffer.from("hello");
    ring.write(given);
    given.fill("x");
    ring.peek(5).fill("y");
    expect(ring.peek(5).toString()).toBe("hello");
    const taken = ring.read(2);
    ring.write(Buffer.from("...".repeat(20)));
    expect(taken.toString()).toBe("he");
  });

  test("a ring that is empty holds no memory", async () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const used = () => {
      gc();
      return process.memoryUsage().arrayBuffers;
    };
    const rings = Array.from({ length: 5000 }, () => new Ring(100_000));
    for (const ring of rings) ring.write(Buffer.from("hello"));
    const full = used();
    for (const ring of rings) ring.read(5);
    const enough = 5000 * 3900; // all but a little of 4 KiB each
    await vi.waitUntil(() => full - used() > enough, { timeout: 20_000 }); // it is given back on another thread
    expect(rings.every((ring) => ring.length === 0)).toBe(true);
  });
});
