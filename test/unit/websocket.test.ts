/** WebSocket's frames: however the bytes are cut, the messages are the same; any bytes at all do no harm. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { frame, frames } from "../harness/websocket.ts";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v12-websocket/websocket.ts");
type Decoder = InstanceType<Module["WebSocketDecoder"]>;

describe.each(variants("websocket.ts"))("$id websocket.ts", async ({ url }) => {
  const { WEBSOCKET, WebSocketDecoder } = (await import(url)) as Module;
  const fed = (decoder: Decoder, bytes: Buffer) => [...decoder.feed(Buffer.from(bytes))];
  const lastWord = (decoder: Decoder) =>
    frames(decoder.goodbye("")).heard.map(({ payload }) => payload.readUInt16BE());

  /** A message in fragments with a ping between them, a ping, a message: whatever one may send. */
  const text = fc
    .string({ unit: "grapheme", maxLength: 40 })
    .map((each) => each.replace(/\p{Cc}/gu, ""));
  const ping = fc.uint8Array({ maxLength: 125 });
  const talk = fc.array(fc.oneof(fc.record({ text, at: fc.nat(), ping }), fc.record({ ping })), {
    minLength: 1,
  });

  test("property: cut anywhere, the lines and the pongs are the same", () => {
    fc.assert(
      fc.property(talk, fc.array(fc.nat()), (said, cuts) => {
        const expected: unknown[] = [];
        const sent = said.map((each) => {
          const pong = Buffer.from(each.ping);
          if (!("text" in each)) {
            expected.push(pong);
            return frame(9, each.ping);
          }
          const bytes = Buffer.from(each.text);
          const half = each.at % (bytes.length + 1);
          expected.push(pong, bytes.toString());
          const first = frame(1, bytes.subarray(0, half), { fin: false });
          return Buffer.concat([first, frame(9, each.ping), frame(0, bytes.subarray(half))]);
        });
        const all = Buffer.concat(sent);
        const places = cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b);
        const decoder = new WebSocketDecoder();
        const heard = [0, ...places].flatMap((from, i) =>
          fed(decoder, all.subarray(from, places[i] ?? all.length)),
        );
        expect(
          heard.map((one) => (Buffer.isBuffer(one) ? frames(one).heard[0]?.payload : one)),
        ).toEqual(expected);
        expect(decoder.over).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test("property: whatever bytes come, they end in lines, or in a reason", () => {
    // Bytes alone are refused by their first two; frames of every kind lead further.
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .record({
          opcode: fc.nat(10),
          fin: fc.boolean(),
          payload: fc.uint8Array({ maxLength: 200 }),
        })
        .map(({ opcode, fin, payload }) => frame(opcode, payload, { fin })),
      fc.uint8Array({ maxLength: 4 }).map((payload) => frame(8, payload)),
    );
    fc.assert(
      fc.property(fc.array(noise), (chunks) => {
        const decoder = new WebSocketDecoder();
        for (const chunk of chunks) fed(decoder, Buffer.from(chunk));
        if (decoder.over)
          expect(decoder.goodbye("")[0]).toBe(0x88); // a close frame, whatever it says
        else expect(frames(decoder.goodbye("")).heard[0]?.payload.readUInt16BE()).toBe(1000);
      }),
      { numRuns: 300 },
    );
  });

  test("what is refused is refused by its head, before the rest has come", () => {
    const head = (...bytes: number[]) => {
      const decoder = new WebSocketDecoder();
      fed(decoder, Buffer.from(bytes));
      return decoder.over ? lastWord(decoder) : "waits";
    };
    expect(head(0x81)).toBe("waits");
    expect(head(0x81, 0x01)).toEqual([1002]); // not masked
    expect(head(0xc1, 0x81)).toEqual([1002]); // reserved
    expect(head(0x81, 0xfe, 0x10, 0x00, 1, 2, 3, 4)).toBe("waits"); // 4,096 bytes
    expect(head(0x81, 0xfe, 0x10, 0x01, 1, 2, 3, 4)).toEqual([1009]);
  });

  test("lengths of 125, 126, 65,535 and 65,536 bytes go out as RFC 6455 has them", () => {
    const lines = [0, 1, 125, 126, 65_535, 65_536].map((length) => "x".repeat(length));
    const { heard, rest } = frames(WEBSOCKET.encode(lines));
    expect(heard.map(({ payload }) => payload.toString())).toEqual(lines);
    expect(rest.length).toBe(0);
  });

  test("one ping at a time, and only its own pong answers it", () => {
    const decoder = new WebSocketDecoder();
    const trips: number[] = [];
    const asked = () => decoder.ping((seconds) => trips.push(seconds));
    const [ping] = frames(asked() as Buffer).heard;
    expect(asked()).toBeUndefined();
    fed(decoder, frame(10, "another"));
    expect(asked()).toBeUndefined();
    fed(decoder, frame(10, ping?.payload ?? ""));
    expect(trips).toHaveLength(1);
    const [next] = frames(asked() as Buffer).heard;
    expect(next?.payload).not.toEqual(ping?.payload); // an old pong answers no new ping
  });

  test("whoever is slowed down is not gone: its pong may be behind what is not dealt with yet", () => {
    const decoder = new WebSocketDecoder();
    const ping = () => decoder.ping(() => {})?.length;
    expect(ping()).toBeGreaterThan(0);
    const lines = decoder.feed(Buffer.concat([frame(1, "one"), frame(1, "two")]));
    lines.next(); // whoever takes the lines waits
    expect(ping()).toBe(0);
    while (!lines.next().done);
    expect(ping()).toBeUndefined();
    fed(decoder, frame(1, "half a frame").subarray(0, 5));
    expect(ping()).toBeUndefined();
  });
});
