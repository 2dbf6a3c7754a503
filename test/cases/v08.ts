/** From v08 on: leaving well, from both sides. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { check, same } from "../harness/transcript.ts";
import { bye, offline, online, said, shutdown } from "../harness/wire.ts";
import { rename } from "./v05.ts";

/** All that the client hears until the server ends the connection, which it does in order. */
async function heardToTheEnd(client: Client): Promise<string[]> {
  const heard = await client.over();
  check(client.ended === "end", `${client.transcript.who}: the connection was reset, not ended`);
  client.close();
  return heard;
}

const GRACE = 3; // longer than a connection lingers when it is not the end
const grace = ["--grace", `${GRACE}`];
const patient = ["--grace", "15"]; // a busy machine may be slow; where all goes well, nobody waits for it

export const v08: Case[] = [
  ...["quit", "exit"].map(
    (command): Case => ({
      id: `v08/${command}`,
      since: "v08",
      clause:
        "`quit` and `exit`: the asker hears `bye`, then the connection ends; the others hear `offline`",
      async run(server) {
        const [alice, bob] = await server.join(2);
        alice.send(command);
        same(await heardToTheEnd(alice), [bye], "alice");
        await bob.hears(offline(alice));
      },
    }),
  ),
  {
    id: "v08/quit-and-text-in-one-packet",
    since: "v08",
    clause:
      "what a user sent before `quit` is said; what comes after it in the same packet is not carried out",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const [hi, ghost] = [server.fresh("hi "), server.fresh("ghost")];
      alice.write(`${hi}\nquit\nand another thing\nrename|${ghost}\nquit\n`);
      same(await heardToTheEnd(alice), [said(alice, hi), bye], "alice");
      await bob.expect(said(alice, hi), offline(alice));
      await rename(bob, ghost);
      await bob.hears();
    },
  },
  {
    id: "v08/quit-delivers-what-is-queued",
    since: "v08",
    clause: "a user who quits still gets what was said before",
    async run(server) {
      const [alice, bob] = await server.join(2);
      alice.stall();
      const lines = Array.from({ length: 100 }, (_, i) => `${i} ${"y".repeat(4000)}`);
      for (const line of lines) bob.send(line);
      await bob.sync();
      alice.send("quit");
      await bob.until(offline(alice));
      alice.read();
      same(await heardToTheEnd(alice), [...lines.map((line) => said(bob, line)), bye], "alice");
    },
  },
  {
    id: "v08/quit-is-exact",
    since: "v08",
    already: "every such line is text there",
    clause: "a line that only looks like `quit` is text",
    async run(server) {
      const [alice] = await server.join();
      const texts = ["quit now ", "exit ", "quitter "].map((each) => server.fresh(each));
      for (const text of ["Exit", ...texts]) {
        alice.send(text);
        await alice.expect(said(alice, text));
      }
    },
  },
  ...(["SIGINT", "SIGTERM"] as const).map(
    (signal): Case => ({
      id: `v08/shutdown-by-${signal}`,
      since: "v08",
      clause:
        "after a signal, everybody hears `server is shutting down`, then the connections end; the exit code is 0",
      needs: ["signals"],
      args: patient,
      async run(server) {
        const users = await server.join(3);
        const start = Date.now();
        server.signal(signal);
        for (const user of users) same(await heardToTheEnd(user), [shutdown], "the last words");
        const { code, last } = await server.ended();
        check(code === 0, `the exit code is ${code}: it must be 0`);
        same([last], ["closed: 3 users, 0 cut off, 0 tasks left"], "the closing line");
        check(
          Date.now() - start < 10_000,
          "the server waited until the grace was over, although no user was left",
        );
      },
    }),
  ),
  {
    id: "v08/shutdown-with-nobody-there",
    since: "v08",
    clause: "after a signal, one line says how the shutdown went; the exit code is 0",
    needs: ["signals"],
    async run(server) {
      const [alice] = await server.join();
      alice.end();
      await alice.over();
      server.signal("SIGTERM");
      const { code, last } = await server.ended();
      check(code === 0, `the exit code is ${code}: it must be 0`);
      same([last], ["closed: 0 users, 0 cut off, 0 tasks left"], "the closing line");
    },
  },
  {
    id: "v08/shutdown-under-load",
    since: "v08",
    alone: true,
    clause: "all that the server accepted before the shutdown is delivered to everybody",
    needs: ["signals"],
    args: patient,
    async run(server) {
      const users = await server.join(20);
      const senders = users.slice(0, 5);
      for (const user of senders) {
        user.write(Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join(""));
      }
      const [first] = users;
      await first?.next();
      server.signal("SIGTERM");
      const heard = await Promise.all(users.slice(1).map(heardToTheEnd));
      const [one = []] = heard;
      for (const lines of heard) same(lines, one, "two users did not hear the same");
      same(one.slice(-1), [shutdown], "the last line");
      for (const user of senders) {
        const own = one.filter((line) => line.startsWith(`[${user.addr}]`));
        same(
          own,
          own.map((_, i) => said(user, `line ${i}`)),
          "a line is missing",
        );
      }
      await first?.over();
      first?.close();
      check((await server.ended()).code === 0, "the exit code is not 0");
    },
  },
  {
    id: "v08/shutdown-with-a-stalled-reader",
    since: "v08",
    clause: "a user who has not read everything within --grace is cut off",
    needs: ["signals"],
    args: grace,
    async run(server) {
      const [bob] = await server.join();
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      const start = Date.now();
      server.signal("SIGTERM");
      same(await heardToTheEnd(bob), [shutdown], "bob");
      const { code, last } = await server.ended();
      const seconds = (Date.now() - start) / 1000;
      check(code === 0, `the exit code is ${code}: it must be 0`);
      same(
        [last],
        [`closed: 2 users, 1 cut off after ${GRACE} s, 0 tasks left`],
        "the closing line",
      );
      check(
        seconds > GRACE * 0.9 && seconds < GRACE * 2,
        `with ${GRACE} s of grace it took ${seconds} s`,
      );
    },
  },
  ...(
    [
      ["SIGINT", 130],
      ["SIGTERM", 143],
    ] as const
  ).map(
    ([signal, expected]): Case => ({
      id: `v08/second-signal-${signal}`,
      since: "v08",
      clause: "a second signal ends the server at once, with exit code 128 + the signal's number",
      needs: ["signals"],
      args: ["--grace", "300"],
      async run(server) {
        const [bob] = await server.join();
        const alice = await server.connect({ stalled: true });
        await bob.expect(online(alice));
        server.signal("SIGTERM");
        await bob.expect(shutdown);
        server.signal(signal);
        const { code } = await server.ended();
        check(code === expected, `exit code ${code}, not ${expected}`);
      },
    }),
  ),
  {
    id: "v08/nobody-is-served-during-the-shutdown",
    since: "v08",
    clause:
      "a client that comes during the shutdown is refused, or its connection is closed; it is never served",
    needs: ["signals"],
    args: grace,
    async run(server) {
      const [bob] = await server.join();
      await server.connect({ stalled: true });
      server.signal("SIGTERM");
      await bob.until(shutdown);
      const refused = await Promise.all(Array.from({ length: 50 }, () => server.refuses()));
      check(
        !refused.includes(false),
        `${refused.filter((each) => !each).length} of 50 were served`,
      );
      check((await server.ended()).code === 0, "the exit code is not 0");
    },
  },
  {
    id: "v08/connect-storm-during-the-shutdown",
    since: "v08",
    clause:
      "a client that comes just as the shutdown begins is refused, or served to the end; no task is left",
    needs: ["signals"],
    args: patient,
    async run(server) {
      await server.join();
      const storm = Array.from({ length: 100 }, () => server.connect().catch(() => undefined));
      server.signal("SIGTERM");
      for (const client of await Promise.all(storm)) {
        const heard = await client?.over();
        if (heard && heard.length > 0) same(heard.slice(-1), [shutdown], "the last line");
        client?.close();
      }
      for (const client of server.clients) client.close();
      const { code, last } = await server.ended();
      check(code === 0 && last.endsWith("0 cut off, 0 tasks left"), `exit code ${code}: ${last}`);
    },
  },
  {
    id: "v08/shutdown-of-200-users",
    since: "v08",
    clause: "after a signal, everybody hears `server is shutting down`, then the connections end",
    needs: ["signals"],
    args: patient,
    async run(server) {
      const [alice] = await server.join();
      const crowd = await Promise.all(Array.from({ length: 199 }, () => server.connect()));
      await Promise.all(crowd.map((user) => user.sync()));
      server.signal("SIGTERM");
      const heard = await Promise.all([alice, ...crowd].map(heardToTheEnd));
      for (const lines of heard) same(lines.slice(-1), [shutdown], "the last line");
      const { code, last } = await server.ended();
      check(code === 0, `the exit code is ${code}: it must be 0`);
      same([last], ["closed: 200 users, 0 cut off, 0 tasks left"], "the closing line");
    },
  },
  {
    id: "v08/idle-kick-in-the-grace-time",
    since: "v08",
    clause: "while the shutdown waits for a user, that user's idle limit changes nothing",
    needs: ["signals"],
    args: ["--idle-timeout", "2", "--grace", "4"],
    async run(server) {
      const [bob] = await server.join();
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      alice.rest();
      server.signal("SIGTERM");
      await heardToTheEnd(bob);
      const { code, last } = await server.ended();
      check(code === 0, `the exit code is ${code}: it must be 0`);
      same([last], ["closed: 2 users, 1 cut off after 4 s, 0 tasks left"], "the closing line");
    },
  },
  {
    id: "v08/port-is-free-again",
    since: "v08",
    already: "an abrupt end frees the port as well",
    clause: "when the server has ended, another one can listen on its port at once",
    needs: ["signals"],
    async run(server) {
      const [alice] = await server.join();
      const port = await server.start();
      server.signal("SIGTERM");
      await heardToTheEnd(alice);
      await server.ended();
      const { stdout, stderr } = await server.run("--port", `${port}`);
      check(
        stdout.includes(`listening on 127.0.0.1:${port}`),
        `the second server does not listen on the port: ${stderr}`,
      );
    },
  },
  ...["-1", "1.5", "long", "2000001", ""].map(
    (seconds): Case => ({
      id: `v08/bad-grace "${seconds}"`,
      since: "v08",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        const { code, stderr } = await server.run(`--grace=${seconds}`);
        check(
          code !== 0 && code !== null,
          `the exit code is ${code}: it must be a number other than 0`,
        );
        check(
          /^--grace must be .*\n$/.test(stderr),
          `stderr must be one line that says what is wrong: ${stderr}`,
        );
      },
    }),
  ),
];
