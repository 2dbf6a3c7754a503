/** Who says nothing is kicked, and must not be able to make that expensive, or to avoid it. */
import { setTimeout as pass } from "node:timers/promises";
import { args, kickedOut, SECONDS } from "../cases/v07.ts";
import { eventually, type Server } from "../harness/server.ts";
import { same } from "../harness/transcript.ts";
import { kicked, offline, online, said } from "../harness/wire.ts";
import { crowd, type Fault, wrap } from "./fault.ts";

const pair = "after";

export const idle: readonly Fault[] = [
  wrap("idle/slowloris", "v07/half-a-line-is-no-activity", { pair, how: "kicked", slow: true }),
  wrap("idle/stalled", "v07/stalled-and-idle", { pair, how: "kicked", slow: true }),
  {
    id: "idle/asks-and-never-reads",
    since: "v07",
    args: ["--idle-timeout", "6"], // the questions keep the server busy, and bob must be heard in between
    pair,
    how: "kicked",
    memory: 120,
    slow: true,
    async run(server) {
      const [bob] = await server.join();
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      alice.rest();
      void alice.write("who\n".repeat(1_000_000));
      await bob.expect(offline(alice));
    },
  },
  wrap("idle/sixty-at-once", "v07/sixty-kicked-at-once", {
    pair,
    how: "kicked",
    memory: 60,
    slow: true,
  }),
  wrap("idle/line-after-the-kick", "v07/line-after-the-kick", { pair, how: "ignored", slow: true }),
  {
    id: "idle/in-the-last-moment",
    since: "v07",
    args,
    pair,
    how: "said or kicked, never both",
    slow: true,
    run: lastMoment,
  },
  {
    id: "idle/server-was-stopped",
    since: "v07",
    args,
    needs: ["signals"],
    pair,
    how: "nobody is kicked",
    slow: true,
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const user of [alice, bob]) user.rest();
      for (const user of [alice, bob]) await user.sync();
      server.signal("SIGSTOP");
      await pass(SECONDS * 500);
      alice.send("in time"); // it lies in the socket
      bob.send("who");
      await pass(SECONDS * 1000);
      server.signal("SIGCONT");
      await alice.sync();
      await bob.sync();
    },
  },
  wrap("idle/kicked-while-written-to", "v07/kick-while-written-to", {
    pair,
    how: "kicked",
    memory: 90,
    slow: true,
  }),
  {
    id: "idle/keeps-its-side-open",
    since: "v07",
    args,
    pair,
    how: "cut off in time",
    memory: 60,
    slow: true,
    async run(server) {
      await server.join();
      const clients = await crowd(server, 50);
      for (const client of clients) client.rest();
      for (const client of clients) await kickedOut(client);
      await eventually(async () => (await server.vitals()).sockets === 1, "all are cut off");
    },
  },
  wrap("idle/costs-nothing", "v07/kick-costs-no-cpu", { pair, how: "kicked", slow: true }),
  wrap("idle/million-lines", "v07/lines-leave-no-timers", {
    how: "one timer restarts",
    memory: 60,
    slow: true,
  }),
];

async function lastMoment(server: Server): Promise<void> {
  const [bob] = await server.join();
  const clients = await crowd(server, 40);
  const over = clients.map(async (client, i) => {
    client.rest();
    client.send(""); // from now on its limit runs
    const timer = setTimeout(() => client.send("alive"), SECONDS * 1000 - 50 + i * 2.5);
    same((await client.over()).slice(-1), [kicked(SECONDS)], "the last line");
    clearTimeout(timer);
  });
  await Promise.all(over);
  const heard = await bob.sync();
  for (const client of clients) {
    const own = heard.filter((line) => line.startsWith(`[${client.addr}]`));
    const alive = own.includes(said(client, "alive"));
    same(
      own,
      [online(client), ...(alive ? [said(client, "alive")] : []), offline(client)],
      `what was heard of ${client.addr}`,
    );
  }
}
