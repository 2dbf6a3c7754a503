/** `npm run mark`: each submission costs only itself, and nothing of it is left running. */
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../../../test/harness/server.ts";
import { root } from "../root.ts";
import { runScript, start } from "../script.ts";
import { refuses, scratch } from "../testing.ts";
import { running } from "./processes.ts";
import { csv } from "./results.ts";
import { recipe } from "./submission.ts";
import type { Mark } from "./verdict.ts";

const posix = process.platform !== "win32";
/** A folder of submissions: their files by name, or the text of their server. */
function classOf(handedIn: Record<string, string | Record<string, string>>): string {
  const folder = join(scratch(), "in");
  for (const [name, content] of Object.entries(handedIn)) {
    const files =
      typeof content === "string"
        ? { "server.cjs": content, "run.txt": "node server.cjs {port}" }
        : content;
    mkdirSync(join(folder, name), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, name, file), text);
  }
  return folder;
}

const ONE_CASE = ["--chapters", "v01", "--case", "v01/line-comes-back", "--jobs", "4"];
const mark = (folder: string, ...args: string[]) =>
  runScript("scripts/mark.ts", [folder, ...ONE_CASE, ...args]);

/** The verdicts by name, as the kept files have them. */
function verdicts(folder: string, ...names: string[]): Record<string, string> {
  const read = (name: string) =>
    JSON.parse(readFileSync(join(`${folder}.marks`, `${name}.v01.json`), "utf8")) as Mark;
  return Object.fromEntries(names.map((name) => [name, read(name).verdict]));
}

/** A server that answers each line with what the expression makes of it. */
const server = (answer: string, more = "") => `
const net = require("node:net");
const fs = require("node:fs");
const { spawn } = require("node:child_process");
net.createServer({ allowHalfOpen: true }, (socket) => {
  let rest = "";
  socket.on("error", () => {});
  socket.on("end", () => socket.end());
  socket.on("data", (data) => {
    const lines = (rest + data).split("\\n");
    rest = lines.pop();
    for (const line of lines) socket.write(${answer} + "\\n");
  });
}).listen(Number(process.argv[2]), "127.0.0.1");
${more}`;

const ECHO = server("line");
const HANG = "setInterval(() => {}, 1000);";

/** Starts a program that outlives its server, and writes its id down; `lost` in every way we know. */
const helper = (file: string, lost: string) =>
  server(
    "line",
    `const helper = spawn(process.execPath, ["-e", ${JSON.stringify(HANG)}], { detached: true, stdio: "ignore", ${lost} });
fs.appendFileSync(${JSON.stringify(file)}, helper.pid + "\\n");`,
  );

const pidsIn = (file: string) => readFileSync(file, "utf8").trim().split("\n").map(Number);

