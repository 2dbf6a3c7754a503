/** The file of the history from inside: whatever stands in it, and whatever becomes of it. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v13-history/history-file.ts");
type Store = InstanceType<Module["FileStore"]>;
type Kept = Awaited<ReturnType<Store["last"]>>[number];

const AT = "2026-01-02T03:04:05.678Z";
const line = (text: string, name = "ann"): Kept => ({ at: AT, addr: "10.0.0.1:5000", name, text });
const jsonOf = (seq: number, { at, addr, name, text }: Kept) =>
  `${JSON.stringify({ seq, at, addr, name, text })}\n`;
const texts = (kept: readonly Kept[]) => kept.map(({ text }) => text);

let folder = "";
let path = "";
let told: string[] = [];
/** What all files have in common, so that a test may come between. */
let files: Files;

interface Files {
  read(...args: unknown[]): Promise<unknown>;
  write(bytes: Buffer, from: number, length: number, at: number): Promise<unknown>;
  datasync(): Promise<void>;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "chat-history-"));
  path = join(folder, "history.jsonl");
  told = [];
  vi.spyOn(console, "error").mockImplementation((text) => void told.push(text));
  const file = await open(join(folder, "any"), "w");
  files = Object.getPrototypeOf(file);
  await file.close();
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

const content = () => readFileSync(path, "utf8");
const failure = (code: string) => Object.assign(new Error(code), { code, syscall: "write" });

