/** From v15 on: a wire of packets, each of which says how long it is. Who may come in, and come back: v15-login.ts. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import {
  CONNACK,
  CONNECT,
  DISCONNECT,
  hello,
  number,
  PING,
  PONG,
  packet,
  RECV,
  RECVACK,
  SEND,
  SENDACK,
  send,
  string,
} from "../harness/packets.ts";
import type { PacketPeer } from "../harness/peer.ts";
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import {
  bye,
  kicked,
  listed,
  MAX_LINE,
  offline,
  online,
  renamed,
  said,
  shutdown,
} from "../harness/wire.ts";
import { refuses } from "./v13-file.ts";

export const byPackets = ["packets"] as const;
const SECONDS = 2;

/** Somebody who has been let in and has heard its own `online`, as have the others. */
export async function enter(
  server: Server,
  others: readonly Client[] = [],
  who: Parameters<typeof hello>[0] = {},
): Promise<PacketPeer> {
  const peer = await server.peer();
  same([await peer.hello(who)], [`connack 0 ${peer.name}`], "the answer to CONNECT");
  same([await peer.next()], [`recv 0 ${online(peer)}`], "the first line");
  for (const each of others) await each.expect(online(peer));
  return peer;
}

/** The server ends whoever has sent this, and says why; of who was in, the room hears that it is gone. */
async function ends(server: Server, reason: number, all: Readonly<Record<string, Wrong>>) {
  const [alice] = await server.join();
  for (const [what, { first, bytes }] of Object.entries(all)) {
    const bob = first === "CONNECT" ? await enter(server, [alice]) : await server.peer();
    await bob.write(...bytes);
    const last = await bob.over();
    const right = last.startsWith(`disconnect ${reason} `) || last === `disconnect ${reason}`;
    check(right, `${what}: expected disconnect ${reason}, heard ${last || "nothing"}`);
    if (first === "CONNECT") await alice.expect(offline(bob));
  }
  await alice.hears();
}

interface Wrong {
  /** What was said before, and was right. */
  readonly first: "CONNECT" | "nothing";
  readonly bytes: readonly Uint8Array[];
}

const inside = (...bytes: Uint8Array[]): Wrong => ({ first: "CONNECT", bytes });
const outside = (...bytes: Uint8Array[]): Wrong => ({ first: "nothing", bytes });
const LATIN = Uint8Array.of(0x61, 0xe9);
const whole = Buffer.concat([...["Bob", "d", "t"].map(string), number(0, 8)]);

/** A CONNECT that lacks its last bytes, whatever its length; and one that has a byte too many. */
const misfits = Object.fromEntries(
  [...Array(whole.length).keys(), whole.length + 1].map((length) => [
    `a CONNECT of ${length} bytes`,
    outside(packet(CONNECT, Buffer.concat([whole, Buffer.alloc(1)]).subarray(0, length))),
  ]),
);

const MALFORMED: Readonly<Record<string, Wrong>> = {
  "a line before CONNECT": outside(send(1, "hi")),
  "a PING before CONNECT": outside(packet(PING)),
  "a DISCONNECT before CONNECT": outside(packet(DISCONNECT, number(0, 1))),
  "GET / HTTP/1.1": outside(Buffer.from("GET / HTTP/1.1\r\n\r\n")),
  "a line of the other wire": outside(Buffer.from("rename|Bob\n")),
  ...misfits,
  "a name that is not UTF-8": outside(
    packet(CONNECT, Buffer.concat([string(LATIN), string(""), string(""), number(0, 8)])),
  ),
  "a second CONNECT": inside(hello()),
  ...Object.fromEntries(
    [0, CONNACK, SENDACK, RECV, PONG, 10, 255].map((type) => [
      `type ${type}`,
      inside(packet(type, number(0, 8))),
    ]),
  ),
  ...Object.fromEntries(
    [1, 128, 255].map((flags) => [`flags ${flags}`, inside(packet(PING, "", { flags }))]),
  ),
  "a SEND without a number": inside(packet(SEND, "abc")),
  "a line that is not UTF-8": inside(send(1, LATIN)),
  "a PING with a body": inside(packet(PING, "x")),
  "a RECVACK of 7 bytes": inside(packet(RECVACK, "1234567")),
  "a RECVACK of 9 bytes": inside(packet(RECVACK, "123456789")),
  "a DISCONNECT without a reason": inside(packet(DISCONNECT)),
};

const MOST = 2 ** 32 - 1;
const TOO_LARGE: Readonly<Record<string, Wrong>> = {
  "a line of 4,097 bytes": inside(send(1, "x".repeat(MAX_LINE + 1))),
  "a SEND that says 4 GiB": inside(packet(SEND, "", { length: MOST })),
  "a PING that says 4 GiB": inside(packet(PING, "", { length: MOST })),
  "a CONNECT that says 4 GiB": outside(packet(CONNECT, "", { length: MOST })),
  "a CONNECT with a long token": outside(hello({ token: "x".repeat(60_000) })),
};

