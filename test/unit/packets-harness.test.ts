/** The tests' own packets, against bytes that were written by hand: they share no code with the chapter. */
import { expect, test } from "vitest";
import { hello, inWords, number, packet, packets, send, string } from "../harness/packets.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const bytes = (...parts: string[]) => Buffer.from(parts.join("").replaceAll(" ", ""), "hex");

test("what a client sends", () => {
  expect(hex(hello())).toBe(hex(bytes("01 00 0000000e", "0000 0000 0000", "0000000000000000")));
  const all = hello({ name: "张", device: "d1", token: "a.1.b", after: 258 });
  const strings = "0003 e5bca0 0002 6431 0005 612e312e62";
  expect(hex(all)).toBe(hex(bytes("01 00 00000018", strings, "0000000000000102")));
  expect(hex(send(7, "hi"))).toBe(hex(bytes("03 00 00000006 00000007 6869")));
  expect(hex(packet(7))).toBe("070000000000");
  expect(hex(packet(9, number(4, 1), { flags: 1, length: 2 ** 32 - 1 }))).toBe("0901ffffffff04");
  expect(hex(string("é"))).toBe("0002c3a9");
});

test("what a server says, however it is cut", () => {
  const all = bytes(
    ...["02 00 00000003 00 616c", "04 00 00000005 00000001 00", "08 00 00000000"],
    ...["05 00 0000000b 0000000000000102 e5bca0", "09 00 00000002 06 78", "09 00 00000001 00"],
  );
  const said = ["connack 0 al", "sendack 1 0", "pong", "recv 258 张", "disconnect 6 x"];
  for (let cut = 0; cut <= all.length; cut++) {
    const first = packets(all.subarray(0, cut));
    const second = packets(Buffer.concat([first.rest, all.subarray(cut)]));
    expect([...first.heard, ...second.heard].map(inWords)).toEqual([...said, "disconnect 0"]);
    expect(second.rest).toHaveLength(0);
  }
});

test.each([
  ["a client's packet", "01 00 00000000"],
  ["an unknown one", "0a 00 00000000"],
  ["flags", "08 01 00000000"],
  ["a PONG with a body", "08 00 00000001 00"],
  ["a SENDACK that is too short", "04 00 00000004 00000001"],
  ["a RECV that is too short", "05 00 00000007 00000000000000"],
  ["a DISCONNECT without a reason", "09 00 00000000"],
])("no server may send %s", (_, text) => {
  expect(() => packets(bytes(text))).toThrow(/^the server sent a packet of type/);
});
