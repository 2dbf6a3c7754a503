/** What happens in the pictures of packets: each client speaks them, and the server is a box. */
import { setTimeout as pass } from "node:timers/promises";
import { sign } from "../../../chapters/v15-packets/token.ts";
import {
  DISCONNECT,
  hello,
  number,
  PING,
  packet,
  RECVACK,
  send,
} from "../../../test/harness/packets.ts";
import type { Scene } from "./scenarios.ts";
import type { Stage } from "./stage.ts";

const SECRET = Buffer.from("of the pictures alone");
const NEVER = 9_999_999_999; // a token that is the same in each run
const UNTIL_MS = 5000;

const goodbye = packet(DISCONNECT, number(0, 1));
const phone = (after = 0) => hello({ name: "alice", device: "phone", after });
const proved = (name: string) => hello({ name, device: "phone", token: sign(name, NEVER, SECRET) });

/** Waits until so many connections have been closed. */
async function closed(stage: Stage, count: number): Promise<void> {
  const all = () => stage.observer.moves.filter(({ to }) => to === "closed").length >= count;
  for (let waited = 0; !all() && waited < UNTIL_MS; waited += 10) await pass(10);
}

export const packetScenes: readonly Scene[] = [
  {
    id: "packets",
    since: "v15",
    caption:
      "Packets: alice comes, speaks, is acknowledged, and loses her connection; she comes back with the last number that she has heard, and hears what bob said meanwhile.",
    async play(stage) {
      await stage.knock("bob", hello({ name: "bob" }));
      stage.begin();
      await stage.knock("alice", phone());
      await stage.send("alice", send(1, "hello"));
      await stage.send("alice", packet(RECVACK, number(1, 8)));
      stage.socket("alice").resetAndDestroy();
      await stage.settle();
      await stage.send("bob", send(1, "are you there?"));
      await stage.knock("alice", phone(1));
      await stage.send("alice", packet(PING));
      await stage.send("alice", goodbye);
    },
  },
  {
    id: "packets-refused",
    since: "v15",
    secret: SECRET,
    caption: "Who may not come in: a guess, a name that is none, and a device that comes again.",
    async play(stage) {
      await stage.knock("bob", hello({ name: "bob", token: "guess" }));
      await stage.knock("carol", hello({ name: "no|name", token: "guess" }));
      await stage.knock("alice", proved("alice"));
      await stage.knock("alice", proved("alice"));
    },
  },
  {
    id: "packets-broken",
    since: "v15",
    caption: "What is no packet: each ends its own connection, and says why.",
    async play(stage) {
      await stage.knock("alice", packet(PING));
      await stage.knock("bob", packet(77));
      await stage.knock("carol", hello({ name: "carol" }));
      await stage.send("carol", packet(77));
      await stage.knock("dave", hello({ name: "dave" }));
      await stage.send("dave", packet(PING, "", { length: 2 ** 32 - 1 }));
      await stage.knock("erin", packet(PING, "", { length: 2 ** 32 - 1 }));
    },
  },
  {
    id: "packets-late",
    since: "v15",
    idleSeconds: 2,
    loginSeconds: 1,
    caption: "Too late: alice never says who she is; bob says nothing once he is in.",
    async play(stage) {
      await stage.knock("alice");
      await stage.knock("bob", hello({ name: "bob" }));
      await closed(stage, 2);
    },
  },
  {
    id: "packets-ends",
    since: "v15",
    caption: "All other ends: quit, the end of a side, a reset, and the end of the server.",
    async play(stage) {
      await stage.knock("alice", phone());
      await stage.send("alice", send(1, "quit"));
      await stage.knock("bob", hello({ name: "bob" }));
      stage.socket("bob").end();
      await stage.settle();
      for (const silent of ["carol", "dave"]) await stage.knock(silent);
      stage.socket("carol").end();
      await stage.settle();
      stage.socket("dave").resetAndDestroy();
      await stage.settle();
      await stage.connect("erin"); // by lines
      await stage.knock("frank");
      await stage.knock("grace", hello({ name: "grace" }));
      await stage.stopServing();
    },
  },
  {
    id: "packets-cut-off",
    since: "v15",
    caption: "Cut off: alice does not read.",
    async play(stage) {
      await stage.knock("alice", phone());
      stage.socket("alice").pause();
      await stage.knock("bob", hello({ name: "bob" }));
      stage.observer.paused = true;
      const line = send(1, "x".repeat(4000));
      const gone = () => stage.observer.moves.some(({ by }) => by === "error: cut off");
      for (let said = 0; !gone() && said < 1000; said++)
        await stage.send("bob", ...Array(16).fill(line));
    },
  },
];
