/** From what was observed to Mermaid text: nothing in it that differs from run to run. */
import { type Move, role, type Step, type Wait } from "./observe.ts";

const MOST_CHARS = 40;

/** Addresses become the names on the stage, in every text. */
export function named<T extends Step | Move | Wait>(
  list: readonly T[],
  names: ReadonlyMap<string, string>,
): T[] {
  const rename = (text: string) => {
    let result = text;
    for (const [addr, name] of names) result = result.replaceAll(addr, name);
    return result;
  };
  return list.map((each) => {
    const entries = Object.entries(each).map(([key, value]) => [key, rename(value)]);
    return Object.fromEntries(entries);
  });
}

/** One line, not too long; what Mermaid would take for its own is written as an entity. */
function label(text: string): string {
  const [first = "", ...more] = text.split("\n");
  const cut = (line: string) => (line.length > MOST_CHARS ? `${line.slice(0, MOST_CHARS)}…` : line);
  const short = more.length === 1 ? `${cut(first)} ⏎ ${cut(more[0] ?? "")}` : cut(first);
  const rest = more.length > 1 ? ` (and ${more.length} more lines)` : "";
  return (short + rest).replaceAll("#", "#35;").replaceAll(";", "#59;").replaceAll("<", "#lt;");
}

const TASK =
  /^(server|broadcaster|historian|store|operator|publisher|listener|leaseholder|NATS|buckets|main|keyboard|network|Link)$|^(handler|writer|kick|Screen) /;
const isClient = (actor: string) => !TASK.test(actor);
/** Who is drawn as a person: a client seen from the server, the user's screen seen from the client. */
const isPerson = (actor: string) => isClient(actor) || role(actor) === "Screen";
/** Where those stand that are not one client's own, from left to right. */
const SHARED = [
  "main",
  "keyboard",
  "network",
  "Link",
  "server",
  "broadcaster",
  "historian",
  "store",
  "publisher",
  "listener",
  "leaseholder",
  "NATS",
  "buckets",
  "operator",
];
const ids = new Map<string, string>();
const idOf = (actor: string) => {
  const known = ids.get(actor) ?? `p${ids.size}`;
  ids.set(actor, known);
  return known;
};

/** Whose part somebody plays. */
const part = (actor: string) => (isClient(actor) ? "client" : role(actor));

const ARROWS = { go: "-->>", line: "->>", message: "-)", text: "-)", control: "-x" } as const;

/** A step as it is compared with the chapter before: who of what role does what. */
export const signature = ({ from, to, kind, text }: Step): string =>
  [part(from), part(to), kind, text].join("|");

/** Clients stand outside, tasks between them; a step that `before` does not have is marked. */
export function sequence(steps: readonly Step[], before: ReadonlySet<string> | undefined): string {
  ids.clear();
  const actors = [...new Set(steps.flatMap(({ from, to }) => [from, to]))];
  const clients = actors.filter(isPerson).sort();
  const [first, ...others] = clients;
  const own = (name: string | undefined) =>
    actors.filter((actor) => name !== undefined && actor.endsWith(` ${name}`)).sort();
  const shared = SHARED.filter((actor) => actors.includes(actor));
  const order = [
    ...(first === undefined ? [] : [first]),
    ...own(first),
    ...shared,
    ...others.flatMap((name) => [...own(name), name]),
  ];
  const rest = actors.filter((actor) => !order.includes(actor));
  const lines = ["sequenceDiagram"];
  for (const actor of [...order, ...rest]) {
    const shown = isClient(actor) ? actor : actor.replace(/ (.*)/, "<br/>of $1");
    lines.push(`  ${isPerson(actor) ? "actor" : "participant"} ${idOf(actor)} as ${shown}`);
  }
  for (const step of steps) {
    const fresh = before !== undefined && !before.has(signature(step));
    const mark = fresh ? "✚ " : "";
    const arrow = `${idOf(step.from)}${ARROWS[step.kind]}${idOf(step.to)}`;
    lines.push(`  ${arrow}: ${mark}${label(step.text)}`);
  }
  return lines.join("\n");
}

const STATES: Record<string, string> = {
  "half closed": "client has ended",
  connected: "connected",
  asked: "authenticating",
  established: "established",
  active: "active",
  leaving: "off the list",
  draining: "outbox closed",
  ended: "ended by us",
  broken: "broken, still listed",
  waiting: "waiting for the next try",
  quitting: "our side has ended",
};
/** What comes after these is nothing. */
const LAST = ["closed", "over"];

const stateId = (state: string) => (state === "[*]" ? state : state.replaceAll(" ", "_"));

/** `from|to|by`, as it is compared with the chapter before. */
export const edge = ({ from, to, by }: Move): string => `${from}|${to}|${by}`;

