/** Packets that lie, stop half-way or come without end; who never says who it is, or says it too often. */
import { chat } from "../cases/v13.ts";
import { enter } from "../cases/v15.ts";
import { SECRET } from "../harness/need.ts";
import { DISCONNECT, hello, number, PING, packet, send } from "../harness/packets.ts";
import type { PacketPeer } from "../harness/peer.ts";
import { eventually, type Server } from "../harness/server.ts";
import { token } from "../harness/token.ts";
import { check, same } from "../harness/transcript.ts";
import { offline } from "../harness/wire.ts";
import { type Fault, list, meanwhile, wrap } from "./fault.ts";

const SECONDS = 2;
const MiB = 1024 * 1024;
const byPackets = ["packets"] as const;

export const packetFaults: readonly Fault[] = [
  wrap("packets/each-field-wrong", "v15/malformed", { how: "refused", pair: "after" }),
  wrap("packets/promises-4-gib", "v15/too-large", { how: "refused", pair: "after" }),
  wrap("packets/behind-the-end", "v15/disconnect", { how: "ignored", pair: "after" }),
  wrap("packets/shutdown-in-a-flood", "v15/acknowledged-at-the-shutdown", {
    how: "not acknowledged",
    memory: 150,
    pair: "before",
  }),
  {
    id: "packets/gone-at-each-byte",
    since: "v15",
    needs: [...byPackets, "web"],
    how: "forgotten",
    async run(server) {
      const goodbye = packet(DISCONNECT, number(0, 1));
      const all = Buffer.concat([hello({ name: "eve", after: 1 }), send(1, "hi"), goodbye]);
      for (let cut = 0; cut <= all.length; cut++) {
        const peer = await server.peer();
        const left = peer.write(all.subarray(0, cut));
        if (cut % 2 === 0) await left;
        if (cut % 3 === 0) peer.socket.destroy();
        else peer.socket.resetAndDestroy();
      }
      await eventually(
        async () => (await server.get("/tasks")).text.includes("2 handler"),
        "all are gone",
      );
    },
  },
  {
    id: "packets/login-a-byte-a-second",
    since: "v15",
    args: ["--login-timeout", `${SECONDS}`],
    needs: byPackets,
    how: "sent away",
    async run(server, pair) {
      const peers = await strangers(server, 50);
      const bytes = [...hello({ name: "eve", token: "x".repeat(900) })];
      const trickle = setInterval(() => {
        const [byte = 0] = bytes.splice(0, 1);
        for (const { socket } of peers) socket.write(Uint8Array.of(byte));
      }, 500);
      await meanwhile(
        pair,
        tooLate(peers).finally(() => clearInterval(trickle)),
      );
    },
  },
  {
    id: "packets/a-thousand-never-log-in",
    since: "v15",
    args: ["--login-timeout", `${SECONDS}`],
    needs: byPackets,
    how: "sent away",
    memory: 100,
    async run(server, pair) {
      const all = async () => {
        for (let i = 0; i < 4; i++) await tooLate(await strangers(server, 250));
      };
      const { heard } = await meanwhile(pair, all());
      same(
        heard.flat().filter((line) => line.endsWith("online")),
        [],
        "what the pair heard",
      );
    },
  },
  {
    id: "packets/a-thousand-devices",
    since: "v15",
    args: ["--secret", SECRET],
    needs: byPackets,
    how: "one user",
    memory: 150,
    async run(server, pair) {
      const [alice] = pair;
      const mei = (device: string) => ({ name: "mei", token: token("mei"), device });
      const devices = [await enter(server, pair, mei("0"))];
      for (let i = 1; i < 1000; i++) devices.push(await inAgain(server, mei(`${i % 500}`)));
      same([`${(await list(alice)).length}`], ["3"], "the users in the list");
      await alice.write("to|mei|the last one\n");
      let left = 0;
      for (const device of devices) if ((await lastBut(device, "the last one")) === "here") left++;
      same([`${left}`], ["500"], "the devices that are there");
      for (const { socket } of devices) socket.destroy();
      const heard: string[] = [];
      await eventually(async () => {
        heard.push(...(await alice.sync()).filter((line) => line.endsWith("mei:offline")));
        return heard.length > 0;
      }, "the last device is gone");
      same([`${heard.length}`], ["1"], "how often mei goes");
    },
  },
  {
    id: "packets/an-old-token-again-and-again",
    since: "v15",
    args: ["--secret", SECRET],
    needs: [...byPackets, "addresses"],
    how: "refused, and slowed",
    memory: 90,
    async run(server, pair) {
      const old = { name: "mei", token: token("mei", Math.floor(Date.now() / 1000) - 1) };
      const again = async () => {
        const peers = await Promise.all(
          Array.from({ length: 150 }, () => server.peer("127.0.0.9")),
        );
        const words = peers.map(async (peer) => {
          await peer.write(hello(old));
          return peer.over();
        });
        for (const each of await Promise.all(words))
          check(/^connack 1\b/.test(each), `an old token: ${each}`);
      };
      const { tokens } = await meanwhile(pair, again());
      check(tokens > 100, `only ${tokens} tokens of the pair came back`);
      const mei = await enter(server, pair, { ...old, token: token("mei") });
      mei.socket.destroy();
      for (const user of pair) await user.expect(offline(mei));
    },
  },
  {
    id: "packets/pings-and-never-reads",
    since: "v15",
    alone: true,
    needs: [...byPackets, "memory"],
    how: "slowed",
    memory: 120,
    async run(server, pair) {
      const deaf = await enter(server, pair);
      deaf.socket.pause();
      const pings = Buffer.concat(Array(MiB / 8).fill(packet(PING)));
      let taken = 0;
      for (let i = 0; i < 64; i++) deaf.socket.write(pings, () => taken++);
      await stuck(() => taken, pair);
      check(taken < 60, "it took all pings, though no answer was read");
      deaf.socket.destroy();
      for (const user of pair) await user.until(offline(deaf));
    },
  },
  {
    id: "packets/sends-and-never-reads",
    since: "v15",
    alone: true,
    needs: [...byPackets, "memory"],
    how: "slowed",
    memory: 150,
    async run(server, pair) {
      const deaf = await enter(server, pair);
      deaf.socket.pause();
      const lines = Buffer.concat(Array(256).fill(send(1, "x".repeat(4000))));
      let taken = 0;
      for (let i = 0; i < 40; i++) deaf.socket.write(lines, () => taken++);
      await stuck(() => taken, pair);
      check(taken < 36, "it took all lines, though no answer was read");
      deaf.socket.destroy();
      for (const user of pair) await user.until(offline(deaf));
    },
  },
  {
    id: "packets/resumes-after-what-never-was",
    since: "v15",
    needs: byPackets,
    how: "nothing is missed",
    async run(server, pair) {
      for (const after of [2 ** 32, 1e12, Number.MAX_SAFE_INTEGER]) {
        const peer = await enter(server, pair, { after });
        await peer.write(packet(PING));
        same([await peer.next()], ["pong"], `after ${after}`);
        peer.socket.destroy();
        for (const user of pair) await user.expect(offline(peer));
      }
      for (const after of [2n ** 53n, 2n ** 63n, 2n ** 64n - 1n]) {
        const peer = await server.peer();
        await peer.write(hello({ after }));
        check(/^disconnect 4\b/.test(await peer.over()), `after ${after}`);
      }
    },
  },
  {
    id: "packets/gone-while-it-resumes",
    since: "v15",
    needs: byPackets,
    how: "skipped",
    memory: 120,
    async run(server, pair) {
      const [alice] = pair;
      await chat(
        alice,
        Array.from({ length: 1000 }, (_, i) => `${i} ${"x".repeat(900)}`),
      );
      for (let i = 0; i < 10; i++) {
        const peers = await strangers(server, 100);
        await Promise.all(peers.map((peer) => peer.write(hello({ after: 1 }))));
        for (const { socket } of peers) socket.resetAndDestroy();
      }
      const start = performance.now();
      const back = await server.peer();
      await back.hello({ after: 1 });
      for (let words = ""; !words.includes(":999 x"); ) words = await back.line();
      const ms = performance.now() - start;
      check(ms < 10_000, `behind a thousand who are gone it took ${ms.toFixed()} ms`);
      back.socket.destroy();
      for (const user of pair) await user.until(offline(back));
    },
  },
];

