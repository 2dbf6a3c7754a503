/** `npm run bench`: that it counts what is said, and says what is wrong. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Program } from "../../../test/harness/program.ts";
import { runScript } from "../script.ts";
import { refuses, scratch } from "../testing.ts";
import { clusters } from "./cluster.ts";
import { clusterTable, nodesTable } from "./cluster-tables.ts";
import { type Contender, nats } from "./contenders.ts";
import { Counter, User } from "./crowd.ts";
import { fanout } from "./fanout.ts";
import { plan } from "./options.ts";
import { renew } from "./page.ts";
import { type FanoutRow, type Results, readResults, summarise } from "./results.ts";
import { costs, fanoutTable, forTerminal } from "./tables.ts";
import { WEB } from "./websockets.ts";

const bench = (...args: string[]) => runScript("scripts/bench.ts", args);
const tiny = ["--users", "5", "--senders", "2", "--seconds", "0.2", "--rounds", "1"];

describe.concurrent("npm run bench", () => {
  test("a tiny run: the table, and a file in which every delivery is accounted for", async () => {
    const file = join(scratch(), "tiny.json");
    const only = ["--only", "fanout,join", "--chapters", "v07", "--peers", "none"];
    const { code, stdout, stderr } = await bench(...tiny, ...only, "--json", file);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^v07 +\d+\.\d+ M( \*)? +\d/m);
    expect(stdout).toMatch(/^naive +\d+\.\d+ M( \*)? +\d/m);
    expect(stdout).toMatch(/^ +10 come, 0\.000 M lines$/m);
    const { fanout, others, load } = readResults(file);
    for (const rows of [fanout, others])
      expect(rows.map(({ server }) => server)).toEqual(["v07", "naive"]);
    for (const { lines, deliveries, seconds, p50Ms, p99Ms } of fanout) {
      expect(lines).toBeGreaterThanOrEqual(load.senders * 4); // the window at least
      expect(deliveries).toBe(lines * load.users);
      expect(seconds).toBeGreaterThanOrEqual(load.seconds);
      expect(p50Ms).toBeGreaterThan(0);
      expect(p99Ms).toBeGreaterThanOrEqual(p50Ms);
    }
    expect(code).toBe(0);
  });

  test.each([
    [["--json", "no/such/a.json"], /^cannot write no.such.a\.json: there is no folder no.such\n$/],
    [["--cmd", "no-such-program"], /^own did not start: .*ENOENT\n$/],
  ])("%j is answered in one line", async (args, line) => {
    const rest = ["--rounds", "1", "--peers", "none", "--chapters", "v02", "--only", "start"];
    const { code, stderr } = await bench(...rest, ...args);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(line) });
  });

  test("timers: a line for Node's own and for each wheel, with five figures", async () => {
    const { code, stdout } = await bench("--timers", "--quick");
    expect(
      stdout.match(/^(a timer each|wheel, [15]0 ms)( +-?\d+( ns)?){4} +\d+\.\d\d %$/gm),
    ).toHaveLength(3);
    expect(code).toBe(0);
  });

  test("a server that cuts users off is found out", async () => {
    const server = join(scratch(), "rude.cjs");
    writeFileSync(
      server,
      `require("node:net").createServer((s) => s.on("error", () => {}).on("data", () => s.destroy())
        .write("[a]a:online\\n")).listen(process.argv[2], "127.0.0.1");`,
    );
    const cmd = ["--cmd", `"${process.execPath}" "${server}" {port}`, "--only", "fanout"];
    const { code, stderr } = await bench(...tiny, ...cmd, "--chapters", "v02", "--peers", "none");
    expect(stderr).toMatch(/^own lost a user: .*\n$/);
    expect(code).toBe(1);
  });
});

test.skipIf(process.platform !== "linux")(
  "a server is measured itself, not what it has started",
  async () => {
    const busy = `
    const child = "process.stdin.resume().on('end', () => process.exit())";
    child_process.spawn(process.execPath, ["-e", child], { stdio: ["pipe", "ignore", "ignore"] });
    while (process.cpuUsage().user < 400_000) for (let i = 0; i < 1e6; i++);
    console.log("done");
    setInterval(() => {}, 1000);`;
    const program = new Program([process.execPath, "-e", busy]);
    expect(await program.says(/(done)/, 20_000)).toBe("done");
    expect(program.cpu()).toBeGreaterThan(0.3);
    program.kill();
    await program.closed;
  },
);

describe("the options", () => {
  test.each([
    [{ users: "many" }, '--users must be a whole number from 2 to 5000, not "many"'],
    [{ senders: "1001" }, '--senders must be a whole number from 1 to 1000, not "1001"'],
    [{ users: "100,1" }, '--users must be a whole number from 2 to 5000, not "1"'],
    [{ users: "40,90" }, '--senders must be a whole number from 1 to 40, not "50"'],
    [{ packets: true, users: "9,90" }, '--users must be a whole number from 2 to 5000, not "9,90"'],
    [{ window: "4,0" }, '--window must be a whole number from 1 to 1000, not "0"'],
    [{ seconds: "0" }, '--seconds must be a number from 0.1 to 60, not "0"'],
    [{ chapters: "v02,v77" }, /^no chapter "v77"; the nearest is v07 /],
    [{ chapters: "v01" }, "v01 answers the sender alone: the bench begins with v02"],
    [{ cluster: true, users: "90" }, '--senders must be a whole number from 1 to 45, not "50"'],
    [{ peers: "kafka" }, '--peers must be of redis and nats, or none, not "kafka"'],
    [{ only: "idel" }, '--only must be of fanout, start, join, idle, bare, ask, seek, not "idel"'],
  ])("%j is refused, and what would be right is said", (values, message) => {
    expect(() => plan({ peers: "none", ...values })).toThrow(message);
  });

  test("without any: the chapters that tell something, the naive server, and all parts", () => {
    const { contenders, load, parts } = plan({ peers: "none" });
    expect(contenders.map(({ id }) => id)).toEqual(["v02", "v07", "v16", "naive"]);
    expect(load).toEqual({ users: 1000, senders: 50, seconds: 3, rounds: 5 });
    expect(parts.length).toBeGreaterThan(0); // as many as this system has descriptors for
  });

  test("several numbers of users: the fan-out alone, one number after the other", () => {
    const { comparison, crowds, parts } = plan({ peers: "none", users: "100,300" });
    expect({ comparison, crowds, parts }).toEqual({
      comparison: "crowds",
      crowds: [100, 300],
      parts: ["fanout"],
    });
  });

  test("--packets: one server on its three wires", () => {
    const { contenders, parts } = plan({ packets: true });
    expect(contenders.map(({ id }) => id)).toEqual(["v15", "v15/ws", "v15/packets"]);
    expect(parts).toEqual(["fanout"]);
  });

  test("--cluster: one server with three times the users, nodes with as many each, and crowded peers", () => {
    const found = clusters(true);
    expect(found.map(({ id, crowd }) => `${id} ${crowd}`)).toEqual(
      ["v16 3", "v16×3 3", "v16×1 1", "v16×2 2", "v16×4 4"], // the first two are set side by side
    );
    expect(found.map(({ cluster }) => cluster?.nodes(4222).length)).toEqual([
      undefined,
      3,
      1,
      2,
      4,
    ]);
    expect(clusters(false).map(({ id }) => id)).toEqual(["v16"]);
    expect(plan({ cluster: true }).load.elsewhere).toBe(true);
  });

  test("--history: one server without a history, with one, and with a long one", () => {
    const { contenders } = plan({ history: true });
    expect(contenders.map(({ id }) => id)).toEqual(["v12", "v13", "v13/file", "v13/million"]);
  });
});

describe("counting", () => {
  test("one a frame, however the bytes are cut and whatever stands between", () => {
    const frame = fc.record({
      between: fc.constantFrom("", "", "", "PING\r\n", "as long as a frame".padEnd(65)),
      text: fc.constantFrom(63, 63, 63, 90).map((length) => `${"x".repeat(length)}~\n`),
    });
    const frames = fc.array(frame, { minLength: 5, maxLength: 30 });
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 300 })), (frames, cuts) => {
        const bytes = Buffer.from(frames.map(({ between, text }) => between + text).join(""));
        const counter = new Counter("~", 64);
        let count = 0;
        let at = 0;
        for (const cut of cuts) {
          count += counter.count(bytes.subarray(at, at + cut));
          at += cut;
        }
        expect(count + counter.count(bytes.subarray(at))).toBe(frames.length);
      }),
    );
  });
});

test.skipIf(nats.version() === undefined)(
  "every line that is said on one node is heard on the other",
  async () => {
    const two = clusters(true).find(({ crowd }) => crowd === 2) as Contender;
    const load = { users: 12, senders: 3, window: 4, seconds: 0.2, elsewhere: true };
    const users: string[] = [];
    const { lines, deliveries, elsewhere } = await fanout(two, load, async ({ nodes }) => {
      for (const { program } of nodes) {
        const port = await program.says(WEB, 20_000);
        const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
        users.push(/^chat_users (\d+)$/m.exec(await metrics.text())?.[1] ?? "none");
      }
    });
    expect(users).toEqual(["6", "6"]);
    expect(lines).toBeGreaterThan(3 * 4); // the window, and what follows when it has been heard elsewhere
    expect(deliveries).toBe(lines * 12);
    expect(elsewhere).toMatchObject({ nodes: 2 });
    expect(elsewhere?.p50Ms).toBeGreaterThan(0);
  },
);

test.skipIf(process.platform !== "linux")(
  "each thousand of users comes from an address of its own",
  async () => {
    const from: (string | undefined)[] = [];
    const server = createServer((socket) => {
      from.push(socket.remoteAddress);
      socket.resetAndDestroy();
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const contender = { ...nats, hello: "" };
    const at = { port, contender, startMs: 0, program: undefined as unknown as Program };
    for (const number of [0, 999, 1000, 4999]) {
      const { socket } = new User(at, new Counter("~", 64), number);
      await new Promise((resolve) => socket.on("error", () => {}).on("close", resolve));
    }
    server.close();
    expect(from).toEqual(["127.0.0.1", "127.0.0.1", "127.0.0.2", "127.0.0.5"]);
  },
);

/** Results of rounds that took a second each, with so many million deliveries. */
function resultsOf(millions: Record<string, number[]>, change: Partial<FanoutRow> = {}): Results {
  const fanout = Object.entries(millions).flatMap(([server, rounds]) =>
    rounds.map((m) => ({
      ...{ server, window: 4, lines: m * 1000, deliveries: m * 1e6, seconds: 1 },
      ...{ serverCpuSeconds: 0.8, driverCpuSeconds: 0.4, p50Ms: 5, p99Ms: 50, rssMiB: 100 },
      ...change,
    })),
  );
  return {
    date: "2026-01-31",
    machine: { cpu: "a processor", cores: 2, os: "an OS", versions: { node: "20.19.0" } },
    load: { users: 1000, senders: 50, seconds: 1, rounds: 3, textBytes: 64 },
    fanout,
    others: [
      { part: "start", server: "v02", users: 0, figure: 301 },
      { part: "join", server: "v02", users: 2000, figure: 1.5 },
      { part: "idle", server: "v02", users: 5000, figure: 20 },
    ],
  };
}

