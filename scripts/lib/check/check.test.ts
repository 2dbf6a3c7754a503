/** `npm run check`: its verdicts on good servers and bad ones, in whatever words they speak. */
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { commandLine, freePort } from "../../../test/harness/target.ts";
import { root } from "../root.ts";
import { runScript } from "../script.ts";
import { refuses, scratch } from "../testing.ts";
import { junit } from "./report.ts";

const check = (...args: string[]) => runScript("scripts/check.ts", args);
/** Cases by their ids, with blanks between, against the server that the command starts. */
const hold = (chapter: string, ids: string, cmd: string, ...more: string[]) =>
  check(chapter, ...ids.split(" ").flatMap((id) => ["--case", id]), "--cmd", cmd, ...more);

/** How to start a chapter's server, with some of its text replaced. */
async function server(
  id: string,
  ...replaced: [file: string, from: string, to: string][]
): Promise<string> {
  const chapter = chapters.find((chapter) => chapter.id === id);
  const folder = scratch(true);
  cpSync(join(root, "chapters", chapter?.folder ?? ""), folder, { recursive: true });
  for (const [file, from, to] of replaced) {
    const text = readFileSync(join(folder, file), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(folder, file), text.replaceAll(from, to));
  }
  return commandLine(join(folder, "main.ts"));
}

/** A little program that serves on the port it is given. */
function program(text: string): string {
  const file = join(scratch(true), "server.cjs");
  writeFileSync(file, text === "" ? "" : `const net = require("node:net");\n${text}`);
  return `"${process.execPath}" "${file}" {port}`;
}

const hello = "v01/line-comes-back";

