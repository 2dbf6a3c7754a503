/** `npm run peers`: the scene passes on v12, and each of its steps can be red; what Autobahn says is counted. */
import { cpSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chapter, folder } from "../../../test/harness/target.ts";
import { root } from "../root.ts";
import { runScript } from "../script.ts";
import { refuses, scratch } from "../testing.ts";
import { bySection, judged } from "./autobahn.ts";
import { ws } from "./clients.ts";
import { play, STEPS } from "./scene.ts";

const V12 = "v12-websocket";
const installed = existsSync(`${root}node_modules/ws`); // a tool of the maintainers
const inFull = process.platform !== "win32"; // there, no server can be asked to end

/** The chapter with other words in these files. */
function broken(...changes: [file: string, from: string, to: string][]) {
  const at = join(scratch(true), V12);
  cpSync(`${root}chapters/${V12}`, at, { recursive: true });
  for (const [file, from, to] of changes) {
    const text = readFileSync(join(at, file), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(at, file), text.replace(from, to));
  }
  return folder(at);
}

const redOf = async (...changes: [file: string, from: string, to: string][]) => {
  const { marks = [] } = (await play(ws, broken(...changes))) ?? {};
  return STEPS.filter((_, i) => marks[i] === "✗");
};
const played = inFull ? STEPS : STEPS.slice(0, -1);

const title = "the scene (needs the npm package ws)";
describe.skipIf(!installed)(title, { concurrent: true }, () => {
  test("all of it holds on v12", async () => {
    const { marks, problems } = (await play(ws, chapter({ folder: V12 }))) ?? {};
    expect(problems).toEqual([]);
    expect(marks?.slice(0, played.length)).toEqual(played.map(() => "✓"));
  });

  test("a server that says each thing a little wrong: all is red but the handshake", async () => {
    const red = await redOf(
      ["room.ts", 'frame(user, "online")', 'frame(user, "on line")'],
      ["room.ts", "line: frame(user, text)", "line: frame(user, text.slice(1))"],
      ["room.ts", '"server is shutting down"', '"bye"'],
      ["user.ts", "you are now ", "you are "],
      ["websocket.ts", "yield frame(PONG, payload)", "yield frame(PONG, EMPTY)"],
      ["websocket.ts", "NORMAL = 1000", "NORMAL = 1001"],
      ["websocket.ts", "TOO_BIG = 1009", "TOO_BIG = 1008"],
    );
    expect(red).toEqual(played.slice(1));
  });

  test("a limit that is a byte too low", async () => {
    const red = await redOf(["lines.ts", "MAX_LINE = 4096", "MAX_LINE = 4095"]);
    expect(red).toEqual(["4,096 bytes come back", "quit: bye, and 1000"]);
  });

  test("a limit that is a byte too high", async () => {
    const red = await redOf(["lines.ts", "MAX_LINE = 4096", "MAX_LINE = 4097"]);
    expect(red).toContain("4,097 bytes: 1009");
  });

  test("a server that leaves out the subprotocol: the package lets nobody in", async () => {
    const red = await redOf(["handshake.ts", '= "chat.v1"', '= "chat.v2"']);
    expect(red).toEqual(played);
  });
});

/** As the suite would write it down. */
const index = {
  "1.1.1": { behavior: "OK", behaviorClose: "OK" },
  "1.1.2": { behavior: "OK", behaviorClose: "WRONG CODE" },
  "6.4.1": { behavior: "NON-STRICT", behaviorClose: "OK" },
  "10.1.1": { behavior: "INFORMATIONAL", behaviorClose: "NON-STRICT" },
};

/** Where nothing is installed. */
const none = { PATH: "/nowhere", CHROME_PATH: "/nowhere" };

describe("the Autobahn test suite", () => {
  test("a case is as good as its worse half", () => {
    expect([...judged(index).values()]).toEqual(["OK", "FAILED", "NON-STRICT", "INFORMATIONAL"]);
  });

  test("is counted by section", () => {
    const [, first, ...others] = bySection(judged(index));
    expect(first).toEqual(["1", "framing", "1", "0", "0", "1"]);
    expect(others.at(-1)).toEqual(["10", "automatic fragmentation", "0", "0", "1", "0"]);
  });
});

test.skipIf(!inFull)("a case that has failed is named, and is the exit code", async () => {
  const wstest = join(scratch(), "wstest");
  const code = `#!${process.execPath}
    const { readFileSync, writeFileSync } = require("node:fs");
    if (process.argv[2] === "-a") process.exit();
    const { outdir } = JSON.parse(readFileSync(process.argv.at(-1), "utf8"));
    writeFileSync(outdir + "/index.json", '${JSON.stringify({ v12: index })}');`;
  writeFileSync(wstest, code, { mode: 0o755 });
  const args = ["--wstest", wstest, "--reports", scratch()];
  const said = await runScript("scripts/peers.ts", args, none);
  expect(said.stdout).toContain("\nFAILED: 1.1.2\n");
  expect(said.code).toBe(1);
});

test.skipIf(!inFull)("what is not installed is told, a line each, and is no fault", async () => {
  const { code, stdout, stderr } = await runScript("scripts/peers.ts", [], none);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const name of ["websockets", "Chromium", "Autobahn"])
    expect(stdout).toMatch(new RegExp(`^${name}: not installed\\. .+$`, "m"));
});

refuses("peers", [
  ["--wstest", "nowhere"],
  '--wstest must be Autobahn\'s wstest, and "nowhere" is not',
]);
