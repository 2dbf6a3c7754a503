/** The command line of the bench: what is to be measured, and of whom. */
import { execFileSync } from "node:child_process";
import { chapters } from "../../../chapters/manifest.ts";
import { Refusal, type Values, whole } from "../command.ts";
import { chapterOf } from "../find.ts";
import { clusters, crowdedPeers, MOST_NODES, MOST_USERS_A_NODE } from "./cluster.ts";
import {
  type Contender,
  chapterContender,
  naive,
  nats,
  ownContender,
  type Peer,
  peers,
} from "./contenders.ts";
import { keepers } from "./history.ts";
import { others } from "./others.ts";
import { threeWires } from "./packets.ts";
import { overWebSocket, WEB, webSocketPeers } from "./websockets.ts";

const PARTS = ["fanout", ...Object.keys(others)];
/** What is measured, if `--only` does not say it. */
const USUAL = {
  all: "fanout,start,join,idle",
  crowds: "fanout",
  websocket: "fanout",
  packets: "fanout",
  cluster: "fanout",
  history: "fanout,start,bare,ask,seek",
  timers: "",
};

const DEFAULTS = { users: "1000", senders: "50", seconds: "3", rounds: "5" };
const QUICK = { users: "200", senders: "10", seconds: "1", rounds: "1" };

export const HELP = `npm run bench      measures the chapters' servers; takes some minutes
  --users N          connect N users (1000); twice as many come at once for "join",
                     and five times as many say nothing for "idle"; several, one after the other,
                     for the fan-out alone: 100,300,1000,3000
  --senders N        N of them speak (50)
  --window N         lines in flight for each sender (4; with --cluster 4,16); several, one after the other: 4,1,16
  --seconds S        a round takes S seconds, after the warm-up (3)
  --rounds N         N rounds of each server; the servers take turns (5)
  --chapters LIST    measure these chapters (v02,v07, and the last that changed the server)
  --peers LIST       redis, nats or none (redis,nats: where they are installed)
  --websocket        v12 with lines and with WebSocket, beside ws and gorilla/websocket (off)
  --packets          v15 with packets, beside lines and WebSocket (off)
  --cluster          nodes of v16 on NATS with as many users each, beside one server, Redis and NATS with
                     three times as many (off)
  --history          v13 with a history and without, beside v12; a file of 1,000,000 lines beside an empty
                     one (off)
  --timers           measure only idle limits: as timers of Node's own, and in v15's wheel (off)
  --cmd "COMMAND"    also your own server: python3 server.py {port}; may be given more than once (none)
  --only LIST        only these of fanout, start, join and idle (all); with --history, of fanout, start,
                     bare (its memory then), ask (history|10) and seek (history|10|nobody)
  --quick            a first look: 200 users, 10 senders, 1 round of 1 s (off)
  --json FILE        write the figures of every round, for npm run bench:page (none)
  --profile FILE     show only where one chapter spends its time (the first of
                     --chapters, or v07); the whole profile is for Chrome's DevTools (none)`;

const text = { type: "string" } as const;

export const options = {
  ...{ users: text, senders: text, window: text, seconds: text, rounds: text },
  ...{ chapters: text, peers: text, only: text, json: text, profile: text },
  cmd: { type: "string", multiple: true },
  quick: { type: "boolean" },
  websocket: { type: "boolean" },
  packets: { type: "boolean" },
  cluster: { type: "boolean" },
  history: { type: "boolean" },
  timers: { type: "boolean" },
} as const;

export type Plan = ReturnType<typeof plan>;

export function plan(values: Values<typeof options>) {
  const { quick = false } = values;
  const chosen = comparison(values);
  const { only = USUAL[chosen], window = chosen === "cluster" ? "4,16" : "4" } = values;
  const given = { ...(quick ? QUICK : DEFAULTS), ...values };
  const cluster = chosen === "cluster";
  const mostUsers = cluster ? MOST_USERS_A_NODE : 5000;
  const lists = chosen === "crowds" ? given.users.split(",") : [given.users];
  const crowds = lists.map((each) => whole("users", each, 2, mostUsers));
  const users = Math.max(...crowds);
  /** Why somebody or something is not measured, a line each. */
  const left: string[] = [];
  const found = peersFor(chosen, values.peers, left);
  const own = (values.cmd ?? []).map((line, i) => ownContender(line, `own${i > 0 ? i + 1 : ""}`));
  const chosenOnes = CONTENDERS[chosen](values.chapters, left);
  return {
    comparison: chosen,
    quick,
    load: {
      users,
      senders: whole("senders", given.senders, 1, cluster ? users >> 1 : Math.min(...crowds)), // each has somebody who waits
      seconds: seconds(given.seconds),
      rounds: whole("rounds", given.rounds, 1, 100),
      ...(cluster && { elsewhere: true }),
    },
    /** So many users, one number after the other. */
    crowds,
    windows: window.split(",").map((each) => whole("window", each, 1, 1000)),
    parts: within(
      only.split(",").filter(Boolean).map(partOf),
      cluster ? users * MOST_NODES : users,
      left,
    ),
    contenders: [...chosenOnes, ...own, ...found.map(({ peer }) => peer)],
    /** Of the peers that are measured, by id. */
    versions: Object.fromEntries(found.map(({ peer, version }) => [peer.id, version])),
    left,
  };
}