const alive = (pid: number) => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test.concurrent("right, wrong, not started, not built, not described: a row for each, and one that builds", async () => {
  const folder = classOf({
    right: ECHO,
    wrong: server('line.startsWith("hello") ? "olleh" : line'),
    broken: "console.error('Error: no such luck'); process.exit(3);",
    unbuilt: {
      "run.txt": "build: node build.cjs\nx {port}",
      "build.cjs": "console.error('x.c:1:1: error: y'); process.exit(1);",
    },
    nothing: { "notes.txt": "later" },
    copied: {
      "room.ts": `// mine\n\n${readFileSync(`${root}chapters/v05-rename/room.ts`, "utf8")}`,
    },
    starts: { "run.txt": "node --import tsx ../course/chapters/v05-rename/main.ts --port {port}" },
    begins: { "lines.ts": readFileSync(`${root}chapters/v01-basic-server/lines.ts`, "utf8") },
    built: {
      "source.txt": ECHO,
      "build.cjs": 'require("node:fs").renameSync("source.txt", "server.cjs");',
      "run.txt": "# two steps\nbuild: node build.cjs\n\nnode server.cjs {port}\n",
    },
  });
  const table = `${folder}.csv`;
  const { code, stdout } = await mark(folder, "--csv", table, "--junit", `${folder}.xml`);
  expect(stdout).toMatch(/^right +v01 +1 +1 +0 +0 +[\d.]+ +all cases pass$/m);
  expect(stdout).toMatch(/^built +v01 +1 +1 .* all cases pass$/m);
  expect(stdout).toMatch(
    /^wrong +v01 +0 +1 .* 1 of 1 cases fail; the first is v01\/line-comes-back: /m,
  );
  expect(stdout).toMatch(/^broken .* does not start: .*Error: no such luck$/m);
  expect(stdout).toMatch(/^nothing .* it has neither run.txt nor main.ts$/m);
  expect(stdout).toMatch(/^unbuilt .* does not build: x.c:1:1: error: y$/m);
  expect(stdout).toMatch(/^copied .* room.ts is the course's own, of v05; it has neither /m);
  expect(stdout).toMatch(/^starts .* run.txt names the course's chapters\/v05-rename; /m);
  expect(stdout).toMatch(/^begins +v01 [\d. ]+ it has neither run.txt nor main.ts$/m);
  expect(stdout).toContain("9 of 9 marked in ");
  expect(readFileSync(table, "utf8")).toMatch(
    /^submission,chapter,own,own of,.*\n(.*\n)*broken,v01,0,1,/,
  );
  const xml = (name: string) => readFileSync(join(`${folder}.xml`, `${name}.xml`), "utf8");
  expect(xml("wrong")).toContain('<testcase classname="v01" name="v01/line-comes-back"');
  expect(xml("nothing")).toMatch(
    /name="v01\/marked" .*<failure .*"it has neither run.txt nor main.ts"/,
  );
  expect(existsSync(join(folder, "built", "server.cjs"))).toBe(false); // it was built in a copy
  expect(code).toBe(0);
});

test.concurrent("one that hangs, and one that prints without end, end at their time limit", async () => {
  const flood = server("line", "for (;;) fs.writeSync(1, 'on and on\\n'.repeat(1000));");
  const folder = classOf({ hang: HANG, flood, later: { "notes.txt": "" } });
  await mark(folder, "--time-limit", "4");
  expect(verdicts(folder, "hang", "flood", "later")).toEqual({
    hang: "time limit of 4 s",
    flood: "time limit of 4 s",
    later: "it has neither run.txt nor main.ts",
  });
});

test.runIf(posix).concurrent("helpers that leave their family end with their server", async () => {
  const file = join(classOf({ x: {} }), "pids");
  const folder = classOf({
    plain: helper(file, ""),
    elsewhere: helper(file, "cwd: '/'"),
    ...(process.platform === "linux" ? { nameless: helper(file, "env: {}") } : {}),
  });
  await mark(folder);
  const pids = pidsIn(file);
  expect(pids.length).toBeGreaterThan(1);
  await eventually(() => !pids.some(alive), "all of them have ended");
});

test.concurrent("one that rewrites what is kept, or brings a tsconfig.json of its own, has the mark that it has", async () => {
  const forged = JSON.stringify({ verdict: "forged", points: [], cases: [{ outcome: "pass" }] });
  const folder = classOf({ a: ECHO, b: {} });
  const marks = ["a", "b"].map((name) => join(`${folder}.marks`, `${name}.v01.json`));
  const files = {
    "run.txt": "node server.cjs {port}",
    "server.cjs": `for (const file of ${JSON.stringify(marks)}) require("node:fs").writeFileSync(file, '${forged}'); process.exit(3);`,
    "tsconfig.json": '{"compilerOptions":{"paths":{"*":["./forge.ts"]}}}',
    "forge.ts": `console.log(${JSON.stringify(forged)}); process.exit();`,
  };
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, "b", file), text);
  await mark(folder, "--jobs", "1");
  const { a, b } = verdicts(folder, "a", "b");
  expect(a).toBe("all cases pass");
  expect(b).toMatch(/^does not start: /);
  expect(readFileSync(marks[0] ?? "", "utf8")).not.toContain(forged);
});

/** Tried where it can be: as root, with a user of whom nothing runs. */
const nobody =
  process.platform === "linux" && process.getuid?.() === 0 && running({ uid: 65_534 }).length === 0;
test.runIf(nobody)("--as: it cannot write what we write, and all that it starts ends", async () => {
  const file = join(tmpdir(), `pids-${process.pid}`);
  const tries = `try { fs.writeFileSync(require("node:path").join(__dirname, "..", "x"), ""); } catch (error) { fs.writeFileSync(${JSON.stringify(file)}, [process.getuid(), error.code, process.env.SECRET].join()); }
spawn(process.execPath, ["-e", ${JSON.stringify(HANG)}], { detached: true, stdio: "ignore", cwd: "/", env: {} });`;
  const folder = classOf({ tries: server("line", tries) });
  const args = ["--jobs", "1", "--as", "nobody"];
  await runScript("scripts/mark.ts", [folder, ...ONE_CASE, ...args], { SECRET: "it" });
  expect(verdicts(folder, "tries")).toEqual({ tries: "all cases pass" });
  expect(readFileSync(file, "utf8")).toBe("65534,EACCES,");
  expect(running({ uid: 65_534 })).toEqual([]);
  rmSync(file);
});

