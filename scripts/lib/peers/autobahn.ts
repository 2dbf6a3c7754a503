/** The fuzzing client of the Autobahn test suite, let loose on the echo server. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Program } from "../../../test/harness/program.ts";
import { command as programOf } from "../../../test/harness/target.ts";
import { Refusal } from "../command.ts";
import { read } from "../files.ts";

export const NO_WSTEST =
  "Autobahn: not installed. With Python 2.7, pip install autobahntestsuite==25.10.1, or say where its wstest is: --wstest FILE; Docker has it as crossbario/autobahn-testsuite";

export const KINDS = ["OK", "NON-STRICT", "INFORMATIONAL", "FAILED"] as const;
type Kind = (typeof KINDS)[number];

/** What they are about. 8 and 11 are empty; 12 and 13 are compression, which v12 has not. */
const SECTIONS: Readonly<Record<string, string>> = {
  1: "framing",
  2: "pings and pongs",
  3: "reserved bits",
  4: "opcodes",
  5: "fragmentation",
  6: "UTF-8",
  7: "closing",
  9: "large and many messages",
  10: "automatic fragmentation",
};

/** The cases of each kind: `6.4.1`. */
export type Cases = ReadonlyMap<string, Kind>;
/** As the suite writes it down, by the id of the case. */
type Index = Readonly<Record<string, { behavior: string; behaviorClose: string }>>;

const START_MS = 20_000;
const AGENT = "v12";

/** Takes a minute or two. `wstest` is the suite's program; it puts a page for each case into the folder. */
export async function fuzz(wstest: string, folder: string): Promise<Cases> {
  mkdirSync(folder, { recursive: true });
  rmSync(join(folder, "index.json"), { force: true }); // of another run
  const echo = new Program(await programOf(fileURLToPath(new URL("./echo.ts", import.meta.url))));
  const port = await echo.says(/^(\d+)$/m, START_MS);
  if (port === undefined) throw new Error(`the echo server did not start: ${echo.stderr}`);
  const spec = join(folder, "spec.json");
  writeFileSync(spec, JSON.stringify(asked(`ws://127.0.0.1:${port}/chat`, folder)));
  const suite = new Program([wstest, "-m", "fuzzingclient", "-s", spec], { family: true });
  await suite.closed;
  echo.kill();
  await echo.closed;
  if (suite.end !== "exit code 0") {
    const said = suite.stderr.trim().split("\n").at(-1);
    throw new Refusal(`${wstest} did not come to its end: ${said || suite.end}`);
  }
  return judged(JSON.parse(read(join(folder, "index.json")))[AGENT] ?? {});
}

const asked = (url: string, outdir: string) => ({
  outdir,
  servers: [{ agent: AGENT, url }],
  cases: Object.keys(SECTIONS).map((section) => `${section}.*`),
  "exclude-cases": [],
  "exclude-agent-cases": {},
});

/** A case is as good as the worse of its halves: what was done, and how it was closed. */
export function judged(index: Index): Cases {
  const kind = (word: string) => KINDS.find((each) => each === word) ?? "FAILED";
  return new Map(
    Object.entries(index).map(([id, { behavior, behaviorClose }]) => {
      const halves = [kind(behavior), kind(behaviorClose)];
      return [id, KINDS.findLast((each) => halves.includes(each)) ?? "FAILED"];
    }),
  );
}

/** A row a section, with its head. */
export function bySection(cases: Cases): string[][] {
  const count = (section: string, kind: Kind) =>
    [...cases].filter(([id, each]) => id.startsWith(`${section}.`) && each === kind).length;
  const rows = Object.entries(SECTIONS).map(([section, about]) => [
    section,
    about,
    ...KINDS.map((kind) => `${count(section, kind)}`),
  ]);
  return [["section", "about", ...KINDS], ...rows];
}