describe("what it comes to", () => {
  test("medians, and ratios round by round: a slow minute hurts nobody's ratio", () => {
    const [v02, v07] = summarise(resultsOf({ v02: [4, 2, 3], v07: [2, 1, 6] }), 4);
    expect(v02).toMatchObject({ perSecond: 3e6, least: 2e6, most: 4e6, cpuMicros: 0.8 / 3 });
    expect([v07?.times("v02"), v07?.times("v07")]).toEqual([0.5, 1]);
    expect(v07?.costs("v02")).toBe(2);
  });

  test("what a delivery costs, beside the first, where the system tells", () => {
    const results = resultsOf({ v02: [4], v07: [2], naive: [8] });
    expect(costs(results, 4)).toBe("CPU/delivery × v02: v07 2.00, naive 0.50");
    expect(costs(resultsOf({ v02: [4] }), 4)).toBeUndefined();
    const silent = { serverCpuSeconds: Number.NaN };
    expect(costs(resultsOf({ v02: [4], v07: [2] }, silent), 4)).toBeUndefined();
  });

  test.each([
    ["a server that is busier than the driver is not", {}, /^v02 +4\.00 M .* 80 % +40 %$/m],
    [
      "a driver that works more than the server is marked",
      { driverCpuSeconds: 0.81 },
      /^v02 +4\.00 M \*.*\n\*: the driver was/m,
    ],
    [
      "where a system does not tell what a process costs, there is a dash",
      { serverCpuSeconds: Number.NaN, rssMiB: Number.NaN },
      /^v02 +4\.00 M +4\.00 M … 4\.00 M +– +5\.0 ms +50 ms +– +– +40 %$/m,
    ],
  ])("%s", (_, change, row) => {
    expect(forTerminal(fanoutTable(resultsOf({ v02: [4] }, change), 4))).toMatch(row);
  });
});

