/** exercises/progress.txt: whatever happens, what was noted stays. */
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { root } from "../root.ts";
import { runScript } from "../script.ts";
import { scratch } from "../testing.ts";

let folder = "";
const file = () => readFileSync(join(folder, "progress.txt"), "utf8");
beforeEach(() => {
  folder = scratch(true);
  vi.stubEnv("EXERCISES", folder);
  vi.resetModules(); // it reads once where the exercises are
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
});

test("programs that write at once lose nothing, and leave nothing behind", async () => {
  const each = 40;
  const writes = join(folder, "writes.ts");
  const progress = pathToFileURL(`${root}scripts/lib/learn/progress.ts`).href;
  writeFileSync(
    writes,
    `import { note } from "${progress}";
     for (let i = 1; i <= ${each}; i++) note(\`\${process.argv[2]}-\${i}\`, { hints: i });`,
  );
  const all = ["a", "b", "c"].map((id) => runScript(writes, [id], { EXERCISES: folder }));
  for (const { code, stderr } of await Promise.all(all)) expect([code, stderr]).toEqual([0, ""]);
  expect(file().match(/^[abc]-\d+ hints \d+$/gm)).toHaveLength(3 * each);
  expect(readdirSync(folder).toSorted()).toEqual(["progress.txt", "writes.ts"]);
});

test("the lock of a command that was ended in the middle holds nobody up", async () => {
  const { note, of } = await import("./progress.ts");
  const lock = join(folder, "progress.txt.lock");
  writeFileSync(lock, "");
  utimesSync(lock, 1, 1);
  note("v05", { hints: 2 });
  expect(of("v05").hints).toBe(2);
});

test("when the new one cannot be written, the old one is there still, and no lock", async () => {
  const { note } = await import("./progress.ts");
  note("v05", { hints: 2 });
  const before = file();
  mkdirSync(join(folder, "progress.txt.new"));
  expect(() => note("v05", { hints: 3 })).toThrow(expect.objectContaining({ syscall: "write" }));
  expect(file()).toBe(before);
  expect(readdirSync(folder).filter((name) => name.endsWith(".lock"))).toEqual([]);
});

test("the day is the learner's own, and what an older file says is understood", async () => {
  const { of, today } = await import("./progress.ts");
  vi.stubEnv("TZ", "Pacific/Kiritimati"); // fourteen hours before Greenwich
  vi.useFakeTimers({ now: new Date(2026, 0, 31, 0, 30) }); // half an hour after midnight there
  expect(today()).toBe("2026-01-31");
  vi.setSystemTime(new Date(2026, 0, 31, 23, 30));
  expect(today()).toBe("2026-01-31");
  writeFileSync(join(folder, "progress.txt"), "v01 begun\nv01 passed 2026-01-01\n");
  expect(of("v01")).toMatchObject({ begun: "", passed: "2026-01-01" });
});

test("a hint that is shown again is counted once; an older file does not say which was the last", async () => {
  const hint = async (...args: string[]) =>
    (await runScript("scripts/hint.ts", ["v05", ...args], { EXERCISES: folder })).stdout;
  writeFileSync(join(folder, "progress.txt"), "v05 hints 3\n");
  expect(await hint()).toMatch(/^hint 4 of/);
  expect(await hint("--again")).toMatch(/^hint 1 of/);
  expect(file()).toMatch(/^v05 hint 1\nv05 hints 4$/m);
  expect(await hint()).toMatch(/^hint 2 of/);
});

test("a verdict holds, though nothing can be noted: one line says why", async () => {
  mkdirSync(join(folder, "progress.txt.new"));
  const { passed } = await import("./passed.ts");
  const { subject } = await import("./subject.ts");
  const said = passed(await subject("v04"), true).split("\n");
  expect(said[0]).toMatch(/^v04 has passed, but this could not be noted: cannot write .*progress/);
  expect(said.at(-1)).toMatch(/npm run exercise v05$/);
});

test("what is green as it was laid has not passed; with anything changed, it has", async () => {
  await runScript("scripts/exercise.ts", ["v03"], { EXERCISES: folder });
  const { passed } = await import("./passed.ts");
  const { subject } = await import("./subject.ts");
  expect(passed(await subject("v03"), false)).toMatch(
    /^you have changed nothing in exercises\/v03 yet, /,
  );
  expect(file()).not.toContain("passed");
  writeFileSync(join(folder, "v03", "user.ts"), "export {};");
  expect(passed(await subject("v03"), false)).toMatch(/^v03 has passed; this is noted /);
  expect(file()).toMatch(/^v03 passed 20\d\d-\d\d-\d\d$/m);
});
