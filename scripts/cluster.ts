/** `npm run cluster v16 -- --nodes 3`: a NATS, and several nodes of a chapter behind it. */
import { constants } from "node:os";
import type { Chapter } from "../chapters/manifest.ts";
import { command as startOf } from "../test/harness/target.ts";
import { Cluster } from "./lib/cluster/cluster.ts";
import { command, Refusal, whole } from "./lib/command.ts";
import { refusal } from "./lib/learn/serve.ts";
import { begun, nothingYet, subject } from "./lib/learn/subject.ts";
import { root } from "./lib/root.ts";
import { howToTalk, SERVER_OPTIONS } from "./lib/talk.ts";

const HELP = `npm run cluster v16 -- --nodes 3    starts a nats-server and three nodes of v16; Ctrl+C ends them all
  --nodes N     start N nodes, with the names a, b, c … (3)
  --port PORT   the port of the first node; the others take the next ones; 0 picks free ports (0)
  --mine        start your own server from exercises/ (the course's)
  --nats URL    use a NATS that is running already, with JetStream (a nats-server of its own)
Each node gets all other options; this lists them: npm run chapter v16 -- --help
When the nodes and their NATS end, all that they have stored is deleted.`;

/** The first that knows of other nodes. */
const FIRST = "v16";
/** What comes so soon after a signal is the same one: the terminal sends it to us, and npm hands it on. */
const ECHO_MS = 300;
const NAMES = [..."abcdefghijklmnopqrstuvwxyz"];

const options = {
  nodes: { type: "string", default: "3" },
  port: { type: "string", default: "0" },
  mine: { type: "boolean", default: false },
  nats: { type: "string" },
} as const;

const passesOn = SERVER_OPTIONS.filter((name) => !(name in options));
const usage = { command: "npm run cluster", help: HELP, options, names: [1, 1], passesOn } as const;

await command(usage, async (values, [name = ""], told) => {
  const what = await subject(name);
  const { chapter } = what;
  if (chapter.id < FIRST)
    throw new Refusal(`${chapter.id} cannot run as several nodes: the first that can is ${FIRST}`);
  if (told.some((each) => /^--node(=|$)/.test(each)))
    throw new Refusal(
      "--node gives one node its name: this command names its nodes a, b, c … itself",
    );
  const names = NAMES.slice(0, whole("nodes", values.nodes, 1, NAMES.length));
  const port = whole("port", values.port, 0, 65536 - names.length);
  if (values.mine && !begun(what)) throw nothingYet(what);
  const main = `${values.mine ? what.exercise : `${root}chapters/${chapter.folder}`}/main.ts`;
  const argv = await startOf(main).catch(refusal(main));
  const cluster = new Cluster({ argv, names, port, nats: values.nats, options: told });
  let signal: string | undefined;
  const stopped = firstSignal().then((name) => {
    signal = name;
  });
  try {
    await Promise.race([stopped, serve(cluster, chapter)]);
  } finally {
    await cluster.stop(signal === "SIGINT");
  }
});

async function serve(cluster: Cluster, chapter: Chapter): Promise<void> {
  const [address] = (await cluster.start()) ?? [];
  if (address === undefined) process.exitCode = 1;
  else {
    console.log(howToTalk(["--port", address.slice(address.lastIndexOf(":") + 1)], chapter));
    await cluster.ended();
  }
}

/** A second one ends us, and all that we have started, at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let first: number | undefined;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.on(signal, () => {
        first ??= performance.now();
        if (performance.now() - first > ECHO_MS) process.exit(128 + constants.signals[signal]);
        resolve(signal);
      });
    }
  });
}
