/** The history in MongoDB from inside: what the driver answers, and which indexes the database takes. */
import { Collection, MongoClient, MongoServerError } from "mongodb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Database, findDatabase } from "../harness/database.ts";
import { NEEDS } from "../harness/need.ts";
import { freePort } from "../harness/target.ts";
import { variants } from "./variants.ts";

type Module = typeof import("../../chapters/v14-mongodb/history-mongo.ts");
type Kept = import("../../chapters/v14-mongodb/history.ts").Kept;

const line = (text: string): Kept => ({
  at: "2026-01-02T03:04:05.678Z",
  ...{ addr: "10.0.0.1:5000", name: "ann", text },
});

const THERE = { code: 11_000 };
const INVALID = { code: 121 };

function failure(details: object): Error {
  return Object.assign(new MongoServerError({ message: "it failed" }), details);
}

const found = findDatabase();
const one = found === undefined ? undefined : await Database.start(await freePort());
const ferret = await one?.isFerret().finally(() => one.stop());
const lacks = one === undefined ? NEEDS.database : ferret ? "a mongod, which explains itself" : "";
const DOCUMENTS = 100_000;

describe.each(variants("history-mongo.ts"))("$id history-mongo.ts", async ({ url }) => {
  const { MongoStore } = (await import(url)) as Module;

  describe("behind a driver that asks nobody", () => {
    const client = MongoClient.prototype;
    const messages = Collection.prototype;
    const spies = () => ({
      connect: vi.spyOn(client, "connect").mockResolvedValue({} as MongoClient),
      close: vi.spyOn(client, "close").mockResolvedValue(),
      index: vi.spyOn(messages, "createIndex").mockResolvedValue(""),
      last: vi.spyOn(messages, "findOne").mockResolvedValue({ seq: 41 }),
      insert: vi.spyOn(messages, "insertMany"),
    });
    let driver: ReturnType<typeof spies>;
    let changes: (string | undefined)[] = [];

    beforeEach(() => {
      driver = spies();
      driver.insert.mockResolvedValue({} as never);
      changes = [];
    });
    afterEach(() => vi.restoreAllMocks());

    async function store() {
      const store = await MongoStore.at("mongodb://127.0.0.1:1/chat", 0);
      store.onChange = (trouble?: string) => void changes.push(trouble);
      return store;
    }

    const ids = (call: number): string[] => {
      const documents = driver.insert.mock.calls[call]?.[0] ?? [];
      return documents.map(({ _id }) => `${_id}`);
    };

    test.each([
      ["one", { writeErrors: THERE }],
      ["all", { writeErrors: [THERE, THERE] }],
    ])("given again, %s of them there already: they are kept", async (_, errors) => {
      driver.insert.mockRejectedValueOnce(failure(errors));
      expect(await (await store()).append([line("one"), line("two")])).toBe(43);
    });

    test.each([
      ["others too", { writeErrors: [THERE, INVALID] }],
      ["another one only", { writeErrors: INVALID }],
      ["none of a line", { writeErrors: [] }],
      ["none at all", {}],
      ["one of the whole", THERE],
    ])("an error, %s: they are given again, with the same ids", async (_, errors) => {
      const ours = await store();
      driver.insert.mockRejectedValueOnce(failure(errors));
      const lines = [line("one"), line("two")];
      await expect(ours.append(lines)).rejects.toMatchObject({ syscall: "mongodb" });
      expect(await ours.append(lines)).toBe(43);
      expect(ids(1)).toEqual(ids(0));
      expect(new Set(ids(0)).size).toBe(2);
      await ours.append([line("three")]);
      expect(ids(0)).not.toContain(ids(2)[0]);
    });

    test("a part of them is there: given again, the others come, too", async () => {
      const there = new Set<unknown>();
      driver.insert.mockImplementationOnce(async ([first]) => {
        there.add(first?._id);
        throw failure({});
      });
      driver.insert.mockImplementation(async (documents, { ordered = true } = {}) => {
        const writeErrors: object[] = [];
        for (const { _id } of documents) {
          if (ordered && writeErrors.length > 0) break;
          if (there.has(_id)) writeErrors.push(THERE);
          there.add(_id);
        }
        throw failure({ writeErrors });
      });
      const [ours, lines] = [await store(), ["one", "two", "three"].map(line)];
      await expect(ours.append(lines)).rejects.toThrow("it failed");
      await ours.append(lines);
      expect(there.size).toBe(3);
    });

    test("a fault of ours is thrown as it is", async () => {
      driver.insert.mockRejectedValueOnce(new TypeError("ours"));
      const error = await (await store()).append([line("one")]).catch((error) => error);
      expect(error).toBeInstanceOf(TypeError);
      expect(error).not.toHaveProperty("syscall");
    });

    test("two runs have other ids for the same number", async () => {
      for (let i = 0; i < 2; i++) await (await store()).append([line("one")]);
      expect(ids(0)).not.toEqual(ids(1));
      expect(ids(0)[0]?.slice(0, 12)).toBe(ids(1)[0]?.slice(0, 12));
    });

    test("it connects once, whoever asks first, and again if that has failed", async () => {
      const ours = await store();
      expect(driver.connect).not.toHaveBeenCalled();
      driver.connect.mockRejectedValueOnce(failure({}));
      const both = [ours.append([line("one")]), ours.append([line("one")])];
      const outcomes = await Promise.allSettled(both);
      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      expect(driver.connect).toHaveBeenCalledTimes(1);
      for (const text of ["one", "two"]) await ours.append([line(text)]);
      expect(driver.connect).toHaveBeenCalledTimes(2);
      expect(driver.index).toHaveBeenCalledTimes(3);
    });

    test("it tells of trouble in one line, and of its end", async () => {
      const ours = await store();
      await ours.open();
      expect(changes).toEqual([undefined]);
      driver.insert.mockRejectedValueOnce(failure({ message: "no room\nand more" }));
      await expect(ours.append([line("one")])).rejects.toThrow(/^no room$/);
      await ours.append([line("one")]);
      expect(changes).toEqual([undefined, "no room", undefined]);
    });

    test("that the database is there is no news while what it is asked fails", async () => {
      const on = vi.spyOn(client, "on");
      const ours = await store();
      const servers = (isWritable: boolean) => new Map([["a", { isWritable }]]);
      const monitoring = (isWritable: boolean, error: Error | null) => {
        const [, heard] = on.mock.calls.find(([name]) => name === "topologyDescriptionChanged") as [
          string,
          (event: object) => void,
        ];
        heard({ newDescription: { servers: servers(isWritable), error } });
      };
      monitoring(false, null); // nobody has been asked yet
      expect(changes).toEqual([]);
      driver.connect.mockRejectedValueOnce(failure({ message: "a wrong password" }));
      await ours.open();
      monitoring(true, null);
      expect(changes).toEqual(["a wrong password"]);
      await ours.append([line("one")]);
      monitoring(false, new Error("it is away"));
      monitoring(true, null);
      expect(changes.slice(-2)).toEqual(["it is away", undefined]);
    });

    test("a history of none asks nobody", async () => {
      expect(await (await store()).last(0, 5)).toEqual([]);
      expect(driver.connect).not.toHaveBeenCalled();
    });
  });

  const title = `explain, with ${DOCUMENTS} documents${lacks && ` (it needs ${lacks})`}`;
  describe.skipIf(lacks)(title, () => {
    test("both questions, and that for the last number, read from their index as many as they tell", async () => {
      const database = await Database.start(await freePort());
      const find = vi.spyOn(Collection.prototype, "find");
      const store = await MongoStore.at(database.url, 0);
      try {
        await store.open();
        for (let from = 1; from <= DOCUMENTS; from += 10_000)
          await database.ask((db) => db.collection<object>("messages").insertMany(some(from)));
        const fresh = await MongoStore.at(database.url, 0);
        const mark = await fresh.open();
        expect(mark).toBe(DOCUMENTS);
        await fresh.last(50, mark);
        await fresh.last(50, mark, "user 7");
        const plans = [];
        for (const { value } of find.mock.results.slice(-3)) {
          const explained = await value.clone().explain("executionStats");
          const plan = JSON.stringify(explained.queryPlanner.winningPlan);
          const [, index] = /"stage":"IXSCAN".*"indexName":"(\w+)"/.exec(plan) ?? [];
          expect(plan).not.toMatch(/"stage":"(SORT|COLLSCAN)"/);
          plans.push([index, explained.executionStats.totalDocsExamined]);
        }
        await fresh.close();
        expect(plans).toEqual([
          ["_id_", 1],
          ["room_created_desc", 50],
          ["user_created_desc", 50],
        ]);
      } finally {
        await store.close();
        vi.restoreAllMocks();
        await database.stop();
      }
    });
  });
});

/** Ten thousand documents of a hundred users, as the store makes them. */
function some(from: number): object[] {
  return Array.from({ length: 10_000 }, (_, i) => {
    const seq = from + i;
    const created_at = new Date(Date.UTC(2026, 0, 1) + seq * 1000);
    const _id = `${`${seq}`.padStart(12, "0")}-former00`;
    const [room_id, user_id] = ["lobby", `user ${seq % 100}`];
    return { _id, room_id, user_id, created_at, seq, addr: "10.0.0.1:5000", text: `line ${seq}` };
  });
}