test.concurrent("a second run keeps what it can: what has changed is marked anew, and all with --again", async () => {
  const folder = classOf({ same: { "notes.txt": "" }, changes: { "notes.txt": "" } });
  const said = async (...args: string[]) => (await mark(folder, ...args)).stderr;
  const kept = async (...args: string[]) => (await said(...args)).match(/\S+(?= v01: .*\(kept\))/g);
  expect(await kept()).toBeNull();
  expect((await kept())?.toSorted()).toEqual(["changes", "same"]);
  writeFileSync(join(folder, "changes", "run.txt"), "nothing\n");
  const lines = (await said("--jobs", "1")).split("\n");
  expect(lines.slice(0, 2)).toEqual([
    "marking changes (v01) …",
    "1 of 2  changes v01: run.txt must contain {port}, where the port goes",
  ]);
  expect(lines[2]).toMatch(/^2 of 2 {2}same v01: .* \(kept\)$/);
  expect(verdicts(folder, "changes")).toEqual({
    changes: "run.txt must contain {port}, where the port goes",
  });
  expect(await kept("--again")).toBeNull();
});

test.concurrent("what the checker itself has not done is done again", async () => {
  const folder = classOf({ right: ECHO });
  await mark(folder, "--seed", "none");
  expect(verdicts(folder, "right").right).toMatch(/^the checker failed: .*seed/);
  expect((await mark(folder, "--seed", "none")).stderr).not.toContain("(kept)");
});

test.runIf(posix).concurrent("Ctrl-C ends all, and keeps what is done", async () => {
  const file = join(classOf({ x: {} }), "pids");
  const folder = classOf({ a: { "notes.txt": "" }, b: helper(file, "") + HANG, c: HANG });
  const server = join(folder, "b", "server.cjs");
  writeFileSync(server, readFileSync(server, "utf8").replace("socket.write", "void"));
  const { child, output } = start("scripts/mark.ts", [folder, ...ONE_CASE]);
  await eventually(
    () => existsSync(file) && output.stderr.includes("1 of 3"),
    "one is marked, one runs",
  );
  child.kill("SIGINT");
  const [code] = await once(child, "close");
  expect(code).toBe(130);
  expect(output.stdout).toContain("1 of 3 marked in ");
  await eventually(() => !pidsIn(file).some(alive), "all have ended");
  expect(existsSync(join(`${folder}.marks`, "a.v01.json"))).toBe(true);
  expect(existsSync(join(`${folder}.marks`, "b.v01.json"))).toBe(false);
});

test.concurrent.each([
  ["", "run.txt has no line that says how to start the submission"],
  ["# nothing\nbuild: make\n", "run.txt has no line that says how to start the submission"],
  ["a {port}\nb {port}\n", "run.txt has more than one line that says how to start the submission"],
  ["python3 server.py 8888\n", "run.txt must contain {port}, where the port goes"],
])("run.txt that reads %j: %s", (text, complaint) => {
  const folder = classOf({ a: { "run.txt": text } });
  expect(() => recipe(join(folder, "a"))).toThrow(complaint);
});

test("CSV: quoted, and no formula", () => {
  const mark: Mark = {
    ...{ name: "=A1+1", chapter: "v05", verdict: 'no "quotes",', seconds: 1, of: "", cases: [] },
    ...{ own: { reached: 1, of: 2 }, older: { reached: 3, of: 4 } },
  };
  const head = "submission,chapter,own,own of,older,older of,seconds,verdict";
  expect(csv([mark])).toBe(`${head}\n'=A1+1,v05,1,2,3,4,1.0,"no ""quotes"","\n`);
});

refuses(
  "mark",
  [
    ["/no/such/folder"],
    /^there is no folder .*; it must contain the submissions, one folder for each$/,
  ],
  [[tmpdir(), "--chapters", "v77"], /^no chapter "v77"; the nearest is v07 /],
  [[tmpdir(), "--time-limit", "soon"], /^--time-limit must be a whole number /],
  [[tmpdir(), "--cmd", "server"], '--cmd must contain {port}, where the port goes: "server"'],
  [[tmpdir(), "--as", "root"], /^--as /],
);
