/** Where the time goes in one chapter's server while it is under load. */
import type { Profiler } from "node:inspector";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { count } from "../count.ts";
import { tryToWrite, write } from "../files.ts";
import type { Contender } from "./contenders.ts";
import { fanout } from "./fanout.ts";
import type { Plan } from "./options.ts";
import { rate } from "./results.ts";
import { millions, percent } from "./tables.ts";

const MOST = 20;
const HOOK = new URL("./profile-hook.mjs", import.meta.url).href;

/** What V8 calls what is not a function of anybody's. */
const WORDS: Record<string, string> = {
  "(garbage collector)": "memory that nobody needs any more is found and freed",
  "(program)": "Node itself, outside of any function",
  writeUtf8String: "a string becomes bytes, and the system call that writes them",
  writeBuffer: "the system call that writes bytes",
  writev: "the system call that writes several pieces of bytes at once",
  runMicrotasks: "what goes on behind an await",
};

/** Measures the first chapter of the plan; the profile goes to a file, the functions that cost most are printed. */
export async function profile({ load, windows, contenders }: Plan, file: string): Promise<void> {
  tryToWrite(file);
  const [contender] = contenders as [Contender];
  const [window = 1] = windows;
  console.log(
    `${contender.id}: ${count(load.users, "user")}, ${load.senders} of them speak, ${window} in flight each, ${load.seconds} s`,
  );
  let profile: Profiler.Profile | undefined;
  const round = await fanout(hooked(contender), { ...load, window }, async ({ nodes: [node] }) => {
    const port = /profiler on (\d+)/.exec(node?.program.stdout ?? "")?.[1];
    const answer = await fetch(`http://127.0.0.1:${port}/${load.seconds}`);
    profile = (await answer.json()) as Profiler.Profile;
  });
  if (profile === undefined) return;
  write(file, JSON.stringify(profile));
  console.log(`${millions(rate(round))} deliveries/s (the profiler takes its share)\n`);
  for (const line of costliest(profile)) console.log(line);
  console.log(`\n${file} is written: Chrome's DevTools, under Performance, can load it`);
}

function hooked(contender: Contender): Contender {
  const argv = async (port: number) => {
    const [node = "", ...args] = await contender.argv(port);
    return [node, "--import", HOOK, ...args];
  };
  return { ...contender, argv };
}

/** The functions by the time spent in them alone, those that they call not counted. */
function costliest({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): string[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, named(callFrame)]));
  const micros = new Map<string, number>();
  let busy = 0;
  for (const [i, id] of samples.entries()) {
    const name = names.get(id) ?? "";
    if (name === "(idle)") continue;
    const delta = timeDeltas[i] ?? 0;
    micros.set(name, (micros.get(name) ?? 0) + delta);
    busy += delta;
  }
  const sorted = [...micros].sort(([, a], [, b]) => b - a).slice(0, MOST);
  return sorted.map(([name, time]) => {
    const words = WORDS[name] ? `: ${WORDS[name]}` : "";
    return `${percent(time / busy).padStart(5)}  ${name}${words}`;
  });
}

function named({ functionName, url }: { functionName: string; url: string }): string {
  const name = functionName || "(anonymous)";
  if (url === "") return name;
  return `${name}, ${url.startsWith("file:") ? basename(fileURLToPath(url)) : url}`;
}
