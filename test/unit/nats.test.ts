/** The NATS that the cases get: found, started, in trouble on request, and gone with them. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { Kvm } from "@nats-io/kv";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, describe, expect, test, vi } from "vitest";
import { findNats, Nats, type NatsOptions } from "../harness/nats.ts";
import { NATS, NEEDS, NODE, needs, WAY } from "../harness/need.ts";
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
  test("wherever on the PATH it is", () => {
    const [empty, full] = [place("nats"), place("nats-server")];
    const found = findNats({ PATH: [empty, full].join(delimiter) });
    expect(found).toBe(join(full, "nats-server"));
  });

  test("there is none", async () => {
    const env = { PATH: place("nats") };
    expect(findNats(env)).toBeUndefined();
    await expect(Nats.start(1, {}, env)).rejects.toThrow("there is no nats-server here");
  });

  test("a server that is told its URL, or a way to it, needs one", () => {
    expect(needs({ args: ["--nats", NATS] })).toEqual(["args", "nats"]);
    expect(needs({ args: ["--nats", WAY] })).toEqual(["args", "nats"]);
    expect(needs({ args: ["--nats", "nats://127.0.0.1:1"] })).toEqual(["args"]);
  });
});

const none = findNats() === undefined;
const title = none ? `what it does (it needs ${NEEDS.nats})` : "what it does";

describe.skipIf(none)(title, () => {
  const cleanUps: (() => unknown)[] = [];
  afterEach(async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  });

  async function started(options?: NatsOptions): Promise<Nats> {
    const nats = await Nats.start(await freePort(), options);
    cleanUps.push(() => nats.stop());
    return nats;
  }

  /** As a chapter has it; it tries again and again. */
  async function through(servers: string): Promise<NatsConnection> {
    const connection = await connect({ servers, reconnectTimeWait: 20, maxReconnectAttempts: -1 });
    cleanUps.push(() => connection.close());
    return connection;
  }

  const bucket = (connection: NatsConnection) => new Kvm(connection).create("names");

  /** Whether what is published arrives, within a time in which it does. */
  const flows = (connection: NatsConnection) =>
    connection.flush().then(
      () => true,
      () => false,
    );

  async function happens(connection: NatsConnection, type: string): Promise<void> {
    for await (const event of connection.status()) if (event.type === type) return;
  }

  test("killed, and back: what it has stored is there, or not", async () => {
    const nats = await started();
    const names = await bucket(await through(nats.url));
    await names.put("alice", "a");
    await nats.kill();
    await expect(connect({ servers: nats.url })).rejects.toThrow("refused");
    await nats.back();
    expect((await (await bucket(await through(nats.url))).get("alice"))?.string()).toBe("a");
    await nats.kill();
    await nats.back("lost");
    expect(await (await bucket(await through(nats.url))).get("alice")).toBeNull();
  });

  test("frozen: it answers when it wakes", async () => {
    const nats = await started();
    const connection = await through(nats.url);
    nats.freeze();
    let answered = true;
    let asked = Promise.resolve();
    // The signal may come a moment after the first question.
    for (let i = 0; i < 10 && answered; i++) {
      answered = false;
      asked = flows(connection).then((well) => {
        answered = well;
      });
      const late = AbortSignal.timeout(100);
      await new Promise((resolve) => late.addEventListener("abort", resolve));
    }
    expect(answered).toBe(false);
    nats.wake();
    await asked;
    expect(answered).toBe(true);
  });

  test("one way is cut, the other is not", async () => {
    const nats = await started();
    const [one, other] = [await nats.way(), await nats.way()];
    const [left, right] = [await through(one.url), await through(other.url)];
    const lost = happens(left, "disconnect");
    one.cut();
    await lost;
    expect(await flows(right)).toBe(true);
    await expect(connect({ servers: one.url })).rejects.toThrow("refused");
    const back = happens(left, "reconnect");
    await one.heal();
    await back;
    expect(await flows(left)).toBe(true);
  });

  test("a way that is silent holds up what is sent, and tells nobody", async () => {
    const nats = await started();
    const way = await nats.way();
    const connection = await through(way.url);
    way.silence();
    const heard: string[] = [];
    (await nats.connection()).subscribe("x", { callback: () => void heard.push("x") });
    connection.publish("x", "hello");
    const asked = flows(connection);
    await (await nats.connection()).flush();
    expect(heard).toEqual([]);
    await way.heal();
    expect(await asked).toBe(true);
    await (await nats.connection()).flush();
    expect(heard).toHaveLength(1);
  });

  test("more of its configuration, and no JetStream", async () => {
    const more = "authorization { user: al, password: hunter2 }";
    const nats = await started({ jetstream: false, more });
    await expect(connect({ servers: nats.url })).rejects.toThrow(/authorization/i);
    const connection = await connect({ servers: nats.url, user: "al", pass: "hunter2" });
    cleanUps.push(() => connection.close());
    await expect(bucket(connection)).rejects.toThrow();
  });

  test("nothing stays: no files, no program, also of one that is frozen", async () => {
    const temporary = place();
    for (const name of ["TMPDIR", "TEMP"]) vi.stubEnv(name, temporary);
    cleanUps.push(() => vi.unstubAllEnvs());
    const nats = await started();
    const way = await nats.way();
    await bucket(await nats.connection());
    nats.freeze();
    await nats.stop();
    expect(readdirSync(temporary)).toEqual([]);
    for (const { url } of [nats, way])
      await expect(connect({ servers: url })).rejects.toThrow("refused");
  });

  test("each node is told the same NATS, its own way and its own name; all end together", async () => {
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
    const args = ["--nats", NATS, "--by", WAY, "--node", NODE];
    const server = new Server("v01", target, { clause: "", args });
    const [more, other] = [server.another(), server.another({ args: ["--node", NODE] })];
    for (const each of [server, more, other]) await each.start();
    const { url } = await server.nats();
    const [one, two] = [await server.way(), await more.way()];
    expect(told).toEqual([
      ["--nats", url, "--by", one.url, "--node", "a"],
      ["--nats", url, "--by", two.url, "--node", "b"],
      ["--node", "c"],
    ]);
    expect(one.url).not.toBe(two.url);
    const ended = [url, one.url, two.url, `nats://127.0.0.1:${await other.start()}`];
    await server.stop();
    for (const servers of ended) await expect(connect({ servers })).rejects.toThrow("refused");
  });
});
