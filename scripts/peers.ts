/** `npm run peers`: v12's WebSocket, held against clients and a test suite that others wrote. */
import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { chapters } from "../chapters/manifest.ts";
import * as target from "../test/harness/target.ts";
import { Failure } from "../test/harness/transcript.ts";
import { columns } from "./lib/columns.ts";
import { command, Refusal } from "./lib/command.ts";
import { count } from "./lib/count.ts";
import { bySection, type Cases, fuzz, KINDS, NO_WSTEST } from "./lib/peers/autobahn.ts";
import { clients } from "./lib/peers/clients.ts";
import { type Played, play, STEPS } from "./lib/peers/scene.ts";

const HELP = `npm run peers    tests v12's WebSocket with clients and a test suite of others, if they are installed
  --wstest FILE     the program of the Autobahn test suite (wstest, on the PATH)
  --reports FOLDER  the suite writes a page for each case there, with all its bytes (.cache/autobahn)`;

const options = {
  wstest: { type: "string" },
  reports: { type: "string", default: ".cache/autobahn" },
} as const;

await command({ command: "npm run peers", help: HELP, options }, async ({ wstest, reports }) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130)); // and the servers end with us
  const suite = wstest ?? "wstest";
  const installed = spawnSync(suite, ["-a"]).status === 0;
  if (wstest !== undefined && !installed)
    throw new Refusal(`--wstest must be Autobahn's wstest, and "${wstest}" is not`);
  await playAll();
  if (!installed) return console.log(`\n${NO_WSTEST}`);
  console.log("\nAutobahn's fuzzing client: a minute or two …");
  tell(await fuzz(suite, resolve(reports)));
  console.log(`each case has a page in ${join(reports, "index.html")}`);
});

async function playAll(): Promise<void> {
  const v12 = chapters.find(({ id }) => id === "v12");
  if (v12 === undefined) throw new Error("there is no v12");
  const played: [name: string, Played][] = [];
  const left: string[] = [];
  for (const client of clients) {
    const one = await play(client, target.chapter(v12)).catch((error) => {
      throw error instanceof Failure ? new Refusal(error.summary) : error; // the server could not be started
    });
    if (one) played.push([client.name, one]);
    else left.push(`${client.name}: not installed. ${client.missing}`);
  }
  const head = ["", ...played.map(([name, { version }]) => `${name} ${version}`)];
  const rows = STEPS.map((step, i) => [step, ...played.map(([, { marks }]) => marks[i] ?? "")]);
  for (const line of columns([head, ...rows], [...head.keys()])) console.log(line);
  for (const line of left) console.log(line);
  const problems = played.flatMap(([name, { problems }]) => problems.map((p) => `${name}: ${p}`));
  for (const line of problems) console.log(line);
  if (problems.length > 0) process.exitCode = 1;
}

function tell(cases: Cases): void {
  for (const line of columns(bySection(cases), [0, 1])) console.log(line);
  for (const kind of KINDS.slice(1)) {
    const ids = [...cases].filter(([, each]) => each === kind).map(([id]) => id);
    if (ids.length > 0) console.log(`${kind}: ${ids.join(", ")}`);
  }
  console.log(`${count(cases.size, "case")} in all`);
  if (cases.size === 0 || [...cases.values()].includes("FAILED")) process.exitCode = 1;
}
