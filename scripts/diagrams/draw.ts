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

const isClient = (actor: string) => !/^(server$|broadcaster$|handler |writer |kick )/.test(actor);
const ids = new Map<string, string>();
const idOf = (actor: string) => {
  const known = ids.get(actor) ?? `p${ids.size}`;
  ids.set(actor, known);
  return known;
};

const ARROWS = { go: "-->>", bytes: "->>", message: "-)", text: "-)", control: "-x" } as const;

/** A step as it is compared with the chapter before: who of what role does what. */
export const signature = ({ from, to, kind, text }: Step): string =>
  [isClient(from) ? "client" : role(from), isClient(to) ? "client" : role(to), kind, text].join(
    "|",
  );

/** Clients stand outside, tasks between them; a step that `before` does not have is marked. */
export function sequence(steps: readonly Step[], before: ReadonlySet<string> | undefined): string {
  ids.clear();
  const actors = [...new Set(steps.flatMap(({ from, to }) => [from, to]))];
  const clients = actors.filter(isClient).sort();
  const [first, ...others] = clients;
  const own = (name: string | undefined) =>
    actors.filter((actor) => name !== undefined && actor.endsWith(` ${name}`)).sort();
  const shared = ["server", "broadcaster"].filter((actor) => actors.includes(actor));
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
    lines.push(`  ${isClient(actor) ? "actor" : "participant"} ${idOf(actor)} as ${shown}`);
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
  leaving: "off the list",
  draining: "outbox closed",
  ended: "ended by us",
  broken: "broken, still listed",
};

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
  if (states.has("closed")) lines.push("  closed --> [*]");
  return lines.join("\n");
}

/** Who starts whom, who hands what to whom, what each waits for and what ends it: by role. */
export function taskEdges(
  steps: readonly Step[],
  waits: readonly Wait[],
  ends: readonly Wait[],
): string[] {
  const found = new Set<string>();
  const source = (text: string) => text.replace(/^(lines|outbox) .*?( closed| ended)?$/, "$1$2");
  for (const { from, to, kind } of steps) {
    const [starter, target] = [
      isClient(from) ? "client" : role(from),
      isClient(to) ? "client" : role(to),
    ];
    if (kind === "go") found.add(`${starter}|starts|${target}`);
    if (kind === "message") found.add(`${starter}|sends into|messages`);
    if (kind === "text") found.add(`${starter}|sends into|outbox`);
    if (kind === "bytes" && target === "client") found.add(`${starter}|writes to|socket`);
  }
  for (const wait of waits) {
    if (!/ (closed|ended)$/.test(wait.source)) {
      found.add(`${role(wait.task)}|waits for|${source(wait.source)}`);
    }
  }
  for (const { task, source: last } of ends) found.add(`${role(task)}|ends with|${source(last)}`);
  return [...found].sort();
}

/** The map of tasks: rounded boxes are tasks, the others what they wait for. */
export function taskMap(edges: readonly string[], before: ReadonlySet<string>): string {
  const fresh = (each: string) => before.size > 0 && !before.has(each);
  const lines = ["flowchart TB"];
  const tasks = new Set<string>();
  const things = new Set<string>();
  const arrows: string[] = [];
  const endings = new Map<string, string[]>();
  for (const each of edges) {
    const [task = "", what = "", other = ""] = each.split("|");
    const mark = fresh(each) ? "✚ " : "";
    tasks.add(task);
    if (what === "starts") {
      tasks.add(other);
      arrows.push(`  ${task} -. "${mark}starts" .-> ${other}`);
    } else if (what === "ends with") {
      const thing = other.replace(/ (closed|ended)$/, "");
      const how = other.endsWith("closed")
        ? `the ${thing} channel is closed`
        : "the client's lines end";
      const text = other === "lines" ? "the client's lines end" : how;
      endings.set(task, [...(endings.get(task) ?? []), mark + text]);
    } else {
      things.add(other);
      if (what === "waits for") arrows.push(`  ${other} == "${mark}waits" ==> ${task}`);
      else arrows.push(`  ${task} -- "${mark}${what}" --> ${other}`);
    }
  }
  for (const task of [...tasks].sort()) {
    const ending =
      endings
        .get(task)
        ?.map((text) => `<br/><i>ends when ${text}</i>`)
        .join("") ?? "";
    const name = task === "server" ? "server<br/><i>accepts</i>" : `${task}${ending}`;
    lines.push(`  ${task}(["${name}"])`);
  }
  const shown: Record<string, string> = {
    lines: "the client's lines",
    socket: "the client's socket",
    messages: "messages<br/><i>channel</i>",
    outbox: "outbox<br/><i>channel</i>",
  };
  for (const thing of [...things].sort()) lines.push(`  ${thing}["${shown[thing] ?? thing}"]`);
  return [...lines, ...arrows].join("\n");
}