describe.concurrent("npm run check", () => {
  test("a server that keeps its word passes, and is given points", async () => {
    const { code, stdout } = await hold("v02", hello, await server("v02"));
    expect(stdout).toContain("pass           v01/line-comes-back\n1 of 1 case passed\n");
    expect(code).toBe(0);
  });

  test("a wrong line: both lines, a caret, the clause, a hint, and how to run the case alone", async () => {
    const cmd = await server("v04");
    const { code, stdout } = await hold("v05", "v05/rename", cmd, "--seed", "1");
    const lines = stdout
      .split("\n")
      .map((line) => line.trim().replace(/127\.\d+\.\d+\.\d+:\d+/g, "ADDR"));
    expect(lines).toEqual(
      expect.arrayContaining([
        "mismatch: alice, line 3",
        'expected "you are now 张三1002"',
        'heard    "[ADDR]ADDR:rename|张三1002"',
        "holds: `rename|NEW`: the asker hears that it has the new name; its lines and the list of `who` show it",
        "hint: the server said a command to all users, as if it were text",
        "alice  > rename|张三1002\\n",
        "alice 3< [ADDR]ADDR:rename|张三1002",
        `to run this case alone: npm run check v05 -- --cmd ${JSON.stringify(cmd)} --seed 1 --case v05/rename`,
      ]),
    );
    const [expected = "", heard = "", caret = ""] = stdout.split("\n").slice(3);
    const at = caret.indexOf("^");
    expect(expected.slice(0, at)).toBe(heard.slice(0, at).replace("heard   ", "expected"));
    expect(expected[at]).not.toBe(heard[at]);
    expect(code).toBe(1);
  });

  test("what Node prints for an editor is no complaint of the server's", async () => {
    const folder = scratch(true);
    cpSync(join(root, "chapters", "v01-basic-server"), join(folder, "v01"), { recursive: true });
    const ids = ["v01/line-comes-back", "v01/port-in-use", "v01/bad-option 9000", "v01/help"];
    const { stdout } = await runScript(
      "scripts/check.ts",
      ["v01", ...ids.flatMap((id) => ["--case", id])],
      {
        EXERCISES: folder,
        NODE_OPTIONS: "--import=data:text/javascript,console.error(1)",
      },
    );
    expect(stdout).toContain("4 of 4 cases passed");
  });

  test("the first failure ends it; --all goes on", async () => {
    const cmd = await server("v04");
    const two = (...more: string[]) => hold("v05", "v05/rename v05/rename-empty", cmd, ...more);
    expect((await two()).stdout).toMatch(/1 not reached\nthe check stopped at the first failure/);
    const { stdout } = await two("--all");
    expect(stdout).toMatch(/^fail +v05\/rename\n(.*\n)*fail +v05\/rename-empty\n/m);
  });

  test.each([
    ["ends at once", () => program(""), "the server ended (exit code 0)"],
    ["cannot be started", () => "no-such-program {port}", "no-such-program"],
  ])("a program that %s has crashed", async (_, cmd, why) => {
    const { code, stdout } = await hold("v02", hello, cmd());
    expect(stdout).toMatch(/^server crashed v01\/line-comes-back$/m);
    expect(stdout).toContain(why);
    expect(code).toBe(1);
  });

  test("one that accepts and says nothing fails", async () => {
    const silent = program('net.createServer(() => {}).listen(+process.argv[2], "127.0.0.1")');
    const { code, stdout } = await hold("v02", hello, silent, "--patience", "1");
    expect(stdout).toContain("hang: alice waited 1 s for");
    expect(stdout).toContain("hint: not one whole line was heard");
    expect(code).toBe(1);
  });

  test("one that forgets the newline is told so", async () => {
    const listen = '.listen(+process.argv[2], "127.0.0.1")';
    const bare = program(`net.createServer((s) => s.pipe(s).write("hello"))${listen}`);
    const { stdout } = await hold("v02", hello, bare, "--patience", "1");
    expect(stdout).toContain('hint: "hello" came, but no newline after it');
  });

  test("one that crashes in the middle has crashed, and what it printed is shown", async () => {
    const exit = 'if (bytes.includes("hello")) process.exit(7);\n  return bytes';
    const late = await server("v02", ["lines.ts", "return bytes", exit]);
    const { stdout } = await hold("v02", hello, late);
    expect(stdout).toContain("crash: the server ended (exit code 7)");
  });

  test("one that starts late is waited for", async () => {
    const late = await server("v02", [
      "main.ts",
      "await serve(values)",
      "setTimeout(() => void serve(values), 2000)",
    ]);
    const { code } = await hold("v02", hello, late);
    expect(code).toBe(0);
  });

  test.skipIf(process.platform !== "linux")(
    "a server with a helper: its own memory and signals are looked at",
    async () => {
      const helper = `import { spawn } from "node:child_process";\nspawn("sleep", ["60"]);\n`;
      const first = "import { parseArgs";
      const cmd = await server("v08", ["main.ts", first, helper + first]);
      const cases = "v01/endless-line v08/shutdown-with-nobody-there";
      const { stdout } = await hold("v08", cases, cmd);
      expect(stdout).toContain("2 of 2 cases passed");
    },
  );

  test("a server that hangs up on questions over HTTP has failed, and no fault of ours", async () => {
    const deaf = await server("v10", [
      "web.ts",
      "const { method, url } = request;",
      "const { method, url } = request;\n    if (url) return request.socket.destroy();",
    ]);
    const { stdout } = await hold("v10", "v10/healthz", deaf);
    expect(stdout).toMatch(/^fail +v10\/healthz\n +mismatch: GET \/healthz got no answer: /m);
  });

  test("a JVM is told to collect early, so that its memory can be judged; one's own setting goes before", async () => {
    const says = program("console.error(process.env.JAVA_TOOL_OPTIONS); process.exit(1)");
    const { stdout } = await hold("v02", hello, says);
    expect(stdout).toContain("stderr: -XX:+UseSerialGC");
    const own = await hold("v02", hello, `JAVA_TOOL_OPTIONS=-Xmx64m ${says}`);
    expect(own.stdout).toContain("stderr: -Xmx64m");
  });

  const foreign: [string, string, string][] = [
    ["user.ts", "you are now ", "du heißt jetzt "],
    ["user.ts", "name ${", "vergeben ist ${"],
    ["user.ts", "`no user named $", "`niemand heißt so: $"],
    ["room.ts", " says to you:", ": "],
    ["room.ts", '"online"', '"ist da"'],
    ["room.ts", '"offline"', '"ist weg"'],
    ["user.ts", "online...", "hört zu"],
  ];
  /** Which looks like a private message from somebody called kicked. */
  const kicked: (typeof foreign)[number] = ["user.ts", "you were kicked: ", "kicked: "];
  const talk =
    "v05/rename v05/rename-taken v06/private v06/to-nobody v02/offline-announced v07/kick";

  test("other words fail, unless it is lenient", async () => {
    const cmd = await server("v07", ...foreign, kicked);
    expect((await hold("v07", talk, cmd)).code).toBe(1);
    const { code, stdout } = await hold("v07", talk, cmd, "--lenient", "--all");
    expect(stdout).toContain("6 of 6 cases passed");
    expect(code).toBe(0);
  });

  test("lenient learns no word of ours: what a sentence says of the asked is no part of it", async () => {
    const words: typeof foreign = [
      ["user.ts", '"usage: to|name|text"', "`was für $" + "{line.slice(3)}?`"],
    ];
    const cmd = await server("v06", ...words);
    const cases = "v06/to-own-name-without-text v06/to-without-text-never-leaks";
    const { stdout } = await hold("v06", cases, cmd, "--lenient", "--all");
    expect(stdout).toContain("2 of 2 cases passed");
  });

  test("lenient is not blind: a line to the wrong user still fails", async () => {
    const leak: typeof foreign = [
      [
        "room.ts",
        "message.to.connection.say(line);",
        "for (const each of audience) each.connection.send(encode(line));",
      ],
    ];
    const cmd = await server("v06", ...foreign, ...leak);
    const { code } = await hold("v06", "v06/private", cmd, "--lenient");
    expect(code).toBe(1);
  });

  test("what cannot be had of a server is not reached, and says why", async () => {
    const { code, stdout } = await hold("v01", "v01/help", await server("v01"));
    expect(stdout).toContain("not reached    v01/help: it needs the command line");
    expect(stdout).toMatch(/^0 of 1 case passed, 1 not reached\n.* cost no points$/m);
    expect(code, "nothing was proved").toBe(1);
  });

  test("--connect: a server that runs already; nobody there is said in one line", async () => {
    const port = await freePort();
    const nobody = await check("v02", "--case", hello, "--connect", `127.0.0.1:${port}`);
    expect(nobody.stdout).toContain(`crash: nobody serves on 127.0.0.1:${port}`);
    const echo = createServer((socket) => socket.pipe(socket)).listen(port, "127.0.0.1");
    const { code } = await check("v01", "--case", hello, "--connect", `127.0.0.1:${port}`);
    echo.close();
    expect(code).toBe(0);
  });

  test("--json and --junit give each case with its verdict", async () => {
    const file = join(scratch(true), "report.xml");
    const more = ["--all", "--json", "--junit", file];
    const { stdout } = await hold("v05", "v05/rename v04/who", await server("v04"), ...more);
    const report = JSON.parse(stdout);
    expect(report.points).toEqual([
      { chapter: "v05", reached: 0, of: 1 },
      { chapter: "v04", reached: 1, of: 1 },
    ]);
    expect(report.cases.map(({ id, outcome }: Record<string, string>) => [id, outcome])).toEqual([
      ["v05/rename", "fail"],
      ["v04/who", "pass"],
    ]);
    const xml = readFileSync(file, "utf8");
    expect(xml).toContain('<testsuite name="v05" tests="1" failures="1" skipped="0">');
    expect(xml).toMatch(/<testcase classname="v04" name="v04\/who" time="[\d.]+"\/>/);
  });

  test("JUnit's XML holds no character that XML cannot, whatever a program has printed", () => {
    const nasty = 'no "quotes", <tags> & \u0000 \ud800 \uffff 张三\nor lines';
    const text = "no &#34;quotes&#34;, &#60;tags&#62; &#38; ? ? ? 张三&#10;or lines";
    const cases = [
      { id: "v05/a", outcome: "pass", seconds: 0.1 },
      { id: "v05/b", outcome: "not reached", why: "no", seconds: 0 },
      { id: "v05/c", outcome: "fail", why: nasty, report: nasty, seconds: 0.2 },
    ];
    expect(junit({ v05: cases })).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="v05" tests="3" failures="1" skipped="1">
    <testcase classname="v05" name="v05/a" time="0.1"/>
    <testcase classname="v05" name="v05/b" time="0"><skipped message="no"/></testcase>
    <testcase classname="v05" name="v05/c" time="0.2"><failure type="fail" message="${text}">${text}</failure></testcase>
  </testsuite>
</testsuites>
`);
  });

  refuses(
    "check",
    [["v55"], /^no chapter "v55"; the nearest is v05/],
    [["v05", "--cmd", "server"], '--cmd must contain {port}, where the port goes: "server"'],
    [["v05", "--connect", "here"], /^--connect must be HOST:PORT, .* not "here"$/],
    [
      ["v05", "--cmd", "x {port}", "--case", "v05/renam"],
      /no case "v05\/renam"; the nearest is v05\/rename$/,
    ],
    [
      ["v05", "--cmd", "x {port}", "--jobs", "0"],
      '--jobs must be a whole number from 1 to 99, not "0"',
    ],
  );
});