function strangers(server: Server, count: number): Promise<PacketPeer[]> {
  return Promise.all(Array.from({ length: count }, () => server.peer()));
}

async function tooLate(peers: readonly PacketPeer[]): Promise<void> {
  for (const last of await Promise.all(peers.map((peer) => peer.over())))
    check(/^disconnect 3\b/.test(last), `expected disconnect 3, heard ${last || "nothing"}`);
}

/** Another device, or the same one again: nobody hears of it. */
async function inAgain(
  server: Server,
  who: NonNullable<Parameters<typeof hello>[0]>,
): Promise<PacketPeer> {
  const peer = await server.peer();
  same([await peer.hello(who)], [`connack 0 ${who.name}`], "the answer to CONNECT");
  return peer;
}

/** Whether it hears this line in the end, or that it has come again elsewhere. */
async function lastBut(device: PacketPeer, text: string): Promise<"here" | "replaced"> {
  for (;;) {
    const words = await device.next();
    if (words.includes(text)) return "here";
    if (words.startsWith("disconnect 0 you are here again")) return "replaced";
    check(!words.startsWith("nothing"), `a device heard ${words}`);
  }
}

/** Until no more is taken, for as long as the pair talks a hundred times. */
async function stuck(taken: () => number, pair: Parameters<typeof meanwhile>[0]): Promise<void> {
  for (let before = -1; before !== taken(); ) {
    before = taken();
    for (let i = 0; i < 100; i++) for (const user of pair) await user.sync();
  }
}
