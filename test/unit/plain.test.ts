/** The copy that servers start from: it does what the original does, and speaks of the original. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { Case } from "../harness/case.ts";
import { plain } from "../harness/plain.ts";
import { prove } from "../harness/run.ts";
import { folder } from "../harness/target.ts";

const V04 = fileURLToPath(new URL("../../chapters/v04-who", import.meta.url));
const CACHE = fileURLToPath(new URL("../../.cache", import.meta.url));

const laid: string[] = [];
afterAll(() => {
  for (const path of laid) rmSync(path, { recursive: true });
});

/** The code of v04 with some of its text replaced, and more files. */
function lay(replaced: [file: string, from: string, to: string][], more = {}): string {
  mkdirSync(CACHE, { recursive: true });
  const path = mkdtempSync(join(CACHE, "plain-test-"));
  laid.push(path);
  cpSync(V04, path, { recursive: true });
  for (const [file, from, to] of replaced) {
    const text = readFileSync(join(path, file), "utf8");
    expect(text).toContain(from);
    writeFileSync(join(path, file), text.replace(from, to));
  }
  for (const [file, text] of Object.entries<string>(more)) {
    mkdirSync(dirname(join(path, file)), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return path;
}

const hello: Case = {
  id: "v04/hello",
  since: "v04",
  clause: "who speaks is heard",
  async run(server) {
    const [alice] = await server.join();
    await alice.sync();
    alice.send("hello");
    await alice.next();
  },
};

const USER = 'from "./user.ts"';
const CHANNEL = 'from "./channel.ts"';
const sum = readFileSync(join(V04, "channel.ts"), "utf8");

describe.concurrent("what tsx starts is started", () => {
  test.each<[string, boolean, Parameters<typeof lay>]>([
    ["a chapter", true, [[]]],
    ["an import without an ending", true, [[["server.ts", USER, 'from "./user"']]]],
    ["an import of .js", true, [[["server.ts", USER, 'from "./user.js"']]]],
    [
      "an import at its time",
      true,
      [[["main.ts", "import { Server }", 'const { Server } = await import("./server.ts"); //']]],
    ],
    [
      "a folder in the folder",
      true,
      [[["connection.ts", CHANNEL, 'from "./lib/channel.ts"']], { "lib/channel.ts": sum }],
    ],
    ["a type imported as if it were more", true, [[["connection.ts", "type Line,", "Line,"]]]],
    ["broken code that nobody imports", true, [[], { "later.ts": "class {" }]],
    [
      "an import from another chapter",
      false,
      [[["connection.ts", CHANNEL, `from "../../chapters/v04-who/channel.ts"`]]],
    ],
    [
      "a file of data",
      false,
      [[["server.ts", "import { once", 'import "./a.json";\nimport { once']], { "a.json": "{}" }],
    ],
    [
      "a name that only the program knows",
      false,
      [[["server.ts", "import { once", 'await import(["node", "os"].join(":"));\nimport { once']]],
    ],
  ])("%s", async (_, copied, [replaced, more]) => {
    const path = lay(replaced, more);
    expect((await plain(join(path, "main.ts"))) !== undefined).toBe(copied);
    await prove("v04", folder(path), hello);
  });
});

test("it knows its own place: that of the original", async () => {
  const say = "console.log(import.meta.url);\nexport class Server {";
  const path = lay([["server.ts", "export class Server {", say]]);
  await prove("v04", folder(path), {
    ...hello,
    async run(server) {
      const { stdout } = await server.run("--help");
      expect(stdout).toContain(pathToFileURL(join(path, "server.ts")).href);
    },
  });
});

test("a stack names file and line of the original", async () => {
  const fault =
    'async doMessage(line: string): Promise<void> {\n    if (line === "hello") throw new Error("a fault");';
  const path = lay([["user.ts", "async doMessage(line: string): Promise<void> {", fault]]);
  const text = readFileSync(join(path, "user.ts"), "utf8");
  const line = text.split("\n").findIndex((each) => each.includes("a fault")) + 1;
  await expect(prove("v04", folder(path), hello)).rejects.toThrow(
    `${join(path, "user.ts")}:${line}:`,
  );
});

test("two cases that meet the same fault report each its own clause", async () => {
  const path = lay([["user.ts", " {\n    const lines", " {\n    const lines = ;"]]);
  const fails = async (clause: string) =>
    await prove("v04", folder(path), { ...hello, clause }).catch(({ message }) => message);
  const [one, other] = await Promise.all([fails("one"), fails("other")]);
  expect(one).toMatch(/ {2}holds: one$/m);
  expect(other).toMatch(/ {2}holds: other$/m);
});

describe.concurrent("what cannot be translated or found is said with file, line and column", () => {
  test.each([
    ["the file", "user.ts", " {\n    const lines", " {\n    const lines = ;", 'Unexpected ";"'],
    ["what it imports", "server.ts", USER, 'from "./usr.ts"', 'Could not resolve "./usr.ts"'],
  ])("%s", async (_, file, from, to, what) => {
    const proved = prove("v04", folder(lay([[file, from, to]])), hello);
    const { message } = await proved.catch((error) => error);
    expect(message.replace(/:\d+:\d+:/, ":L:C:")).toBe(
      `crash: ${file}:L:C: ERROR: ${what}\n  holds: who speaks is heard`,
    );
  });
});
