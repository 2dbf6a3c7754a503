import { describe, expect, onTestFinished, test } from "vitest";
import { chapters } from "../../chapters/manifest.ts";
import { Client } from "../harness/client.ts";

type Server = import("../../chapters/v07-timeout-kick/server.ts").Server;
type User = import("../../chapters/v07-timeout-kick/user.ts").User;

const since = chapters.filter(({ id, changes }) => id >= "v07" && "server.ts" in changes);

/** The moment between the kick and the end of the connection is too short to be met from outside. */
describe.each(since)("$id kick", ({ folder }) => {
  async function twoUsers() {
    const module = await import(`../../chapters/${folder}/server.ts`);
    const server: Server = new module.Server({ idleSeconds: 300 });
    const { port } = await server.listen("127.0.0.1", 0);
    const bob = await Client.connect("bob", port);
    await bob.next();
    const alice = await Client.connect("alice", port);
    await alice.next();
    await bob.next();
    const user = [...server.room.online][1] as User;
    onTestFinished(async () => {
      for (const client of [alice, bob]) client.close();
      await server.close();
    });
    return { server, alice, bob, user };
  }

  test("what a kicked user has sent already is not executed", async () => {
    const { alice, bob, user } = await twoUsers();
    const kicked = user.kick("for the test");
    for (const line of ["rename|ghost", "who", "hello"]) await user.doMessage(line);
    await kicked;
    expect(await alice.over()).toEqual(["you were kicked: for the test"]);
    expect(user.name).toBe(alice.addr);
    expect(await bob.sync()).toEqual([`[${alice.addr}]${alice.addr}:offline`]);
  });

  test("what waited for room in the queue meanwhile is not said", async () => {
    const { server, alice, bob, user } = await twoUsers();
    await user.kick("for the test");
    await server.room.broadcast(user, "too late");
    await alice.over();
    expect(await bob.sync()).toEqual([`[${alice.addr}]${alice.addr}:offline`]);
  });
});