describe("what a cluster comes to", () => {
  /** A second of each, with so many nodes and users, and what all nodes together took of it. */
  const row = (server: string, nodes: number, users: number, serverCpuSeconds: number) => ({
    ...{ server, window: 4, lines: 1000, deliveries: 1000 * users, seconds: 1, serverCpuSeconds },
    ...{ driverCpuSeconds: 0.4, p50Ms: 5, p99Ms: 50, rssMiB: 100 },
    elsewhere: {
      nodes,
      atOnce: 12.5,
      busCpuSeconds: server.includes("×") ? 0.1 : Number.NaN,
      p50Ms: 7,
      p99Ms: 70,
    },
  });
  const rows = [row("v16", 1, 3000, 0.6), row("v16×3", 3, 3000, 0.9), row("redis", 1, 3000, 1.8)];
  const growth = [row("v16×1", 1, 1000, 0.2), row("v16×2", 2, 2000, 0.5)];
  const results = { ...resultsOf({}), comparison: "cluster", fanout: [...rows, ...growth] };

  test("three nodes beside whoever has as many users, and nobody else", () => {
    const table = forTerminal(clusterTable(results, 4));
    expect(table.match(/^(v|r)\S+/gm)).toEqual(["v16", "v16×3", "redis"]);
    expect(table).toMatch(
      /^v16 +3\.00 M +\S+ M … \S+ M +0\.20 µs +1\.00 +12\.5 +– +7\.0 ms +70 ms +100 MiB +60 % \+ – +40 %$/m,
    );
    expect(table).toMatch(/^v16×3 .* 0\.30 µs +1\.50 +12\.5 +0\.033 µs .* 90 % \+ 10 % +40 %$/m);
  });

  test("what a line costs each node, by the number of nodes", () => {
    const table = forTerminal(nodesTable(results, 4));
    expect(table).toMatch(
      /^1 node +1,000 +1,000 +200 µs +1\.00 +12\.5 +100 µs +5\.0 ms +7\.0 ms +70 ms$/m,
    );
    expect(table).toMatch(/^2 nodes +2,000 +1,000 +250 µs +1\.25 /m);
    expect(table).toMatch(/^3 nodes +3,000 +1,000 +300 µs +1\.50 /m);
  });
});

