/** What happens in the pictures: small scenes, with real clients over real sockets. */
import { setTimeout as pass } from "node:timers/promises";
import { sign } from "../../../chapters/v15-packets/token.ts";
import type { Setup } from "./load.ts";
import type { Stage } from "./stage.ts";

const SECRET = Buffer.from("of the pictures alone");
const NEVER = 9_999_999_999; // a token that is the same in each run

export interface Scene extends Setup {
  readonly id: string;
  /** The first chapter that has it, and the last. */
  readonly since: string;
  readonly until?: string;
  /** What the picture shows, in one sentence: its caption and its text alternative. */
  readonly caption: string;
  play(stage: Stage): Promise<void>;
}

/** Those two are there when the picture begins, and came in this order. */
async function meet(stage: Stage, one: string, other: string): Promise<void> {
  await stage.connect(one, other);
  stage.begin();
}

export const scenes: readonly Scene[] = [
  {
    id: "life",
    since: "v01",
    until: "v01",
    caption: "The life of a connection: alice connects, says hello, hears it, and ends her side.",
    async play(stage) {
      await stage.connect("alice");
      await stage.say("alice", "hello");
      stage.socket("alice").end();
    },
  },
  {
    id: "reset",
    since: "v01",
    until: "v01",
    caption: "A reset: alice's connection breaks in the middle of a line, and her task ends.",
    async play(stage) {
      await stage.connect("alice");
      await stage.say("alice", "hello");
      stage.socket("alice").resetAndDestroy();
    },
  },
  {
    id: "life",
    since: "v02",
    caption:
      "The life of a connection: bob is there; alice arrives, is announced, speaks, and leaves.",
    async play(stage) {
      await stage.connect("bob");
      stage.begin();
      await stage.connect("alice");
      await stage.say("alice", "hello");
      stage.socket("alice").end();
    },
  },
  {
    id: "who",
    since: "v04",
    until: "v04",
    caption: "who: the answer goes straight to the asker's own outbox, and nobody else hears it.",
    async play(stage) {
      await meet(stage, "alice", "bob");
      await stage.say("bob", "who");
    },
  },
  {
    id: "rename",
    since: "v05",
    until: "v05",
    caption: "rename: alice takes a name, bob asks for the same one in capitals, and is refused.",
    async play(stage) {
      await meet(stage, "alice", "bob");
      await stage.say("alice", "rename|zoe");
      await stage.say("bob", "rename|ZOE");
      await stage.say("alice", "hi");
    },
  },
  {
    id: "private",
    since: "v06",
    until: "v06",
    caption: "A private message goes by the same queue as what all hear, but into one outbox only.",
    async play(stage) {
      await stage.connect("alice", "bob");
      await stage.say("bob", "rename|zoe");
      stage.begin();
      for (const line of ["hi", "to|zoe|psst", "to|nobody|psst"]) await stage.say("alice", line);
    },
  },
  {
    id: "history",
    since: "v13",
    until: "v13",
    caption:
      "The history: what alice says goes to the historian, too; her question waits for its turn, as what is said does.",
    async play(stage) {
      await stage.connect("alice");
      stage.begin();
      await stage.say("alice", "one");
      await stage.say("alice", "two", "history|5");
    },
  },
  {
    id: "frozen",
    since: "v14",
    until: "v14",
    caption:
      "A store that says nothing: the chat goes on, what was asked is given up, and asked again.",
    async play(stage) {
      await stage.connect("alice");
      stage.begin();
      stage.shelf.freeze();
      for (const line of ["one", "two", "history|5"]) await stage.say("alice", line);
      stage.shelf.giveUp();
      const kept = () => stage.observer.steps.some(({ text }) => text === "safe: mark 2");
      for (let waited = 0; !kept() && waited < 5000; waited += 10) await pass(10);
    },
  },
  {
    id: "login",
    since: "v15",
    secret: SECRET,
    caption:
      "The login: alice shows a token, and is in the room; bob's is a guess, and he hears why; nobody else hears of him.",
    async play(stage) {
      stage.begin();
      await stage.connect("alice");
      await stage.say("alice", `login|alice|${sign("alice", NEVER, SECRET)}`);
      await stage.connect("bob");
      await stage.say("bob", "login|bob|guess");
      stage.socket("bob").end();
      await stage.settle();
    },
  },
  {
    id: "nodes",
    since: "v16",
    nodes: true,
    caption:
      "Two nodes: what mei says at this one goes to NATS, too; what lin says at the other comes from there.",
    async play(stage) {
      await stage.connect("mei");
      await stage.say("mei", "rename|mei");
      await stage.elsewhere({ kind: "on", id: 1, addr: "lin", name: "", isProved: false });
      stage.begin();
      await stage.say("mei", "hello");
      await stage.elsewhere({ kind: "say", id: 1, text: "hi" });
    },
  },
  {
    id: "reset",
    since: "v02",
    caption: "A reset: alice's connection breaks; bob hears that she is offline.",
    async play(stage) {
      await meet(stage, "bob", "alice");
      stage.socket("alice").resetAndDestroy();
    },
  },
  {
    id: "cut-off",
    since: "v02",
    caption:
      "Cut off: alice does not read; the line that no longer fits into her outbox ends her connection.",
    async play(stage) {
      await meet(stage, "bob", "alice");
      stage.socket("alice").pause();
      stage.observer.paused = true;
      const line = "x".repeat(4000);
      while (!stage.behind("alice")) await stage.say("bob", ...Array(16).fill(line));
      for (let said = 0; stage.observer.paused && said < 20_000; said++)
        await stage.say("bob", line);
    },
  },
  {
    id: "kick",
    since: "v07",
    idleSeconds: 2,
    caption: "The kick: alice has said nothing for the limit; a farewell, and she is off the list.",
    async play(stage) {
      await stage.connect("alice");
      await pass(1000);
      await stage.connect("bob");
      stage.begin();
      for (let waited = 0; stage.observer.steps.length === 0 && waited < 5000; waited += 10)
        await pass(10);
    },
  },
  {
    id: "quit",
    since: "v08",
    caption: "quit: a leave with a farewell, by the same way as the kick.",
    async play(stage) {
      await meet(stage, "bob", "alice");
      await stage.say("alice", "hi", "quit", "never said");
    },
  },
  {
    id: "shutdown",
    since: "v08",
    caption: "The shutdown: what was said is delivered, then the last words, then the end.",
    async play(stage) {
      await meet(stage, "bob", "alice");
      await stage.stopServing();
    },
  },
];

