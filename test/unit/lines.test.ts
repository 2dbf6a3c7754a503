import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v01-basic-server/lines.ts");

describe.each(variants("lines.ts"))("$id lines.ts", async ({ url }) => {
  const { LineDecoder, MAX_LINE, TOO_LONG, readLines } = (await import(url)) as Module;

  /** What is read from a peer that sends these packets and ends, or fails. */
  async function read(packets: Uint8Array[], end: "end" | "reset" = "end") {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    socket.on("error", () => {});
    const lines: (string | typeof TOO_LONG)[] = [];
    const reading = (async () => {
      for await (const line of readLines(socket as Socket, new LineDecoder())) lines.push(line);
    })();
    for (const packet of packets) {
      socket.push(packet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (end === "end") socket.push(null);
    else socket.destroy(new Error("ECONNRESET"));
    await reading;
    return lines;
  }

  /** The same, said in the plainest way: all the bytes at hand, and no packets. */
  function model(bytes: Buffer) {
    const pieces: Buffer[] = [];
    let rest = bytes;
    for (let at = rest.indexOf(10); at !== -1; at = rest.indexOf(10)) {
      pieces.push(rest.subarray(0, at));
      rest = rest.subarray(at + 1);
    }
    if (rest.length > 0) pieces.push(rest);
    return pieces.map((piece) => {
      const line = piece.at(-1) === 13 ? piece.subarray(0, -1) : piece;
      if (line.length > MAX_LINE) return TOO_LONG;
      return line
        .toString("utf8")
        .replaceAll("\t", " ")
        .replace(/\p{Cc}/gu, "");
    });
  }

  test("split at every byte", async () => {
    const bytes = Buffer.from("hi 你好\r\n\n👋\tx\u{1b}[2J\nlast");
    const expected = ["hi 你好", "", "👋 x[2J", "last"];
    for (let at = 0; at <= bytes.length; at++) {
      expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(expected);
    }
    expect(await read([...bytes].map((byte) => Uint8Array.of(byte)))).toEqual(expected);
  });

  test.each(["\n", "\r\n"])(
    "a line of the limit passes, one byte more does not (%j)",
    async (end) => {
      const line = (size: number) => Buffer.from("x".repeat(size) + end);
      for (const [size, fits] of [
        [MAX_LINE - 1, true],
        [MAX_LINE, true],
        [MAX_LINE + 1, false],
      ] as const) {
        const expected = fits ? "x".repeat(size) : TOO_LONG;
        expect(await read([line(size), Buffer.from("next\n")])).toEqual([expected, "next"]);
        for (const at of [1, MAX_LINE - 1, MAX_LINE, MAX_LINE + 1]) {
          const bytes = line(size);
          expect(await read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual([expected]);
        }
      }
    },
  );

  test("a line over the limit is reported once, as soon as it is over", async () => {
    const chunk = Buffer.alloc(MAX_LINE, "x");
    expect(await read([chunk, chunk, chunk, chunk], "reset")).toEqual([TOO_LONG]);
    expect(await read([chunk, chunk, chunk, Buffer.from("\nnext\n")])).toEqual([TOO_LONG, "next"]);
  });

  test("a line that a reset cuts short is not a line", async () => {
    expect(await read([Buffer.from("one\ntw")], "reset")).toEqual(["one"]);
  });

  test("a fault of a decoder is ours, and no reset", async () => {
    const socket = new Duplex({ read() {} });
    socket.push("x");
    const decoder = Object.assign(new LineDecoder(), {
      feed(): never {
        throw new TypeError("a fault of ours");
      },
    });
    await expect(readLines(socket as Socket, decoder).next()).rejects.toThrow("a fault of ours");
  });

  test("no bytes, no lines", async () => {
    expect(await read([])).toEqual([]);
  });

  test("property: however the bytes are cut, the decoder gives the same lines", () => {
    const text = fc.string({ unit: "binary", maxLength: 12 }).map((each) => Buffer.from(each));
    const raw = fc.uint8Array({ maxLength: 12 }).map((each) => Buffer.from(each));
    const long = fc
      .integer({ min: MAX_LINE - 2, max: MAX_LINE + 2 })
      .map((size) => Buffer.alloc(size, "x"));
    const end = fc.constantFrom("\n", "\r\n", "\r", "").map((each) => Buffer.from(each));
    const pieces = fc.array(fc.oneof({ weight: 4, arbitrary: text }, raw, long, end, end), {
      maxLength: 12,
    });
    const cuts = fc.array(fc.nat(), { maxLength: 6 });
    fc.assert(
      fc.property(pieces, cuts, (pieces, cuts) => {
        const bytes = Buffer.concat(pieces);
        const places = cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b);
        const packets = [0, ...places].map((from, i) =>
          bytes.subarray(from, places[i] ?? bytes.length),
        );
        const decoder = new LineDecoder();
        const lines = packets.flatMap((packet) => [...decoder.feed(packet)]);
        expect([...lines, ...decoder.end()]).toEqual(model(bytes));
      }),
      { numRuns: 300 },
    );
  });
});
