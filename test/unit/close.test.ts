import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { chapters } from "../../chapters/manifest.ts";
import { eventually } from "../harness/server.ts";

/** What every chapter's server has; from v07 on it takes the idle limit, from v08 on the grace, in seconds. */
interface Server {
  readonly tasks: { readonly running: string[] };
  readonly room?: {
    readonly online: Iterable<unknown>;
    broadcast(user: unknown, text: string): Promise<void>;
  };
  listen(host: string, port: number): Promise<{ port: number }>;
  close(graceSeconds: number): Promise<unknown>;
}

describe.concurrent.each(chapters)("$id close()", ({ id, folder }) => {
  async function serve(): Promise<{ server: Server; join: () => Promise<Socket> }> {
    const { Server } = await import(`../../chapters/${folder}/server.ts`);
    const server: Server = new Server({ idleSeconds: 300 });
    const { port } = await server.listen("127.0.0.1", 0);
    const join = async () => {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {}); // the server may well reset it: that is what we are here to see
      await once(socket, "connect");
      return socket;
    };
    return { server, join };
  }

  /** Says something, and waits until it is heard. */
  async function speak(socket: Socket): Promise<void> {
    socket.setEncoding("utf8").write("hello\n");
    for (let heard = ""; !heard.includes("hello\n"); ) heard += (await once(socket, "data"))[0];
  }

  test("with nobody there", async () => {
    const { server } = await serve();
    await server.close(2);
    expect(server.tasks.running).toEqual([]);
  });

  test("with users who read, one who does not, and one who has ended its side", async () => {
    const { server, join } = await serve();
    const [alice, bob, carol] = [await join(), await join(), await join()];
    await speak(alice);
    bob.pause();
    carol.end();
    alice.resume();
    await server.close(2);
    expect(server.tasks.running).toEqual([]);
    for (const socket of [alice, bob, carol]) socket.destroy();
  });

  const hasRoom = id >= "v02";
  (hasRoom ? test : () => {})("what was accepted before is delivered", async () => {
    const { server, join } = await serve();
    const [alice, bob] = [await join(), await join()];
    await speak(alice);
    await speak(bob);
    let heard = "";
    alice.on("data", (text) => {
      heard += text;
    });
    bob.resume();
    const [speaker] = server.room?.online ?? [];
    for (let i = 0; i < 1000; i++) void server.room?.broadcast(speaker, `line ${i}`);
    await server.close(2);
    const lines = heard.split("\n").filter((line) => line.includes(":line "));
    expect(lines.length).toBe(1000);
    for (const socket of [alice, bob]) socket.destroy();
  });

  test("with connections that are just coming", async () => {
    const { server, join } = await serve();
    const coming = Array.from({ length: 20 }, join);
    const closing = server.close(2);
    const came = await Promise.allSettled(coming);
    await closing;
    expect(server.tasks.running).toEqual([]);
    for (const each of came) if (each.status === "fulfilled") each.value.destroy();
  });

  test("who comes and goes 500 times leaves no task", async () => {
    const { server, join } = await serve();
    const alice = await join();
    await speak(alice);
    const before = server.tasks.running;
    alice.resume();
    for (let i = 0; i < 500; i += 20) {
      const crowd = await Promise.all(Array.from({ length: 20 }, join));
      for (const [j, socket] of crowd.entries()) {
        if (j % 3 === 0) socket.resetAndDestroy();
        else socket.destroy();
      }
    }
    const still = () => server.tasks.running.filter((task) => !before.includes(task));
    await eventually(() => still().length === 0, "the tasks of those who left have ended");
    await server.close(2);
    expect(server.tasks.running).toEqual([]);
    alice.destroy();
  });
});
