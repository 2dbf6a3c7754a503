/** The server wants to go, and some clients see to it that this is not easy. */
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { bye, shutdown as lastWords, said } from "../harness/wire.ts";
import { type Fault, present, wrap } from "./fault.ts";

const needs = ["signals"] as const;
const pair = "before";

export const shutdown: readonly Fault[] = [
  wrap("shutdown/connect-storm", "v08/connect-storm-during-the-shutdown", {
    pair,
    how: "refused",
    memory: 60,
    slow: true,
  }),
  wrap("shutdown/latecomers", "v08/nobody-is-served-during-the-shutdown", {
    pair,
    how: "refused",
    memory: 60,
    slow: true,
  }),
  wrap("shutdown/stalled-reader", "v08/shutdown-with-a-stalled-reader", {
    pair,
    how: "cut off in time",
    memory: 60,
    slow: true,
  }),
  wrap("shutdown/under-load", "v08/shutdown-under-load", {
    pair,
    how: "delivered",
    memory: 150,
    slow: true,
  }),
  {
    id: "shutdown/floods-on",
    since: "v08",
    needs,
    pair,
    alone: true,
    args: ["--grace", "5"],
    how: "cut off in time",
    memory: 60,
    slow: true,
    async run(server) {
      const [alice] = await server.join();
      const flood = setInterval(() => alice.write("more\n".repeat(1000)), 5);
      await alice.next();
      server.signal("SIGTERM");
      const heard = await alice.over();
      const line = "closed: 1 user, 1 cut off after 5 s, 0 tasks left";
      await closes(server, line).finally(() => clearInterval(flood));
      same(heard.slice(-1), [lastWords], "alice's last line");
      check(alice.ended === "end", "the connection was reset, not ended");
      same([...new Set(heard.slice(0, -1))], [said(alice, "more")], "what she heard before");
    },
  },
  {
    id: "shutdown/half-lines",
    since: "v08",
    needs,
    pair,
    args: ["--grace", "60"],
    how: "ends well",
    memory: 60,
    async run(server) {
      const clients = await present(server, 100);
      await Promise.all(clients.map((client) => client.write("half")));
      server.signal("SIGTERM");
      const [first] = clients;
      await first?.until(lastWords); // from now on nothing is said
      for (const [i, client] of clients.entries()) {
        if (i % 2 === 0) client.send(" a line");
        else client.end();
      }
      for (const client of clients) {
        const heard = await client.over();
        if (client !== first) same(heard.slice(-1), [lastWords], "the last line");
        check(!heard.some((line) => line.includes(":half")), "half a line was said");
        check(client.ended === "end", `${client.addr} was reset, not ended`);
        client.close();
      }
      await closes(server, "closed: 100 users, 0 cut off, 0 tasks left");
    },
  },
  {
    id: "shutdown/everybody-quits",
    since: "v08",
    needs,
    pair,
    args: ["--grace", "60"],
    how: "ends well",
    memory: 90,
    slow: true,
    async run(server) {
      const clients = await present(server, 60);
      const lines = `${"x".repeat(1000)}\n`.repeat(100);
      for (const client of clients) void client.write(`${lines}quit\n`);
      await clients[0]?.until(server.echo(clients[0], "x".repeat(1000)));
      server.signal("SIGTERM");
      for (const client of clients) {
        const last = (await client.over()).at(-1) ?? "nothing";
        check([bye, lastWords].includes(last), `the last line is "${last}"`);
        check(client.ended === "end", `${client.addr} was reset, not ended`);
        client.close();
      }
      const { code, last } = await server.ended();
      check(code === 0, `exit code ${code}`);
      check(last.endsWith("0 cut off, 0 tasks left"), `the closing line is "${last}"`);
    },
  },
  wrap("shutdown/idle-in-the-grace-time", "v08/idle-kick-in-the-grace-time", {
    pair,
    how: "cut off in time",
    memory: 60,
    slow: true,
  }),
  wrap("shutdown/200-users", "v08/shutdown-of-200-users", {
    pair,
    how: "ends well",
    memory: 60,
    slow: true,
  }),
  wrap("shutdown/second-signal", "v08/second-signal-SIGTERM", {
    pair,
    how: "ends at once",
    memory: 60,
  }),
];

/** It ends well, and says how. */
async function closes(server: Server, line: string): Promise<void> {
  const { code, last } = await server.ended();
  check(code === 0, `exit code ${code}`);
  same([last], [line], "the closing line");
}