/** Every state and every edge that was seen; those that `before` does not have are marked. */
export function stateDiagram(moves: readonly Move[], before: ReadonlySet<string>): string {
  const edges = [...new Set(moves.map(edge))].sort();
  const causes = new Map<string, string[]>();
  for (const each of edges) {
    const [from = "", to = "", by = ""] = each.split("|");
    const mark = before.size > 0 && !before.has(each) ? "✚ " : "";
    const key = `${from}|${to}`;
    causes.set(key, [...(causes.get(key) ?? []), mark + by]);
  }
  const lines = ["stateDiagram-v2"];
  const states = new Set(edges.flatMap((each) => each.split("|").slice(0, 2)));
  for (const state of [...states].sort()) {
    if (state !== "[*]") lines.push(`  ${stateId(state)} : ${STATES[state] ?? state}`);
  }
  for (const [key, labels] of causes) {
    const [from = "", to = ""] = key.split("|");
    lines.push(`  ${stateId(from)} --> ${stateId(to)} : ${labels.join("<br/>")}`);
  }
  for (const last of LAST) if (states.has(last)) lines.push(`  ${last} --> [*]`);
  return lines.join("\n");
}

/** What a step touches, and how: by its kind and by who it goes to. */
const TOUCHES: Record<string, string> = {
  "message broadcaster": "sends into|messages",
  "message historian": "sends into|kept",
  "line store": "asks|store",
  "message publisher": "sends into|events",
  "message listener": "sends into|envelopes",
  "line NATS": "publishes to|NATS",
  "line buckets": "asks|buckets",
  "text writer": "sends into|outbox",
  "line client": "writes to|socket",
  "message Link": "sends over|link",
  "control Link": "quits|link",
  "text Screen": "prints on|screen",
  "control Screen": "closes|screen",
};

/** Who starts whom, who hands what to whom, what each waits for and what ends it: by role. */
export function taskEdges(
  steps: readonly Step[],
  waits: readonly Wait[],
  ends: readonly Wait[],
): string[] {
  const found = new Set<string>();
  const source = (text: string) => text.replace(/^(lines|outbox) .*?( closed| ended)?$/, "$1$2");
  for (const { from, to, kind } of steps) {
    const touched = TOUCHES[`${kind} ${part(to)}`];
    if (kind === "go") found.add(`${part(from)}|starts|${part(to)}`);
    else if (touched !== undefined && from !== "server") found.add(`${part(from)}|${touched}`);
  }
  for (const wait of waits) {
    if (!/ (closed|ended)$/.test(wait.source)) {
      found.add(`${role(wait.task)}|waits for|${source(wait.source)}`);
    }
  }
  for (const { task, source: last } of ends) found.add(`${role(task)}|ends with|${source(last)}`);
  return [...found].sort();
}

/** What ends a task: the last thing that it waited for, and whether that was over. */
const ENDINGS: Record<string, string> = {
  lines: "the client's lines end",
  "lines ended": "the client's lines end",
  "messages closed": "the messages channel is closed",
  "outbox closed": "the outbox channel is closed",
  "kept closed": "the channel of what is to be kept is closed",
  "events closed": "the cluster's outbox is closed",
  "envelopes closed": "the cluster's inbox is closed",
  "link ended": "the news end",
  screen: "quit is typed",
  "screen ended": "the screen is closed",
};

const BOXES: Record<string, string> = {
  lines: "the client's lines",
  socket: "the client's socket",
  messages: "messages<br/><i>channel</i>",
  outbox: "outbox<br/><i>channel</i>",
  kept: "to be kept<br/><i>channel</i>",
  store: "Store<br/><i>the file</i>",
  events: "the cluster's outbox<br/><i>channel</i>",
  envelopes: "the cluster's inbox<br/><i>channel</i>",
  NATS: "NATS<br/><i>subjects chat.*</i>",
  buckets: "NATS<br/><i>buckets chat_names, chat_nodes</i>",
  link: "Link<br/><i>the server's news</i>",
  screen: "Screen<br/><i>the user's lines</i>",
};

const NOTES: Record<string, string> = {
  server: "<br/><i>accepts</i>",
  leaseholder: "<br/><i>renews the node's lease</i>",
  main: "<br/><i>waits for both</i>",
};

/** The map of tasks: rounded boxes are tasks, the others what they wait for. */
export function taskMap(edges: readonly string[], before: ReadonlySet<string>): string {
  const fresh = (each: string) => before.size > 0 && !before.has(each);
  const lines = ["flowchart TB"];
  const tasks = new Set<string>();
  const things = new Set<string>();
  const arrows: string[] = [];
  const endings = new Map<string, Set<string>>();
  for (const each of edges) {
    const [task = "", what = "", other = ""] = each.split("|");
    const mark = fresh(each) ? "✚ " : "";
    (task in BOXES ? things : tasks).add(task);
    if (what === "starts") {
      tasks.add(other);
      arrows.push(`  ${task} -. "${mark}starts" .-> ${other}`);
    } else if (what === "ends with") {
      const ending = `${mark}${ENDINGS[other] ?? other}`;
      endings.set(task, new Set([...(endings.get(task) ?? []), ending]));
    } else {
      things.add(other);
      if (what === "waits for") arrows.push(`  ${other} == "${mark}waits" ==> ${task}`);
      else arrows.push(`  ${task} -- "${mark}${what}" --> ${other}`);
    }
  }
  for (const task of [...tasks].sort()) {
    const ending = [...(endings.get(task) ?? [])].join(", or ");
    const note = NOTES[task] ?? (ending ? `<br/><i>ends when ${ending}</i>` : "");
    lines.push(`  ${task}(["${task}${note}"])`);
  }
  for (const thing of [...things].sort()) lines.push(`  ${thing}["${BOXES[thing] ?? thing}"]`);
  return [...lines, ...arrows].join("\n");
}
