/** The database that the cases get: found, started, in trouble on request, and gone with them. */
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { Database, findDatabase } from "../harness/database.ts";
import { DATABASE, NEEDS, needs } from "../harness/need.ts";
import { Server } from "../harness/server.ts";
import { freePort } from "../harness/target.ts";

const folder = mkdtempSync(join(tmpdir(), "chat-path-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A folder with files of these names, and nothing else. */
function place(...names: string[]): string {
  const path = mkdtempSync(join(folder, "x-"));
  for (const name of names) writeFileSync(join(path, name), "");
  return path;
}

describe("where one is found", () => {
  const [empty, both, ferret] = [place(), place("mongod", "ferretdb"), place("ferretdb")];
  const path = (...folders: string[]) => ({ PATH: folders.join(delimiter) });

  test("the server of MONGO_URL goes before any program", () => {
    const url = "mongodb://127.0.0.1:27017";
    expect(findDatabase({ ...path(both), MONGO_URL: url })).toBe(url);
  });

  test("mongod goes before ferretdb, wherever on the PATH they are", () => {
    expect(findDatabase(path(empty, ferret, both))).toBe(join(both, "mongod"));
    expect(findDatabase(path(empty, ferret))).toBe(join(ferret, "ferretdb"));
  });

  test("there is none", () => {
    expect(findDatabase(path(empty))).toBeUndefined();
    expect(findDatabase({ MONGO_URL: "", PATH: "" })).toBeUndefined();
  });

  test("a server that is told its URL needs one", () => {
    expect(needs({ args: ["--mongo", DATABASE] })).toEqual(["args", "database"]);
    expect(needs({ args: ["--mongo", "mongodb://127.0.0.1:1"] })).toEqual(["args"]);
  });
});

const none = findDatabase() === undefined;
const title = none ? `what it does (it needs ${NEEDS.database})` : "what it does";

describe.skipIf(none)(title, () => {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function database(env?: Record<string, string>): Promise<Database> {
    const started = await Database.start(await freePort(), env);
    cleanUps.push(() => started.stop());
    return started;
  }

  /** The driver as a chapter has it, behind the proxy; it gives up early. */
  function through(url: string) {
    const client = new MongoClient(url, { serverSelectionTimeoutMS: 500, socketTimeoutMS: 500 });
    cleanUps.push(() => client.close());
    const lines = client.db().collection<{ _id: number }>("lines");
    return { client, lines };
  }

  const ids = (database: Database) =>
    database.ask(async (db) => (await db.collection("lines").find().toArray()).map((d) => d._id));

  test("each has a name of its own, and is empty", async () => {
    const [one, other] = [await database(), await database()];
    await through(one.url).lines.insertOne({ _id: 1 });
    expect([await ids(one), await ids(other)]).toEqual([[1], []]);
    expect(new URL(one.url).pathname).not.toBe(new URL(other.url).pathname);
  });

  test("away: refused at once; and it is back at the same URL", async () => {
    const one = await database();
    const { url } = one;
    one.away();
    await expect(through(url).client.connect()).rejects.toThrow("ECONNREFUSED");
    await one.back();
    await through(url).lines.insertOne({ _id: 1 });
    expect(await ids(one)).toEqual([1]);
  });

  test("away: whoever is connected loses the connection", async () => {
    const one = await database();
    const { client, lines } = through(one.url);
    await lines.insertOne({ _id: 1 });
    const lost = once(client, "connectionClosed");
    one.away();
    await lost;
  });

  test("killed, and back: what it has kept is there", async () => {
    const one = await database();
    await through(one.url).lines.insertOne({ _id: 1 });
    await one.kill();
    await expect(through(one.url).client.connect()).rejects.toThrow("ECONNREFUSED");
    await one.back();
    expect(await through(one.url).lines.countDocuments()).toBe(1);
  });

  test("frozen: it accepts and says nothing, and what was sent arrives when it thaws", async () => {
    const one = await database();
    const { lines } = through(one.url);
    await lines.insertOne({ _id: 1 });
    one.freeze();
    await expect(lines.insertOne({ _id: 2 })).rejects.toThrow("timed out");
    expect(await ids(one)).toEqual([1]);
    one.thaw();
    await lines.insertOne({ _id: 3 });
    expect(await ids(one)).toContain(3);
  });

  test("slow: an answer takes its time", async () => {
    const one = await database();
    const { lines } = through(one.url);
    await lines.insertOne({ _id: 0 });
    one.slow(40);
    const began = performance.now();
    for (let i = 1; i <= 10; i++) await lines.insertOne({ _id: i });
    expect(performance.now() - began).toBeGreaterThan(200); // 20 pieces, 20 ms each on an average
  });

  test("nothing stays: no files, no program, and on another's server no database", async () => {
    const temporary = place();
    for (const name of ["TMPDIR", "TEMP"]) vi.stubEnv(name, temporary);
    cleanUps.push(() => vi.unstubAllEnvs());
    const { MONGO_URL: _, ...env } = process.env as Record<string, string>;
    const own = findDatabase(env) ? await Database.start(await freePort(), env) : undefined;
    const server = own?.url ?? (process.env.MONGO_URL as string);
    const guest = await Database.start(await freePort(), { MONGO_URL: server });
    await through(guest.url).lines.insertOne({ _id: 1 });
    const names = async () => {
      const { databases } = await through(server).client.db().admin().listDatabases();
      return databases.map(({ name }) => `/${name}`);
    };
    const name = new URL(guest.url).pathname;
    expect(await names()).toContain(name);
    await guest.stop();
    expect(await names()).not.toContain(name);
    await own?.stop();
    expect(readdirSync(temporary)).toEqual([]);
    if (own) await expect(through(server).client.connect()).rejects.toThrow("ECONNREFUSED");
  });

  test("a server is told the URL in the place of {database}, and the database ends with it", async () => {
    const told: string[][] = [];
    const serve =
      'net.createServer().listen(0, function () { console.log("listening on a:" + this.address().port); })';
    const target = {
      can: ["args"] as const,
      announces: true,
      argv: (_: number, options: readonly string[]) => {
        told.push([...options]);
        return [process.execPath, "-e", serve];
      },
    };
    const server = new Server("v01", target, {
      clause: "",
      args: ["--mongo", DATABASE, "--x", "1"],
    });
    const { url } = await server.database();
    await server.start();
    expect(told).toEqual([["--mongo", url, "--x", "1"]]);
    await server.stop();
    await expect(through(url).client.connect()).rejects.toThrow("ECONNREFUSED");
  });
});

test.each(["mongo://127.0.0.1", "mongodb://a,b/", "mongodb+srv://a.b.c/", "127.0.0.1:27017"])(
  "MONGO_URL must name one server, and %s does not",
  async (url) => {
    const refused = "MONGO_URL must name one server, as in mongodb://127.0.0.1:27017";
    await expect(Database.start(1, { MONGO_URL: url })).rejects.toThrow(refused);
  },
);

test("MONGO_URL's user goes with its password to the database where it is kept", async () => {
  // Nobody listens on port 1, and nobody needs to: the URL is made before anybody connects.
  const one = await Database.start(1, { MONGO_URL: "mongodb://al:pass@127.0.0.1:1/users" });
  one.away();
  expect(one.url).toMatch(
    /^mongodb:\/\/al:pass@127\.0\.0\.1:\d+\/chat-test-\w+\?authSource=users&directConnection=true$/,
  );
});