/** So many packets, in the order of their kinds: what is heard of the room need not wait for what answers. */
async function some(peer: PacketPeer, count: number): Promise<string[]> {
  const all: string[] = [];
  while (all.length < count) all.push(await peer.next());
  return all.sort();
}

export const v15: Case[] = [
  {
    id: "v15/connect",
    since: "v15",
    clause:
      "CONNECT is answered with CONNACK 0 and the user's name, which is its address if the CONNECT has none",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice]);
      const mei = await enter(server, [alice], { name: "小梅", device: "phone", token: "none" });
      same([await bob.next()], [`recv 0 ${online(mei)}`], "bob");
      alice.send("who");
      await alice.expect(listed(alice), listed(bob), listed(mei));
    },
  },
  {
    id: "v15/connect-refused",
    since: "v15",
    clause:
      "a CONNECT with a name that is taken or not valid gets CONNACK 2, and the connection ends; nobody else hears of it",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice], { name: "Bob" });
      for (const name of ["Bob", "BOB", alice.addr, "a b", "a|b", "x".repeat(33)]) {
        const late = await server.peer();
        await late.write(hello({ name }), send(1, "hello"));
        const last = await late.over();
        check(/^connack 2\b/.test(last), `${name}: expected connack 2, heard ${last || "nothing"}`);
      }
      await alice.hears();
      bob.socket.destroy();
      await alice.expect(offline(bob));
      await enter(server, [alice], { name: "bob" });
    },
  },
  {
    id: "v15/line-is-a-packet",
    since: "v15",
    clause:
      "a SEND is a line, and each line that a client hears is a RECV; what a line may contain is the same here",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice]);
      const long = "x".repeat(MAX_LINE);
      await bob.say(`one\n${said(alice, "I resign")}\r\n\x1b[2Jtwo\tthree`);
      await bob.say("");
      await bob.say(long);
      const lines = [`one${said(alice, "I resign")}[2Jtwo three`, long].map((text) =>
        said(bob, text),
      );
      await alice.expect(...lines);
      const heard = [await bob.line(), await bob.line()];
      same(
        heard.map((line) => line.replace(/^recv \d+ /, "")),
        lines,
        "bob",
      );
      await bob.write(packet(RECVACK, number(1, 8))); // is read, and nothing more
      await bob.say("who");
      same(
        [await bob.line(), await bob.line()],
        [`recv 0 ${listed(alice)}`, `recv 0 ${listed(bob)}`],
        "the answer to who",
      );
    },
  },
  {
    id: "v15/sendack",
    since: "v15",
    clause:
      "each SEND gets a SENDACK with its number, in the order of the SENDs, after the answer to its line",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice]);
      for (const [i, count] of [7, 7, MOST, 0].entries()) {
        await bob.write(send(count, `rename|Bob${i}`));
        same(
          [await bob.next(), await bob.next()],
          [`recv 0 ${renamed(`Bob${i}`)}`, `sendack ${count} 0`],
          "bob",
        );
      }
      const lines = Array.from({ length: 500 }, (_, i) => `line ${i}`);
      await bob.write(...lines.map((line, i) => send(i, line)));
      let next = 0;
      while (next < lines.length) {
        const words = await bob.next();
        if (words.startsWith("sendack ")) same([words], [`sendack ${next++} 0`], "bob");
      }
      bob.socket.resetAndDestroy(); // what is acknowledged is in the room
      bob.name = "Bob3";
      await alice.expect(...lines.map((line) => said(bob, line)), offline(bob));
    },
  },
  {
    id: "v15/ping",
    since: "v15",
    clause: "PING is answered with PONG, in its turn",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice]);
      await bob.write(packet(PING));
      same([await bob.next()], ["pong"], "bob");
      await bob.write(packet(PING), send(1, "rename|Bob"), packet(PING), packet(PING));
      const heard = ["pong", `recv 0 ${renamed("Bob")}`, "sendack 1 0", "pong", "pong"];
      same(await some(bob, heard.length), heard.toSorted(), "bob");
      await alice.hears();
    },
  },
  {
    id: "v15/silent-but-for-pings",
    since: "v15",
    clause:
      "neither a PING nor a part of a packet restarts the idle limit; a user who is kicked gets DISCONNECT 6, which says why",
    args: ["--idle-timeout", `${SECONDS}`],
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const pinging = await enter(server, [alice]);
      const trickling = await enter(server, [alice]);
      const half = packet(SEND, "", { length: 1000 });
      await trickling.write(half);
      const beat = setInterval(() => {
        pinging.socket.write(packet(PING));
        trickling.socket.write("x");
      }, 200);
      const last = await Promise.all([pinging.over(), trickling.over()]).finally(() =>
        clearInterval(beat),
      );
      const why = `disconnect 6 ${kicked(SECONDS)}`;
      same(last, [why, why], "the last packets");
      same(
        [await alice.next(), await alice.next()].toSorted(),
        [offline(pinging), offline(trickling)].toSorted(),
        "alice",
      );
    },
  },
  {
    id: "v15/cut-anywhere",
    since: "v15",
    clause: "a packet may come byte by byte, and several packets may come at once",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const bob = await server.peer();
      const slowly = async (bytes: Buffer) => {
        for (const byte of bytes.subarray(0, -1)) {
          await bob.write(Uint8Array.of(byte));
          await alice.hears();
        }
        await bob.write(bytes.subarray(-1));
      };
      bob.name = "张三";
      await slowly(hello({ name: bob.name, device: "d", token: "t" }));
      await alice.expect(online(bob));
      await slowly(send(1, "byte by byte: 世界"));
      await alice.expect(said(bob, "byte by byte: 世界"));
      const many = Array.from({ length: 100 }, (_, i) => `${i} ${"x".repeat(i * 37)}`);
      const bytes = Buffer.concat(many.map((line, i) => send(i, line)));
      for (let at = 0; at < bytes.length; at += 4093)
        await bob.write(bytes.subarray(at, at + 4093));
      await alice.expect(...many.map((line) => said(bob, line)));
    },
  },
  {
    id: "v15/malformed",
    since: "v15",
    clause:
      "bytes that are not a packet, or a packet that is not allowed at that moment, get DISCONNECT 4; then the connection ends",
    needs: byPackets,
    run: (server) => ends(server, 4, MALFORMED),
  },
  {
    id: "v15/too-large",
    since: "v15",
    clause:
      "a line over 4,096 bytes, or a length over the limit, gets DISCONNECT 5 at once; then the connection ends",
    needs: byPackets,
    run: (server) => ends(server, 5, TOO_LARGE),
  },
  {
    id: "v15/disconnect",
    since: "v15",
    clause:
      "a DISCONNECT ends the connection in order: what was sent before it is said, what comes after it is not",
    needs: byPackets,
    async run(server) {
      const [alice] = await server.join();
      const end = packet(DISCONNECT, Buffer.concat([number(0, 1), Buffer.from("so long")]));
      for (let i = 0; i < 3; i++) {
        const bob = await enter(server, [alice]);
        const text = server.fresh("the last ");
        await bob.write(send(1, text), end, send(2, "and another thing"), Buffer.from("garbage"));
        await alice.expect(said(bob, text), offline(bob));
        const last = await bob.over();
        check(/^(recv \d+|sendack 1 0|disconnect 0)/.test(last), `in no order: ${last}`);
      }
      const carol = await enter(server, [alice]);
      await carol.write(send(1, "hello"), send(2, "never whole").subarray(0, -1));
      carol.socket.end(); // without a word
      await alice.expect(said(carol, "hello"), offline(carol));
      await alice.hears();
    },
  },
  {
    id: "v15/goodbye",
    since: "v15",
    clause:
      "a user who quits gets DISCONNECT 0, at the shutdown everybody gets DISCONNECT 7; its text is the last line that clients that speak lines hear",
    needs: ["packets", "signals"],
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice]);
      const carol = await enter(server, [alice]);
      await bob.say("quit");
      same([await bob.over()], [`disconnect 0 ${bye}`], "bob");
      await alice.expect(offline(bob));
      server.signal("SIGTERM");
      same([await carol.over()], [`disconnect 7 ${shutdown}`], "carol");
      same(await alice.over(), [shutdown], "alice");
      alice.end();
      const { code, last } = await server.ended();
      same([`${code}, ${last}`], ["0, closed: 2 users, 0 cut off, 0 tasks left"], "the end");
    },
  },
  {
    id: "v15/acknowledged-at-the-shutdown",
    since: "v15",
    alone: true,
    clause: "a line that is acknowledged is said, even if the server ends in a flood",
    needs: ["packets", "signals"],
    async run(server) {
      const [alice] = await server.join();
      const all: PacketPeer[] = [];
      for (let i = 0; i < 10; i++) all.push(await enter(server, [alice], { name: `u${i}` }));
      const lines = Array.from({ length: 2000 }, (_, i) => send(i, `${i} ${"x".repeat(200)}`));
      for (const each of all) void each.write(...lines);
      const first = said(all[0] as PacketPeer, `0 ${"x".repeat(200)}`);
      const before = await alice.until(first);
      server.signal("SIGTERM");
      const heard = new Set([...before, first, ...(await alice.over())]);
      alice.end();
      let acknowledged = 0;
      for (const each of all) {
        for (
          let words = await each.next();
          !words.startsWith("disconnect");
          words = await each.next()
        ) {
          check(!words.startsWith("nothing"), `${each.name} heard ${words}`);
          const [, count] = /^sendack (\d+) 0$/.exec(words) ?? [];
          if (count === undefined) continue;
          acknowledged++;
          const line = said(each, `${count} ${"x".repeat(200)}`);
          check(heard.has(line), `${each.name}'s ${count} was never said`);
        }
        each.socket.destroy();
      }
      check(acknowledged > 0, "nothing was acknowledged");
      await server.ended();
    },
  },
  ...["-1", "65536", "x"].map(
    (port): Case => ({
      id: `v15/bad-packet-port "${port}"`,
      since: "v15",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        await refuses(server, [`--packet-port=${port}`], /^--packet-port must be .*65535/);
      },
    }),
  ),
];
