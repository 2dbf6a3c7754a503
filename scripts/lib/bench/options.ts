/** The command line of the bench: what is to be measured, and of whom. */
import { execFileSync } from "node:child_process";
import { chapters } from "../../../chapters/manifest.ts";
import { Refusal, type Values, whole } from "../command.ts";
import { chapterOf } from "../find.ts";
import {
  type Contender,
  chapterContender,
  installed,
  naive,
  ownContender,
  peers,
} from "./contenders.ts";

export const PARTS = ["fanout", "start", "join", "idle"] as const;
export type Part = (typeof PARTS)[number];

const DEFAULTS = { users: "1000", senders: "50", seconds: "3", rounds: "5" };
const QUICK = { users: "200", senders: "10", seconds: "1", rounds: "1" };

export const HELP = `npm run bench      measures the chapters' servers; takes some minutes
  --users N          so many are connected (1000); twice as many come at once for "join",
                     and five times as many say nothing for "idle"
  --senders N        so many of them speak (50)
  --window N         lines in flight a sender (4); several, one after the other: 4,1,16
  --seconds S        so long is a round, after it has warmed up (3)
  --rounds N         so many rounds of each server, taking turns (5)
  --chapters LIST    these chapters (v02,v07, and the last that changed the server)
  --peers LIST       redis, nats or none (redis,nats: where they are installed)
  --cmd "COMMAND"    your own server too: python3 server.py {port}; may be given more than once (none)
  --only LIST        of fanout, start, join and idle, these alone (all)
  --quick            a first look: 200 users, 10 senders, 1 round of 1 s (off)
  --json FILE        every round's figures, for npm run bench:page (none)
  --profile FILE     instead of all that: where the time goes in one chapter (the first of
                     --chapters, or v07); the whole profile is for Chrome's DevTools (none)`;

const text = { type: "string" } as const;

export const options = {
  ...{ users: text, senders: text, window: text, seconds: text, rounds: text },
  ...{ chapters: text, peers: text, only: text, json: text, profile: text },
  cmd: { type: "string", multiple: true },
  quick: { type: "boolean" },
} as const;

export interface Plan {
  readonly load: {
    readonly users: number;
    readonly senders: number;
    readonly seconds: number;
    readonly rounds: number;
  };
  readonly windows: readonly number[];
  readonly parts: readonly Part[];
  readonly contenders: readonly Contender[];
  /** Of the peers that are measured, by id. */
  readonly versions: Readonly<Record<string, string>>;
  /** Why somebody or something is not measured, a line each. */
  readonly left: readonly string[];
}

export function plan(values: Values<typeof options>): Plan {
  const { quick, only = PARTS.join(), window = "4" } = values;
  const given = { ...(quick ? QUICK : DEFAULTS), ...values };
  const users = whole("users", given.users, 2, 5000);
  const left: string[] = [];
  const found = peersOf(values.peers ?? "redis,nats", left);
  const own = (values.cmd ?? []).map((line, i) => ownContender(line, `own${i > 0 ? i + 1 : ""}`));
  return {
    load: {
      users,
      senders: whole("senders", given.senders, 1, users),
      seconds: seconds(given.seconds),
      rounds: whole("rounds", given.rounds, 1, 100),
    },
    windows: window.split(",").map((each) => whole("window", each, 1, 1000)),
    parts: within(only.split(",").map(partOf), users, left),
    contenders: [
      ...chaptersOf(values.chapters).map(chapterContender),
      naive,
      ...own,
      ...found.map(({ contender }) => contender),
    ],
    versions: Object.fromEntries(found.map(({ contender, version }) => [contender.id, version])),
    left,
  };
}

/** The chapters that are asked for; else v02, v07, and the last that changed the server. */
export function chaptersOf(list?: string) {
  const last = chapters.findLast(({ changes }) => "server.ts" in changes)?.id;
  const ids = list?.split(",") ?? ["v02", "v07", ...(last && last > "v07" ? [last] : [])];
  return ids.map((id) => {
    const chapter = chapterOf(id);
    if (chapter.id === "v01")
      throw new Refusal("v01 answers the sender alone: the bench begins with v02");
    return chapter;
  });
}

function peersOf(list: string, left: string[]) {
  const ids = list === "none" ? [] : list.split(",");
  return ids.flatMap((id) => {
    const peer = peers.find(({ contender }) => contender.id === id);
    if (!peer) throw new Refusal(`--peers must be of redis and nats, or none, not "${id}"`);
    const version = installed(peer);
    if (version !== undefined && Number.parseInt(version, 10) >= peer.oldest)
      return [{ ...peer, version }];
    const why = version === undefined ? "is not installed" : `is ${version}, too old`;
    left.push(`without ${id}: ${peer.program} ${why} (${peer.install})`);
    return [];
  });
}

function partOf(name: string): Part {
  const part = PARTS.find((part) => part === name);
  if (!part) throw new Refusal(`--only must be of ${PARTS.join(", ")}, not "${name}"`);
  return part;
}

/** How many users a part needs, for so many under load. */
export function usersOf(part: Part, users: number): number {
  return { fanout: 1, start: 0, join: 2, idle: 5 }[part] * users;
}

/** The parts that the system has descriptors for: Node has raised their number as far as it may. */
function within(parts: readonly Part[], users: number, left: string[]): Part[] {
  const spare = 100; // for all but the users
  const most =
    process.platform === "win32"
      ? Number.POSITIVE_INFINITY
      : Number.parseInt(execFileSync("sh", ["-c", "ulimit -n"], { encoding: "utf8" }), 10);
  return parts.filter((part) => {
    const needed = usersOf(part, users) + spare;
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
