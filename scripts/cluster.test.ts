/** `npm run cluster`: what it starts, what it says of it, and that nothing is left of it. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { findNats } from "../test/harness/nats.ts";
import { NEEDS } from "../test/harness/need.ts";
import { Program } from "../test/harness/program.ts";
import { eventually } from "../test/harness/server.ts";
import { freePort } from "../test/harness/target.ts";
import { natsProgram, startNats } from "./lib/cluster/nats.ts";
import { refuses, scratch } from "./lib/testing.ts";

const WINDOWS = process.platform === "win32";
const START_MS = 30_000;

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

/** As at a terminal: a signal reaches all that is not apart. */
function run(...args: string[]): Program {
  const argv = [process.execPath, "scripts/run.mjs", "scripts/cluster.ts", "v16", ...args];
  const program = new Program(argv, { family: true });
  cleanUps.push(async () => {
    if (WINDOWS) program.kill();
    while (program.end === undefined) {
      program.signal("SIGTERM"); // the second ends all at once
      await Promise.race([program.closed, after(500)]);
    }
  });
  return program;
}

interface Line {
  readonly port: number;
  readonly pid: number;
}

/** What is said of a node when it serves. */
async function node(program: Program, name: string): Promise<Line> {
  const line = new RegExp(
    `^(${name} \\| 127.0.0.1:\\d+, web http://127.0.0.1:\\d+, packets 127.0.0.1:\\d+, process \\d+)$`,
    "m",
  );
  const said = await program.says(line, START_MS);
  expect(said, program.stderr).toBeDefined();
  const [, port, pid] = /:(\d+),.* process (\d+)$/.exec(said ?? "") ?? [];
  return { port: Number(port), pid: Number(pid) };
}

/** Somebody on that node, who has heard that it is there. */
async function chatter(line: Line | undefined) {
  const socket = connect(line?.port ?? 0, "127.0.0.1");
  cleanUps.push(() => socket.destroy());
  const user = { heard: "", write: (text: string) => socket.write(text) };
  socket.setEncoding("utf8").on("data", (text) => {
    user.heard += text;
  });
  await eventually(() => user.heard !== "", "it is online");
  return user;
}

async function ended(program: Program): Promise<void> {
  await eventually(() => program.end !== undefined, "all have ended");
  await program.closed;
}

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const stores = () => readdirSync(tmpdir()).filter((name) => name.startsWith("chat-cluster-"));

const none = findNats() === undefined;
const why = none ? ` (it needs ${NEEDS.nats})` : "";