describe("npm run bench:page", () => {
  const page = ["machine", "fanout", "chart", "windows", "others"]
    .map((name) => `<!-- bench ${name} -->\n<!-- /bench -->\n`)
    .join("in between\n");
  const results = resultsOf({ v02: [4], redis: [2] });

  test("fills each part, and what is filled already stays as it is", () => {
    const once = renew(page, () => results);
    expect(once).toContain("| v02 | 4.00 M | 4.00 M … 4.00 M | 1.00 | 2.00 |");
    expect(once).toContain("bar [4, 2]");
    expect(once).toContain("| v02 | 301 ms | 1.50 s | 20.0 KiB |");
    expect(once.match(/<!-- \/bench -->\nin between/g)).toHaveLength(4);
    expect(renew(once, () => results)).toBe(once);
  });

  test("a part that names a comparison is made from the results of that one", () => {
    const parts = ["packets fanout", "timers timers"];
    const page = parts.map((name) => `<!-- bench ${name} -->\n<!-- /bench -->\n`).join("");
    const rows = [
      { way: "a timer each", bytes: 218, startNs: 1000, touchNs: 319, stopNs: 300, idle: 0 },
    ];
    const timers = { limits: 1000, seconds: 300, rounds: 7, rows };
    const made = renew(page, (comparison) =>
      comparison === "timers" ? { ...results, timers } : resultsOf({ [comparison]: [4] }),
    );
    expect(made).toContain("| packets | 4.00 M |");
    expect(made).toContain("| a timer each | 218 | 1000 ns | 319 ns | 300 ns | 0.00 % |");
  });

  test("by the number of users: a table and three plots, with a line for each server", () => {
    const crowd = (users: number, change: Partial<FanoutRow>) =>
      resultsOf({ v02: [users / 100], redis: [1] }, { ...change, users }).fanout;
    const fanout = [...crowd(100, {}), ...crowd(1000, { serverCpuSeconds: 5, rssMiB: 222.2 })];
    const page = ["machine", "crowds", "plots"]
      .map((name) => `<!-- bench crowds ${name} -->\n<!-- /bench -->\n`)
      .join("");
    const made = renew(page, () => ({ ...results, comparison: "crowds", fanout }));
    expect(made).toContain(" 100 or 1,000 users, 50 of whom speak, each with 4 lines in flight;");
    expect(made).toContain("| v02 | 1.00 M, 0.80 µs, 100 MiB | 10.00 M, 0.50 µs, 222 MiB |");
    expect(made.match(/^ {2}(x-axis|y-axis|line) .*$/gm)).toEqual([
      '  x-axis "users" ["100", "1,000"]',
      '  y-axis "million deliveries a second" 0 --> 10',
      '  line "v02" [1, 10]',
      '  line "redis" [1, 1]',
      '  x-axis "users" ["100", "1,000"]',
      '  y-axis "CPU a delivery, µs" 0 --> 5',
      '  line "v02" [0.8, 0.5]',
      '  line "redis" [0.8, 5]',
      '  x-axis "users" ["100", "1,000"]',
      '  y-axis "memory, MiB" 0 --> 223',
      '  line "v02" [100, 222]',
      '  line "redis" [100, 222]',
    ]);
  });

  test("what a system does not tell has a dash, and no plot", () => {
    const silent = { serverCpuSeconds: Number.NaN, rssMiB: Number.NaN };
    const fanout = [100, 1000].flatMap(
      (users) => resultsOf({ v02: [4] }, { ...silent, users }).fanout,
    );
    const page = ["crowds", "plots"]
      .map((name) => `<!-- bench crowds ${name} -->\n<!-- /bench -->\n`)
      .join("");
    const made = renew(page, () => ({ ...results, comparison: "crowds", fanout }));
    expect(made).toContain("| v02 | 4.00 M, –, – | 4.00 M, –, – |");
    expect(made.match(/y-axis .*/g)).toEqual(['y-axis "million deliveries a second" 0 --> 4']);
    expect(made).not.toMatch(/NaN|bottleneck/);
  });

  test("a part that there is not is refused", () => {
    expect(() => renew("<!-- bench speed -->\n<!-- /bench -->", () => results)).toThrow(
      'there is no "bench speed": only machine, fanout, chart, plots, crowds, windows, others, ',
    );
  });

  test("the page is what the committed results say", async () => {
    const { stdout, stderr } = await runScript("scripts/bench-page.ts", ["--check"]);
    expect(stdout + stderr).toBe("docs/performance.md has the figures of the results\n");
  });

  refuses("bench-page", [["package.json"], /^package\.json holds no fan-out: /]);
});
