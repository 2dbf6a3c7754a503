/** The pictures of v16: its claims and its presence, as they are, beside buckets in memory. */
import { Claims } from "../../../chapters/v16-cluster/claims.ts";
import type { Event } from "../../../chapters/v16-cluster/envelope.ts";
import { Presence } from "../../../chapters/v16-cluster/presence.ts";
import { Memory, type Note } from "./buckets.ts";
import { stateDiagram } from "./draw.ts";
import { settled } from "./load.ts";
import type { Move } from "./observe.ts";

export const FIRST = "v16";
const MOST_BEATS = 10;

/** By id, as Mermaid text. What the nodes say to whoever runs them is not shown. */
export async function drawNodes(): Promise<Map<string, string>> {
  const { error } = console;
  console.error = () => {};
  try {
    return new Map([
      ["claim", race(await playRace())],
      ["node", stateDiagram([...(await playNode()), ...(await playStarts())], new Set())],
      ["neighbour", stateDiagram(playNeighbour(), new Set())],
    ]);
  } finally {
    console.error = error;
  }
}

/** mei at node a and lin at node c ask for one name in the same turn. */
async function playRace(): Promise<Note[]> {
  const memory = new Memory();
  const [a, c] = ["a", "c"].map((node) => new Claims(memory.busOf(node), node, `run-of-${node}`));
  await a?.open();
  await c?.open();
  memory.notes.length = 0;
  const ask = async (user: string, node: string, claims: Claims | undefined) => {
    memory.notes.push({ from: user, to: node, kind: "asks", text: "rename|king" });
    const isOurs = await claims?.claim("king");
    const text = isOurs ? "you are now king" : "name king is taken";
    memory.notes.push({ from: node, to: user, kind: "answers", text });
  };
  await Promise.all([ask("mei", "a", a), ask("lin", "c", c)]);
  return memory.notes;
}

const ARROWS = { asks: "->>", answers: "-->>", refuses: "--x" } as const;

function race(notes: readonly Note[]): string {
  const arrows = notes.map(
    ({ from, to, kind, text }) => `  ${from}${ARROWS[kind]}${to}: ${text.replace("{", "")}`,
  );
  const actors = ["actor mei", "participant a as node a"];
  const buckets = ["chat_names", "chat_nodes"].map((name) => `participant ${name}`);
  const all = [...actors, ...buckets, "participant c as node c", "actor lin"];
  return ["sequenceDiagram", ...all.map((actor) => `  ${actor}`), ...arrows].join("\n");
}

/** Notes each change of a state, and what has caused it. */
class Watch {
  readonly moves: Move[] = [];
  readonly #look: () => string;
  #state = "[*]";

  constructor(look: () => string) {
    this.#look = look;
  }

  /** With `always` also if the state stays. */
  saw(by: string, always = false): void {
    const to = this.#look();
    if (to !== this.#state || always) this.moves.push({ addr: "", from: this.#state, to, by });
    this.#state = to;
  }
}

/** A node that begins while NATS is away, meets the others, is cut off, and finds another in its place. */
async function playNode(): Promise<Move[]> {
  const memory = new Memory();
  const bus = memory.busOf("a", false);
  const claims = new Claims(bus, "a", "run-of-a");
  let isOver = false;
  const watch = new Watch(() => (isOver ? "[*]" : claims.hasLease ? "joined" : "alone"));
  const lease = Buffer.from("a").toString("base64url");
  const connect = async (isConnected: boolean, by: string) => {
    bus.isConnected = isConnected;
    bus.onChange();
    await settled(() => memory.notes.length);
    watch.saw(by);
  };
  const write = (value: string, operation: "PUT" | "DEL") =>
    memory.nodes.put(lease, value, operation, memory.nodes.revisionOf(lease));
  await claims.open();
  watch.saw("NATS is away");
  const kept = claims.keep();
  await connect(true, "NATS is there");
  await connect(false, "NATS is away, or does not answer");
  write("another run", "PUT");
  await connect(true, "");
  write("", "DEL");
  await connect(true, "NATS is there");
  write("another run", "PUT");
  await connect(true, "another node has its name");
  write("", "DEL");
  await connect(true, "NATS is there");
  claims.close();
  await kept;
  isOver = true;
  watch.saw("a signal");
  return watch.moves;
}

/** One that finds NATS, and its name free; one that does not. */
async function playStarts(): Promise<Move[]> {
  const memory = new Memory();
  const first = new Claims(memory.busOf("a"), "a", "run-of-a");
  const second = new Claims(memory.busOf("a"), "a", "another run");
  const watch = new Watch(() => (first.hasLease ? "joined" : "alone"));
  await first.open();
  watch.saw("NATS is there");
  const kept = first.keep(); // renews it, while the second one looks
  const refused = await second.open().then(
    () => "in",
    () => "refused",
  );
  first.close();
  await kept;
  const move = { addr: "", from: "[*]", to: refused, by: "its name is in use" };
  return [...watch.moves, move, { ...move, from: refused, to: "[*]", by: "one line, exit code 1" }];
}

/** What a node makes of another one: it meets it, misses something, sees it begin anew, and go. */
function playNeighbour(): Move[] {
  const presence = new Presence("a");
  const watch = new Watch(() => {
    if (presence.asks.length > 0) return "asking";
    return presence.knows("c") ? "known" : "unknown";
  });
  const hear = (run: string, seq: number, by: string, events: Event[] = []) => {
    for (const _ of presence.take({ node: "c", run, seq, asks: [], events }));
    watch.saw(by, true);
  };
  const state = (): Event[] => [
    { kind: "state", answers: presence.asks.map(({ random }) => random) },
    { kind: "whole" },
  ];
  const silence = () => {
    for (let beat = 0; beat < MOST_BEATS; beat++) for (const _ of presence.beat());
    watch.saw("5 beats without a word");
  };
  watch.saw("never heard");
  hear("one run", 1, "is heard");
  hear("one run", 3, "its answer", state());
  hear("one run", 4, "the next envelope");
  hear("one run", 4, "an old envelope");
  hear("one run", 6, "a gap");
  hear("one run", 7, "its answer", state());
  hear("another run", 1, "another run");
  silence();
  hear("another run", 2, "is heard");
  hear("another run", 3, "its answer", state());
  silence();
  return watch.moves;
}