describe.skipIf(none)(`with a nats-server${why}`, () => {
  test.skipIf(WINDOWS)(
    "Ctrl+C: the nodes end in good order, then their NATS; nothing is left",
    async () => {
      const before = stores();
      const program = run("--nodes", "2");
      const nodes = [await node(program, "a"), await node(program, "b")];
      const nats = Number(await program.says(/^nats \| \S+, process (\d+)$/m, START_MS));
      const first = await program.says(/^talk to it .* npm run client -- --port (\d+)$/m, START_MS);
      expect(Number(first)).toBe(nodes[0]?.port);
      const [alice, bob] = [await chatter(nodes[0]), await chatter(nodes[1])];
      alice.write("hello from a\n");
      await eventually(() => bob.heard.includes(":hello from a\n"), "the other node hears it");
      program.signal("SIGINT");
      await after(10);
      program.signal("SIGINT"); // as npm hands on what the terminal has sent already
      await ended(program);
      expect({ end: program.end, stderr: program.stderr }).toEqual({
        end: "exit code 0",
        stderr: "",
      });
      for (const name of ["a", "b"]) {
        expect(program.stdout).toContain(`${name} | closed: 1 user, 0 cut off, 0 tasks left\n`);
        expect(program.stdout).toContain(`${name} has ended: exit code 0\n`);
      }
      expect([nats, ...nodes.map(({ pid }) => pid)].filter(lives)).toEqual([]);
      expect(stores()).toEqual(before);
    },
  );

  test.skipIf(WINDOWS)(
    "killed by hand: it is said, and the others go on; a frozen one ends, too",
    async () => {
      const program = run("--nodes", "3");
      const nodes = [await node(program, "a"), await node(program, "b"), await node(program, "c")];
      const [a, b, c] = nodes.map(({ pid }) => pid) as [number, number, number];
      process.kill(b, "SIGKILL");
      expect(await program.says(/^(b has ended: SIGKILL)$/m, START_MS)).toBeDefined();
      expect([a, b, c].map(lives)).toEqual([true, false, true]);
      await chatter(nodes[2]); // so it has begun to look out for signals
      process.kill(c, "SIGSTOP");
      program.signal("SIGTERM");
      await ended(program);
      expect(program.stdout).toMatch(/^c has ended: exit code 0$/m);
      expect(program.end).toBe("exit code 0");
    },
  );

  test("NATS killed by hand: it is said how to start it again, and the nodes go on", async () => {
    const program = run("--nodes", "1");
    const { pid } = await node(program, "a");
    process.kill(Number(/^nats \| \S+, process (\d+)$/m.exec(program.stdout)?.[1]), "SIGKILL");
    const again = await program.says(/^nats has ended: [^;]+; to start it again: (.*)$/m, START_MS);
    expect(again).toMatch(/nats-server(\.exe)? -js -sd \S+ -a 127.0.0.1 -p \d+$/);
    expect(existsSync(/-sd (\S+)/.exec(again ?? "")?.[1] ?? "")).toBe(true);
    expect(lives(pid)).toBe(true);
  });

  test("--nats and --port: another one's NATS stays, the ports follow each other", async () => {
    const nats = startNats(join(scratch(), "nats"));
    cleanUps.push(() => nats.stop());
    const port = await freePort();
    const program = run("--nodes", "2", "--nats", await nats.url, "--port", `${port}`);
    const nodes = [await node(program, "a"), await node(program, "b")];
    expect(nodes.map((each) => each.port)).toEqual([port, port + 1]);
    expect(program.stdout).not.toMatch(/^nats \|/m);
    for (const { pid } of nodes) process.kill(pid, "SIGKILL");
    await ended(program); // nobody is left
    expect(program.end).toBe("exit code 0");
    const socket = connect(Number(new URL(await nats.url).port), "127.0.0.1");
    cleanUps.push(() => socket.destroy());
    await eventually(() => socket.readyState === "open", "NATS is still there");
  });

  test("what a node does not take ends it all, with the node's own words", async () => {
    const program = run("--idle-timeout", "soon");
    await ended(program);
    const { stderr, end } = program;
    expect({ stderr, end }).toEqual({
      stderr: 'a | --idle-timeout must be a whole number from 1 to 2000000, not "soon"\n',
      end: "exit code 1",
    });
    expect(program.stdout).toMatch(/^nats \| .*\na has ended: exit code 1\n$/);
  });
});

test("where there is no nats-server, one line says how to get it", () => {
  expect(() => natsProgram({ PATH: scratch() })).toThrow(
    /^there is no nats-server on the PATH; to install it: .+ \(docs\/nats\.md has other ways\); to use one that is running: --nats URL$/,
  );
});

const broken = scratch();
mkdirSync(join(broken, "v16"));
writeFileSync(join(broken, "v16", "main.ts"), "const = 1;");

refuses(
  "cluster",
  [["v16", "--mine"], /^\S+\/v16\/main\.ts:1:6: .*$/, { EXERCISES: broken }],
  [["v15", "--mine"], "v15 cannot run as several nodes: the first that can is v16"],
  [["v12"], "v12 cannot run as several nodes: the first that can is v16"],
  [["v16", "--nodes", "0"], '--nodes must be a whole number from 1 to 26, not "0"'],
  [["v16", "--nodes=27", "--secret", "x"], '--nodes must be a whole number from 1 to 26, not "27"'],
  [["v16", "--port", "65535"], '--port must be a whole number from 0 to 65533, not "65535"'],
  [
    ["v16", "--node", "x"],
    "--node gives one node its name: this command names its nodes a, b, c … itself",
  ],
  [["v16", "--port"], "Option '--port <value>' argument missing"],
);