describe.each(variants("history-file.ts"))("$id history-file.ts", async ({ url }) => {
  const { FileStore } = (await import(url)) as Module;

  async function opened(): Promise<{ store: Store; mark: number }> {
    const store = new FileStore(path);
    return { store, mark: await store.open() };
  }

  /** Runs `work` on what is there, and gives what it gives. */
  async function withStore<T>(work: (store: Store, mark: number) => Promise<T>): Promise<T> {
    const { store, mark } = await opened();
    return await work(store, mark).finally(() => store.close());
  }

  const anyText = fc.oneof(
    fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/\p{Cc}/gu, "")),
    fc.integer({ min: 0, max: 4096 }).map((length) => "x".repeat(length)),
    fc.integer({ min: 0, max: 1365 }).map((length) => "龙".repeat(length)),
    fc.integer({ min: 0, max: 4096 }).map((length) => '"'.repeat(length)),
  );
  const NAMES = ["ann", "Ann", "张三", 'a"n', "nn", "ann\\"];
  const anyLine = fc.tuple(anyText, fc.constantFrom(...NAMES)).map(([t, name]) => line(t, name));

  test("questions are read one after the other, as it was when they were asked; who is gone is passed over", async () => {
    await withStore(async (store, first) => {
      const mark = await store.append([line("one"), line("two")]);
      let reads = 0;
      let most = 0;
      const read = files.read;
      const reading = vi.spyOn(files, "read").mockImplementation(async function (
        this: Files,
        ...args
      ) {
        most = Math.max(most, ++reads);
        return await read.apply(this, args).finally(() => reads--);
      });
      reading.mockRejectedValueOnce(failure("EIO"));
      const failing = expect(store.last(9, mark)).rejects.toThrow("EIO");
      const asked = [store.last(9, mark), store.last(9, mark, "ann"), store.last(1, mark)];
      const gone = store.last(9, mark, "ann", () => true);
      const before = store.last(9, first);
      await store.append([line("three")]);
      await failing;
      const given = (await Promise.all(asked)).map(texts);
      expect(given).toEqual([["one", "two"], ["one", "two"], ["two"]]);
      expect([await gone, await before]).toEqual([[], []]);
      expect([most, reading.mock.calls.length]).toEqual([1, 4]);
    });
  });

  test("it gives what a plain array would, whatever is asked for, and before any mark", async () => {
    const question = fc.record({
      count: fc.integer({ min: 0, max: 60 }),
      mark: fc.nat(),
      name: fc.option(fc.constantFrom(...NAMES, "nobody"), { nil: undefined }),
    });
    const batches = fc.array(fc.array(anyLine, { minLength: 1, maxLength: 12 }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.array(question, { maxLength: 8 }),
        async (batches, questions) => {
          rmSync(path, { force: true });
          const all: Kept[] = [];
          const marks = await withStore(async (store, first) => {
            const marks = [{ mark: first, lines: 0 }];
            for (const batch of batches) {
              all.push(...batch);
              marks.push({ mark: await store.append(batch), lines: all.length });
            }
            return marks;
          });
          expect(content()).toBe(all.map((each, i) => jsonOf(i + 1, each)).join(""));
          await withStore(async (store, now) => {
            expect(now).toBe(marks.at(-1)?.mark);
            for (const { count, mark, name } of questions) {
              const { mark: before, lines } = marks[mark % marks.length] as (typeof marks)[number];
              const those = all.slice(0, lines).filter((each) => !name || each.name === name);
              const found = await store.last(count, before, name);
              expect(found.map(({ at, addr, name, text }) => ({ at, addr, name, text }))).toEqual(
                count === 0 ? [] : those.slice(-count),
              );
            }
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  const LONG = line('"'.repeat(4096));
  const torn = {
    "a file of two lines": [line("one"), line("two 龙")],
    "a file of one line": [line("one 龙")],
    "a file of many lines": [
      ...Array.from({ length: 900 }, (_, i) => line(`${i}`)),
      line("the last"),
    ],
    "two lines across the end of a block": [
      ...Array.from({ length: 7 }, () => LONG),
      line("x".repeat(65_536 - 7 * jsonOf(1, LONG).length - 130)),
      line("one 龙"),
      line("two 龙"),
    ],
  };
  test.each(Object.entries(torn))("%s, torn at every byte of its last two", async (_, lines) => {
    const json = lines.map((each, i) => Buffer.from(jsonOf(i + 1, each)));
    const all = Buffer.concat(json);
    vi.spyOn(files, "datasync").mockResolvedValue(); // some hundred of them take a minute
    const from = all.length - Buffer.concat(json.slice(-2)).length;
    for (let end = from; end <= all.length; end++) {
      writeFileSync(path, all.subarray(0, end));
      told = [];
      const whole = all.subarray(0, end).lastIndexOf(0x0a) + 1;
      const left = all.toString("utf8", 0, whole).split("\n").length - 1;
      await withStore(async (store, mark) => {
        const found = await store.last(3, mark);
        expect(texts(found)).toEqual(texts(lines.slice(0, left).slice(-3)));
        await store.append([line("more")]);
      });
      const more = Buffer.from(jsonOf(left + 1, line("more")));
      const now = Buffer.concat([all.subarray(0, whole), more]);
      expect(readFileSync(path).equals(now)).toBe(true);
      expect(told.length).toBe(end === whole ? 0 : 1);
    }
  });

  test("it reads no more of the file than it needs", async () => {
    writeFileSync(
      path,
      Array.from({ length: 9000 }, (_, i) => jsonOf(i + 1, line(`${i}`))).join(""),
    );
    const blocks = Math.ceil(content().length / (64 * 1024));
    expect(blocks).toBeGreaterThan(10);
    const read = vi.spyOn(files, "read");
    await withStore(async (store, mark) => {
      const reads = async (count: number, name?: string) => {
        read.mockClear();
        await store.last(count, mark, name);
        return read.mock.calls.length;
      };
      expect(await reads(0)).toBe(0);
      expect(await reads(0, "nobody")).toBe(0);
      for (const count of [1, 100, 400]) expect(await reads(count)).toBe(1);
      const inOneBlock =
        content()
          .slice(-64 * 1024)
          .split("\n").length - 2;
      expect(await reads(inOneBlock, "ann")).toBe(1);
      expect(await reads(1, "nobody")).toBe(blocks);
    });
    read.mockClear();
    await withStore(async () => {});
    expect(read.mock.calls.length).toBeLessThan(4);
  });

  test.each([
    [
      "a write that stops half-way",
      () => {
        const { write } = files;
        vi.spyOn(files, "write")
          .mockImplementationOnce(function (this: Files, bytes, from, _, at) {
            return write.call(this, bytes, from, 30, at);
          })
          .mockRejectedValueOnce(failure("ENOSPC"));
      },
    ],
    ["a sync that fails", () => vi.spyOn(files, "datasync").mockRejectedValueOnce(failure("EIO"))],
    ["a write that fails", () => vi.spyOn(files, "write").mockRejectedValueOnce(failure("EIO"))],
  ])("%s is tried again, and each line is there once", async (_, fail) => {
    await withStore(async (store) => {
      await store.append([line("one")]);
      fail();
      const batch = [line("two"), line("three")];
      await expect(store.append(batch)).rejects.toThrow();
      const mark = await store.append(batch);
      expect(texts(await store.last(9, mark))).toEqual(["one", "two", "three"]);
      expect(content()).toBe(
        ["one", "two", "three"].map((text, i) => jsonOf(i + 1, line(text))).join(""),
      );
    });
  });

  test("many lines go to the file piece by piece, so that others have a turn; one sync makes them safe", async () => {
    const [write, datasync] = [vi.spyOn(files, "write"), vi.spyOn(files, "datasync")];
    const many = Array.from({ length: 20_000 }, (_, i) => line(`${i}`));
    await withStore(async (store) => {
      const mark = await store.append(many);
      expect(texts(await store.last(20_000, mark))).toEqual(texts(many));
    });
    expect(write.mock.calls.length).toBeGreaterThan(3);
    expect(datasync.mock.calls.length).toBe(1);
    expect(content().startsWith(jsonOf(1, line("0")))).toBe(true);
    expect(content().endsWith(jsonOf(20_000, line("19999")))).toBe(true);
  });

  test("writes of a few bytes come to the same", async () => {
    const { write } = files;
    vi.spyOn(files, "write").mockImplementation(function (this: Files, bytes, from, length, at) {
      return write.call(this, bytes, from, Math.min(length, 7), at);
    });
    await withStore((store) => store.append([line("one"), line("龙")]));
    expect(content()).toBe(jsonOf(1, line("one")) + jsonOf(2, line("龙")));
  });

  const first = jsonOf(1, line("one"));
  const other = jsonOf(41, line("another's"));
  test.each([
    ["deleted", () => rmSync(path), "", 2],
    ["deleted with its folder", () => rmSync(folder, { recursive: true }), "", 2],
    [
      "replaced by another",
      () => {
        writeFileSync(`${path}.new`, other);
        renameSync(`${path}.new`, path);
      },
      other,
      42,
    ],
    ["emptied", () => truncateSync(path), "", 2],
    ["cut within a line", () => truncateSync(path, first.length - 10), "", 2],
  ])("%s: the next lines are in what is there now", async (_, happens, left, seq) => {
    await withStore(async (store) => {
      await store.append([line("one")]);
      happens();
      const mark = await store.append([line("two")]);
      expect(content()).toBe(left + jsonOf(seq, line("two")));
      expect(texts(await store.last(1, mark))).toEqual(["two"]);
      expect(told.at(-1)).toMatch(/no longer what it was/);
      await store.append([line("three")]);
      expect(content()).toBe(left + jsonOf(seq, line("two")) + jsonOf(seq + 1, line("three")));
    });
  });

  test("a mark of a file that is gone shows nothing that is not safe yet", async () => {
    await withStore(async (store) => {
      const mark = await store.append([line("a long one".repeat(100))]);
      rmSync(path);
      const { datasync } = files;
      let syncing = () => {};
      let go = () => {};
      const reached = new Promise<void>((resolve) => (syncing = resolve));
      const may = new Promise<void>((resolve) => (go = resolve));
      vi.spyOn(files, "datasync").mockImplementationOnce(async function (this: Files) {
        syncing();
        await may;
        return datasync.call(this);
      });
      const appended = store.append([line("under way")]);
      await reached;
      expect(await store.last(9, mark)).toEqual([]);
      go();
      expect(texts(await store.last(9, await appended))).toEqual(["under way"]);
    });
  });

  test("a file that holds something else stays as it is, and is said", async () => {
    for (const bytes of ["hello\n", "{}\n", "\n", "hello", '{"sex":1', "{}"]) {
      writeFileSync(path, bytes);
      await expect(opened()).rejects.toThrow(/holds something else/);
      expect(content()).toBe(bytes);
    }
    writeFileSync(path, first);
    const { store } = await opened();
    writeFileSync(`${path}.new`, "hello\n");
    renameSync(`${path}.new`, path);
    await expect(store.append([line("two")])).rejects.toThrow(/holds something else/);
    expect(content()).toBe("hello\n");
    rmSync(path);
    await store.append([line("two")]);
    expect(content()).toBe(jsonOf(2, line("two")));
    await store.close();
  });

  test("a file that a running process has is refused; one of a process that ended is not", async () => {
    const ended = spawnSync(process.execPath, ["-e", ""]).pid;
    appendFileSync(`${path}.lock`, `${ended}\n${process.ppid}\n`);
    await expect(opened()).rejects.toThrow(new RegExp(`in use by process ${process.ppid}:`));
    writeFileSync(`${path}.lock`, `x\n\n-1\n0\n${ended}\n`);
    await withStore(async () => {
      expect(readFileSync(`${path}.lock`, "utf8")).toBe(`${process.pid}\n`);
    });
    expect(existsSync(`${path}.lock`)).toBe(false);
  });
});
