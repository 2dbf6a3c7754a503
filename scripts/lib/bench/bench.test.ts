/** `npm run bench`: that it counts what is said, and says what is wrong. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Program } from "../../../test/harness/program.ts";
import { runScript } from "../script.ts";
import { refuses, scratch } from "../testing.ts";
import { Counter } from "./crowd.ts";
import { plan } from "./options.ts";
import { renew } from "./page.ts";
import { type FanoutRow, type Results, readResults, summarise } from "./results.ts";
import { costs, fanoutTable, forTerminal } from "./tables.ts";

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
      stdout.match(/^(a timer each|wheel, [15]0 ms)( +-?\d+){4} +\d+\.\d\d %$/gm),
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
    [{ window: "4,0" }, '--window must be a whole number from 1 to 1000, not "0"'],
    [{ seconds: "0" }, '--seconds must be a number from 0.1 to 60, not "0"'],
    [{ chapters: "v02,v77" }, /^no chapter "v77"; the nearest is v07 /],
    [{ chapters: "v01" }, "v01 answers the sender alone: the bench begins with v02"],
    [{ peers: "kafka" }, '--peers must be of redis and nats, or none, not "kafka"'],
    [{ only: "idel" }, '--only must be of fanout, start, join, idle, bare, ask, seek, not "idel"'],
  ])("%j is refused, and what would be right is said", (values, message) => {
    expect(() => plan({ peers: "none", ...values })).toThrow(message);
  });

  test("without any: the chapters that tell something, the naive server, and all parts", () => {
    const { contenders, load, parts } = plan({ peers: "none" });
    expect(contenders.map(({ id }) => id)).toEqual(["v02", "v07", "v15", "naive"]);
    expect(load).toEqual({ users: 1000, senders: 50, seconds: 3, rounds: 5 });
    expect(parts.length).toBeGreaterThan(0); // as many as this system has descriptors for
  });

  test("--packets: one server on its three wires", () => {
    const { contenders, parts } = plan({ packets: true });
    expect(contenders.map(({ id }) => id)).toEqual(["v15", "v15/ws", "v15/packets"]);
    expect(parts).toEqual(["fanout"]);
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

describe("npm run bench:page", () => {
  const page = ["machine", "fanout", "chart", "windows", "others"]
    .map((name) => `<!-- bench ${name} -->\n<!-- /bench -->\n`)
    .join("in between\n");
  const results = resultsOf({ v02: [4], redis: [2] });

  test("fills each part, and what is filled already stays as it is", () => {
    const once = renew(page, results);
    expect(once).toContain("| v02 | 4.00 M | 4.00 M … 4.00 M | 1.00 | 2.00 |");
    expect(once).toContain("bar [4.00, 2.00]");
    expect(once).toContain("| v02 | 301 ms | 1.50 s | 20.0 KiB |");
    expect(once.match(/<!-- \/bench -->\nin between/g)).toHaveLength(4);
    expect(renew(once, results)).toBe(once);
  });

  test("a part that there is not is refused", () => {
    expect(() => renew("<!-- bench speed -->\n<!-- /bench -->", results)).toThrow(
      'there is no "bench speed": only machine, fanout, chart, windows, others',
    );
  });

  test("the page is what the committed results say", async () => {
    const { stdout, stderr } = await runScript("scripts/bench-page.ts", ["--check"]);
    expect(stdout + stderr).toBe("docs/performance.md is what the results say\n");
  });

  refuses("bench-page", [["package.json"], /^package\.json holds no fan-out: /]);
});
