/** What a learner types, from the runner to the steps. */
import { once } from "node:events";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { chapters } from "../chapters/manifest.ts";
import { chapterOf, find } from "./lib/find.ts";
import { root } from "./lib/root.ts";
import { runScript, start } from "./lib/script.ts";
import { changedLines, codeLines, imports } from "./lib/source.ts";
import { measure } from "./lib/steps.ts";
import { refuses, scratch } from "./lib/testing.ts";

const run = (args: string[]) => runScript("scripts/chapter.ts", args);

describe.concurrent("npm run chapter", () => {
  test("without a name lists the chapters: id, title, what each adds", async () => {
    const { code, stdout } = await run([]);
    expect(code).toBe(0);
    const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
    expect(rows).toEqual(expect.arrayContaining(chapters.map((c) => [c.id, c.title, c.adds])));
  });

  test.each([
    ["v07", ["v07", "7", "v7", "07", "0.7", "V0.7", "v07-timeout-kick", "timeout-kick"]],
    ["v10", ["v10", "10", "V1.0", "1.0", "monitoring"]],
    ["v01", ["1"]],
  ])("%s is found by %j", (id, names) => {
    expect(names.map((name) => find(name)?.id)).toEqual(names.map(() => id));
  });

  test("what stands behind its name is the server's", async () => {
    const { code, stdout } = await run(["timeout-kick", "--help"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^options:\n(.*\n)* +--idle-timeout/); // and no word of talking to what does not serve
  });

  test.each([
    ["v77", "v07"],
    ["renam", "v05"],
    ["v02-brodcast", "v02"],
  ])("%s is unknown: the nearest is %s", (name, nearest) => {
    expect(() => chapterOf(name)).toThrow(`no chapter "${name}"; the nearest is ${nearest} (`);
  });

  test("says how to talk to it, and serves", async () => {
    const { child, output } = start("scripts/chapter.ts", ["v02", "--port", "0"]);
    while (!output.stdout.includes("listening on 127.0.0.1:")) await once(child.stdout, "data");
    expect(output.stdout).toContain("nc 127.0.0.1 PORT");
    expect(output.stdout).toContain("npm run client -- --chapter v02 --port PORT\n");
    child.kill("SIGINT");
    const [code, signal] = await once(child, "close");
    if (process.platform !== "win32") expect([code, signal]).toEqual([null, "SIGINT"]);
    expect(output.stderr).toBe("");
  });

  test("the server's exit code is the command's", async () => {
    const { code, stderr } = await run(["v01", "--port", "http"]);
    expect(code).toBe(1);
    expect(stderr).toBe('--port must be a whole number from 0 to 65535, not "http"\n');
  });
});

describe("npm run steps", () => {
  test("the chapters are as the manifest says", () => {
    expect(measure(join(root, "chapters")).flatMap(({ broken }) => broken)).toEqual([]);
  });

  const grow = "export const more = 1;\n".repeat(50);
  test.each<[string, string, (source: string) => string, string | RegExp]>([
    [
      "a cap that is broken",
      "v09-client/client/chat.ts",
      (source) => source + grow,
      /^v09 changes \d+ code lines: its cap is \d+$/,
    ],
    [
      "a file that differs although the manifest does not say so",
      "v09-client/room.ts",
      (source) => `${source}// one comment is enough\n`,
      "v09 changes room.ts: the manifest does not say so",
    ],
    [
      "a fix that was not carried forward",
      "v02-broadcast/connection.ts",
      (source) => source.replace("LINGER_MS = 2000", "LINGER_MS = 3000"),
      "v03 changes connection.ts: the manifest does not say so",
    ],
    [
      "an import from another chapter",
      "v07-timeout-kick/user.ts",
      (source) => `import "../v06-private/user.ts";\n${source}`,
      'v07 imports from outside itself: "../v06-private/user.ts" in user.ts',
    ],
    [
      "an import from a package",
      "v07-timeout-kick/user.ts",
      (source) => `${source}export const x = () => import("vitest");\n`,
      'v07 imports from outside itself: "vitest" in user.ts',
    ],
  ])("%s fails", (_, file, change, said) => {
    const folder = scratch();
    cpSync(join(root, "chapters"), folder, { recursive: true });
    writeFileSync(join(folder, file), change(readFileSync(join(folder, file), "utf8")));
    // As far as v09: a chapter after it would differ from what was changed, and say so too.
    const broken = measure(folder, chapters.slice(0, 9)).flatMap((step) => step.broken);
    expect(broken).toEqual([expect.stringMatching(said)]);
  });
});

describe("source", () => {
  test("codeLines leaves comments and blanks out, and what only looks like a comment in", () => {
    const source = 'a(); // why\n/* b();\n c(); */ d();\n\n  "// not"; `/* nor */`;\n';
    expect(codeLines(source)).toEqual(["a();", " d();", '  "// not"; `/* nor */`;']);
  });

  test("changedLines counts a replaced line once", () => {
    const change = { added: 2, removed: 1, changed: 2 };
    expect(changedLines("a\nb\nc\n", "a\nB\nc\nd\n// e\n")).toEqual(change);
  });

  test("imports finds every form", () => {
    const source = `import { a } from "a";\nimport "b"; // import "no"\nexport * from "c";\nimport("d"); const from = "e";`;
    expect(imports(source)).toEqual(["a", "b", "c", "d"]);
  });
});

describe.concurrent("npm run diff", () => {
  const diff = (...args: string[]) => runScript("scripts/diff.ts", args);

  test("one name is the step from the chapter before, with the reason of each file", async () => {
    const { code, stdout } = await diff("v05");
    expect(code).toBe(0);
    expect(stdout).toContain("room.ts   Names get an index");
    expect(stdout).toContain("--- v04-who/room.ts\n+++ v05-rename/room.ts");
    expect(stdout).toContain('+    else if (line.startsWith("rename|"))');
  });

  test("two names are any two chapters; --stat counts code lines", async () => {
    const { code, stdout } = await diff("2", "v07", "--stat");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^user\.ts +\+\d+ -0$/m);
    expect(stdout).not.toContain("channel.ts");
  });

  refuses("diff", [["v01"], /^v01 is the first/]);
});