/** Of the client: alice sits at it, and the server is a box of which only the wire is seen. */
export const clientScenes: readonly Scene[] = [
  {
    id: "client-life",
    since: "v09",
    caption: "The life of a client: alice starts it, hears of herself, says hello, and quits.",
    async play(stage) {
      await stage.sit();
      stage.type("1");
      await stage.shows("to all>");
      stage.type("hello");
      await stage.shows(/\]\S+:hello$/m);
      stage.type("quit");
      await stage.ended();
    },
  },
  {
    id: "lost",
    since: "v09",
    caption: "The server goes away, and comes back: so does the client, with its name.",
    async play(stage) {
      await stage.sit("alice");
      stage.type("1");
      await stage.shows("to all>");
      stage.begin();
      await stage.stopServing();
      await stage.shows("next try in 2 s"); // which leaves two seconds for what comes now
      stage.type("anybody?");
      await stage.shows("not sent");
      await stage.serve();
      await stage.shows(/is back\n(.*\n)*you are now/);
    },
  },
  {
    id: "farewell",
    since: "v09",
    idleSeconds: 2,
    caption: "A farewell: who was kicked does not come back by itself; the client ends.",
    async play(stage) {
      await stage.sit();
      stage.begin();
      await stage.ended();
    },
  },
  {
    id: "quit-while-waiting",
    since: "v09",
    caption: "Quit while the server is away: the wait is over at once.",
    async play(stage) {
      await stage.sit();
      stage.begin();
      await stage.stopServing();
      await stage.shows("next try in 1 s");
      stage.type("quit");
      await stage.ended();
    },
  },
  {
    id: "nobody-serves",
    since: "v09",
    caption: "Nobody serves: the client does not even begin.",
    async play(stage) {
      await stage.stopServing();
      await stage.sit().catch(() => {}); // that is what this scene is about
    },
  },
];
