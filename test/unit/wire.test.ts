/** Wires: however the bytes are cut, the lines are the same; and a block is encoded once for all who hear it. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v11-wire/wire.ts");

describe.each(variants("wire.ts"))("$id wire.ts", async ({ url }) => {
  const { Block, LINES } = (await import(url)) as Module;

  test("property: what is encoded and cut anywhere is decoded to the same lines", () => {
    const text = fc
      .string({ unit: "binary", maxLength: 40 })
      .map((each) => each.replace(/\p{Cc}/gu, ""));
    fc.assert(
      fc.property(fc.array(text, { minLength: 1 }), fc.array(fc.nat()), (lines, cuts) => {
        const bytes = LINES.encode(lines);
        const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        const decoder = LINES.decoder();
        const heard = [0, ...places].flatMap((from, i) => [
          ...decoder.feed(bytes.subarray(from, places[i] ?? bytes.length)),
        ]);
        expect([...heard, ...decoder.end()]).toEqual(
          lines.map((line) => Buffer.from(line).toString()),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("connections share no decoder", () => {
    const [one, other] = [LINES.decoder(), LINES.decoder()];
    expect([...one.feed(Buffer.from("al"))]).toEqual([]);
    expect([...other.feed(Buffer.from("b\n"))]).toEqual(["b"]);
    expect([...one.feed(Buffer.from("ice\n"))]).toEqual(["alice"]);
  });

  test("a block is encoded once for each wire that somebody hears it on", () => {
    const encoded: string[] = [];
    const wire = (name: string) => ({
      decoder: LINES.decoder,
      encode(lines: readonly string[]) {
        encoded.push(name);
        return Buffer.from(name + lines.join());
      },
    });
    const [a, b] = [wire("a"), wire("b")];
    const block = new Block(["x", "y"]);
    const heard = [a, b, a, b, a].map((each) => block.on(each));
    expect(heard.map(String)).toEqual(["ax,y", "bx,y", "ax,y", "bx,y", "ax,y"]);
    expect(heard[0]).toBe(heard[4]); // the very bytes, no copy
    expect(encoded).toEqual(["a", "b"]);
  });
});
