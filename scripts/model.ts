/** `npm run model`: holds a server against the model of a room, in many random runs. */
import { findNats } from "../test/harness/nats.ts";
import * as target from "../test/harness/target.ts";
import { Failure } from "../test/harness/transcript.ts";
import { check, type Options, type Outcome } from "../test/model/check.ts";
import { command, Refusal, whole } from "./lib/command.ts";
import { count } from "./lib/count.ts";
import { chapterOf } from "./lib/find.ts";

const HELP = `npm run model        compares a server with a model of the room, in a thousand random runs
  --chapter CHAPTER  the server to compare, and the commands to use: v02 or later (v08)
  --cmd "COMMAND"    another server, which can do what that chapter can: python3 server.py {port} (none)
  --runs N           how many random runs (1000)
  --wire WIRE        what the clients speak: lines, websocket (from v12 on) or packets (from v15 on) (lines)
  --nodes N          N servers, connected by NATS, are one room (from v16 on) (1)
  --seed N           make the same runs again (random)
  --path PATH        make only the run that failed, as it was printed; up to 100 times (none)`;

/** Since which chapter there is another wire than lines. */
const SINCE = { websocket: "v12", packets: "v15" } as const;
const MOST = 2 ** 31 - 1;
const MOST_NODES = 6; // as many as there are people

const options = {
  chapter: { type: "string", default: "v08" },
  cmd: { type: "string" },
  runs: { type: "string", default: "1000" },
  wire: { type: "string", default: "lines" },
  nodes: { type: "string", default: "1" },
  seed: { type: "string", default: `${Math.floor(Math.random() * MOST)}` },
  path: { type: "string" },
} as const;

await command({ command: "npm run model", help: HELP, options }, async (values) => {
  process.once("SIGINT", () => process.exit(130)); // and the server with it
  const { cmd, path } = values;
  const chapter = chapterOf(values.chapter);
  if (chapter.id < "v02")
    throw new Refusal(
      "--chapter must be v02 or later: v01 has no room, and the model is about a room",
    );
  if (path !== undefined && !/^\d+(:\d+)*$/.test(path))
    throw new Refusal(`--path must be numbers with colons between them, not "${path}"`);
  const began = performance.now();
  const asked: Options = {
    chapter: chapter.id,
    target: cmd === undefined ? target.chapter(chapter) : target.program(cmd),
    runs: whole("runs", values.runs, 1, 1_000_000),
    seed: whole("seed", values.seed, 0, MOST),
    ...wireOf(values.wire, chapter.id),
    ...nodesOf(values.nodes, chapter.id),
    path,
    onFailure: (run) =>
      console.log(`run ${run} is not as the model says; looking for the smallest that fails …\n`),
  };
  const outcome = await check(asked).catch((error) => {
    throw error instanceof Failure ? new Refusal(error.summary) : error; // the server could not be started
  });
  console.log(report(asked, outcome, performance.now() - began, cmd));
  if (outcome.story !== undefined) process.exitCode = 1;
});

function wireOf(name: string, chapter: string): Pick<Options, "wire"> {
  if (name === "lines") return {};
  if (name !== "websocket" && name !== "packets")
    throw new Refusal(`--wire must be lines, websocket or packets, not "${name}"`);
  if (chapter < SINCE[name]) throw new Refusal(`--wire ${name} is possible from ${SINCE[name]} on`);
  return { wire: name };
}

function nodesOf(text: string, chapter: string): Pick<Options, "nodes"> {
  const nodes = whole("nodes", text, 1, MOST_NODES);
  if (nodes === 1) return {};
  if (chapter < "v16") throw new Refusal(`--nodes ${nodes}: before v16, only one node is possible`);
  if (findNats() === undefined) throw new Refusal("--nodes: there is no nats-server on the PATH");
  return { nodes };
}

function report(asked: Options, outcome: Outcome, ms: number, cmd: string | undefined): string {
  const { chapter, seed, wire, nodes } = asked;
  const server = cmd === undefined ? "" : ` --cmd ${JSON.stringify(cmd)}`;
  const again = `npm run model -- --chapter ${chapter}${server}${wire ? ` --wire ${wire}` : ""}${nodes ? ` --nodes ${nodes}` : ""} --seed ${seed}`;
  const { story, path, runs, rounds, deeds } = outcome;
  if (path !== undefined) return `${story}\n\nagain:  ${again} --path ${path}`;
  if (story !== undefined)
    return `${story}\n\nThat was seen once, and not when the run was done again, alone.\nall of it again:  ${again} --runs ${asked.runs}`;
  if (asked.path !== undefined)
    return "that run goes as the model says, 100 times over: it is mended, or a race that did not happen";
  const done = [count(runs, "run"), count(rounds, "round"), count(deeds, "deed")].join(", ");
  return `${chapter}: ${done}, all as the model says; seed ${seed}, ${(ms / 1000).toFixed(1)} s`;
}
