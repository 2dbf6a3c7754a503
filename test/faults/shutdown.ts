/** The server wants to go, and some clients see to it that this is not easy. */
import { check, same } from "../harness/transcript.ts";
import { bye, shutdown as lastWords, said } from "../harness/wire.ts";
import { crowd, type Fault, wrap } from "./fault.ts";

const needs = ["signals"] as const;
const pair = "before";

export const shutdown: readonly Fault[] = [
  wrap("v08/connect-storm-during-the-shutdown", {
    id: "shutdown/connect-storm",
    title: "a storm of connections in the moment of the signal",
    pair,
    how: "refused",
    does: "A hundred clients connect while the signal is on its way.",
    breaks:
      "Somebody comes between “tell everybody” and “accept nobody any more”: it is told nothing, nobody ends it, and the process waits for it for ever.",
    ours: "The listener is closed first. Who was accepted before is told like everybody, who comes later is refused; no task is left.",
    where: ["server.ts close", "room.ts close"],
    memory: 60,
    slow: true,
  }),
  wrap("v08/nobody-is-served-during-the-shutdown", {
    id: "shutdown/latecomers",
    title: "fifty come while it waits for the last one",
    pair,
    how: "refused",
    does: "One client does not read, so the server waits for it; meanwhile fifty others connect.",
    breaks: "The port is still open, so there is always somebody to wait for, and it never ends.",
    ours: "Nobody is accepted after the signal.",
    where: ["server.ts close"],
    memory: 60,
    slow: true,
  }),
  wrap("v08/shutdown-with-a-stalled-reader", {
    id: "shutdown/stalled-reader",
    title: "one does not read what is said at the end",
    pair,
    how: "cut off in time",
    does: "It never reads, and does not end its side.",
    breaks:
      "`server.close()` waits for the last connection: one client decides how long the server lives.",
    ours: "After `--grace` whoever is not done is cut off, and the closing line counts them.",
    where: ["server.ts within"],
    memory: 60,
    slow: true,
  }),
  wrap("v08/shutdown-under-load", {
    id: "shutdown/under-load",
    title: "the signal in the middle of a flood",
    pair,
    how: "delivered",
    does: "Five of twenty users are saying 5,000 lines each when the signal comes.",
    breaks: "What was accepted is thrown away; or one user hears more of it than the other.",
    ours: "The room's queue takes nothing new, and what is in it is still delivered, to everybody the same, and then the last words.",
    where: ["room.ts broadcaster", "channel.ts close"],
    memory: 150,
    slow: true,
  }),
  {
    id: "shutdown/floods-on",
    title: "it floods on, and never ends its side",
    since: "v08",
    needs,
    pair,
    alone: true,
    args: ["--grace", "5"],
    how: "cut off in time",
    does: "It goes on sending after the last words, for as long as the server takes it, and keeps its side open.",
    breaks:
      "As long as something comes, the server is not idle, so it does not end; or it stops reading, and its end becomes a reset that destroys the last words on their way.",
    ours: "What comes is read and thrown away, so the last words arrive; after the grace time the connection is destroyed.",
    where: ["connection.ts lines", "server.ts within"],
    memory: 60,
    slow: true,
    async run(server) {
      const [alice] = await server.join();
      const flood = setInterval(() => alice.write("more\n".repeat(1000)), 5);
      await alice.next();
      server.signal("SIGTERM");
      const heard = await alice.over();
      const { code, last } = await server.ended().finally(() => clearInterval(flood));
      same(heard.slice(-1), [lastWords], "alice's last line");
      check(alice.ended === "end", "the connection was reset, not ended");
      same([...new Set(heard.slice(0, -1))], [said(alice, "more")], "what she heard before");
      check(code === 0, `exit code ${code}`);
      same([last], ["closed: 1 user, 1 cut off after 5 s, 0 tasks left"], "the closing line");
    },
  },
  {
    id: "shutdown/half-lines",
    title: "a hundred hold half a line when the signal comes",
    since: "v08",
    needs,
    pair,
    args: ["--grace", "60"],
    how: "ends well",
    does: "A hundred clients have sent half a line. At the signal, half of them end their line, the others their side.",
    breaks:
      "Each reader waits for the rest of its line; or the end of the side makes a line of it, which is said into a room that is closing.",
    ours: "What users send from the signal on is not said. Everybody hears the same last words, and nobody is cut off.",
    where: ["connection.ts lines", "room.ts close"],
    memory: 60,
    async run(server) {
      const clients = await crowd(server, 100);
      for (const client of clients) await client.sync();
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
      const { code, last } = await server.ended();
      check(code === 0, `exit code ${code}`);
      same([last], ["closed: 100 users, 0 cut off, 0 tasks left"], "the closing line");
    },
  },
  {
    id: "shutdown/everybody-quits",
    title: "everybody says goodbye, too late",
    since: "v08",
    needs,
    pair,
    args: ["--grace", "60"],
    how: "ends well",
    does: "Sixty clients say a hundred lines of 1 KB each and `quit` behind them, so that the room's queue is full when the signal comes, and all the goodbyes are still waiting.",
    breaks:
      "Goodbye and shutdown meet. The connection is closed twice, or each leaves it to the other; or, as ours did until this was tried, it is closed at once, before what was said has been delivered, and without a last word.",
    ours: "Whoever is too late to leave stays, and is ended with all others: it hears what was accepted, then `server is shutting down`, then the end.",
    where: ["room.ts leave", "room.ts broadcaster"],
    memory: 90,
    slow: true,
    async run(server) {
      const clients = await crowd(server, 60);
      for (const client of clients) await client.sync();
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
  wrap("v08/idle-kick-in-the-grace-time", {
    id: "shutdown/idle-in-the-grace-time",
    title: "the idle limit runs out while the server waits",
    pair,
    how: "cut off in time",
    does: "It does not read and says nothing, so that it is to be kicked while it is being waited for.",
    breaks:
      "Kick and shutdown both end the connection, and whoever comes second finds it gone, or waits two seconds more.",
    ours: "A deadline is set once; the second one changes nothing.",
    where: ["connection.ts #deadline"],
    memory: 60,
    slow: true,
  }),
  wrap("v08/shutdown-of-200-users", {
    id: "shutdown/200-users",
    title: "200 users at the end",
    pair,
    how: "ends well",
    does: "200 users are there when the signal comes, and all of them read.",
    breaks:
      "They are ended one after the other, each with a wait of its own; or the process ends before the last words are out.",
    ours: "All are told at once, and the process ends when the last of its tasks has.",
    where: ["server.ts close", "tasks.ts wait"],
    memory: 60,
    slow: true,
  }),
  wrap("v08/second-signal-SIGTERM", {
    id: "shutdown/second-signal",
    title: "a second signal, since the first one takes so long",
    pair,
    how: "ends at once",
    does: "One client does not read, with a grace time of five minutes. The operator asks again.",
    breaks:
      "The handler for the first signal keeps the second one from its effect: only SIGKILL is left.",
    ours: "The second signal ends the process at once, with the exit code that says so.",
    where: ["main.ts interrupted"],
    memory: 60,
  }),
];