/** What is compared, if it is not chapters with each other. */
function comparison(values: Values<typeof options>): keyof typeof USUAL {
  const { cluster, history, packets, timers, users, websocket } = values;
  if (timers) return "timers";
  if (cluster) return "cluster";
  if (history) return "history";
  if (packets) return "packets";
  if (websocket) return "websocket";
  return users?.includes(",") ? "crowds" : "all";
}

type Find = (chapters: string | undefined, left: string[]) => Contender[];

const CONTENDERS: Record<keyof typeof USUAL, Find> = {
  all: chaptersAndNaive,
  crowds: chaptersAndNaive,
  cluster: (_, left) => clusters(installed([{ ...nats, id: "nodes" }], left).length > 0),
  websocket: bothWires,
  packets: threeWires,
  history: keepers,
  timers: () => [], // nobody is connected
};

function chaptersAndNaive(list?: string): Contender[] {
  return [...chaptersOf(list).map((chapter) => chapterContender(chapter)), naive];
}

/** The chapters that are asked for; else v02, v07, and the last that changed the server. */
function chaptersOf(list?: string) {
  const last = chapters.findLast(({ changes }) => "server.ts" in changes)?.id ?? "v07";
  const ids = list?.split(",") ?? [...new Set(["v02", "v07", last])];
  return ids.map((id) => {
    const chapter = chapterOf(id);
    if (chapter.id === "v01")
      throw new Refusal("v01 answers the sender alone: the bench begins with v02");
    return chapter;
  });
}

function peersFor(chosen: keyof typeof USUAL, list: string | undefined, left: string[]) {
  if (chosen === "websocket") return installed(list === "none" ? [] : webSocketPeers, left);
  if (chosen === "cluster") return peersOf(crowdedPeers, list ?? "redis,nats", left);
  const usual = ["all", "crowds"].includes(chosen) ? "redis,nats" : "none";
  return peersOf(peers, list ?? usual, left);
}

function peersOf(all: readonly Peer[], list: string, left: string[]) {
  const ids = list === "none" ? [] : list.split(",");
  const chosen = ids.map((id) => {
    const peer = all.find((peer) => peer.id === id);
    if (!peer) throw new Refusal(`--peers must be of redis and nats, or none, not "${id}"`);
    return peer;
  });
  return installed(chosen, left);
}

function installed(chosen: readonly Peer[], left: string[]) {
  return chosen.flatMap((peer) => {
    const version = peer.version();
    if (version !== undefined) return [{ peer, version }];
    left.push(`without ${peer.id}: ${peer.program} is not installed`);
    return [];
  });
}

/** The newest chapter that is spoken to in both ways. */
function bothWires() {
  const lines = chapterContender(chapterOf("v12"));
  return [lines, overWebSocket(lines, WEB)];
}

function partOf(name: string): string {
  if (PARTS.includes(name)) return name;
  throw new Refusal(`--only must be of ${PARTS.join(", ")}, not "${name}"`);
}

/** The parts that the system has descriptors for: Node has raised their number as far as it may. */
function within(parts: readonly string[], users: number, left: string[]): string[] {
  if (process.platform === "win32") return [...parts];
  const spare = 100; // for all but the users
  const most = Number.parseInt(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }), 10);
  return parts.filter((part) => {
    const needed = (others[part]?.crowd ?? 1) * users + spare;
    if (!(needed > most)) return true; // "unlimited" is no number
    left.push(`without ${part}: it needs ${needed} open files, and ulimit -n is ${most} here`);
    return false;
  });
}

function seconds(text: string): number {
  if (/^\d{1,3}(\.\d+)?$/.test(text) && Number(text) >= 0.1 && Number(text) <= 60)
    return Number(text);
  throw new Refusal(`--seconds must be a number from 0.1 to 60, not "${text}"`);
}
