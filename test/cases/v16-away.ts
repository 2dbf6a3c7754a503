/** From v16 on: a node may die, freeze or lose its way to NATS, and NATS may be away. Each node goes on by itself, and they meet again. */
import { existsSync, writeFileSync } from "node:fs";
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { Nats } from "../harness/nats.ts";
import { NODE, WAY } from "../harness/need.ts";
import { comes, eventually, type Server } from "../harness/server.ts";
import { freePort } from "../harness/target.ts";
import { check, same } from "../harness/transcript.ts";
import { offline, online, said, taken } from "../harness/wire.ts";
import { rename } from "./v05.ts";
import { come } from "./v10.ts";
import { atOnce, complaints, says } from "./v13.ts";
import { refuses } from "./v13-file.ts";
import { allHear, cluster, know, meet, takes } from "./v16.ts";

/** As {@link cluster}, and each node has a way of its own, which can be cut. */
const apart = ["--nats", WAY, "--node", NODE] as const;
const AWAY = /^NATS is away: this node goes on alone$/;
const BACK = /^NATS is back$/;
const EITHER = /^NATS is (away: this node goes on alone|back)$/;
const SECRET = "hunter2";

/** A lease of eight seconds, and two in which it may be seen that it is over. */
const FREE_MS = 10_000;
/** Five beats of silence, and some more on a busy machine. */
const GONE_MS = 8000;
/** Two seconds and what a start takes on a busy machine. */
const BEGINS_MS = 8000;
/** Of two claims that are closer to each other than this, either may be the older one. */
const OLDER_MS = 1000;

const lost = (name: string, { addr }: Client) =>
  `name ${name} is another's, who had it before: you are ${addr} again`;

/** The next lines are that they have gone, in whatever order, in time. */
async function hearsGone(user: Client, others: readonly Client[], since: number): Promise<void> {
  const heard: string[] = [];
  for (const other of others) heard.push(await user.next(offline(other)));
  same(heard.sort(), others.map(offline).sort(), user.transcript.who);
  const ms = performance.now() - since;
  check(ms < GONE_MS, `they were offline after ${ms.toFixed()} ms`);
}

/** The same of those that come again. */
async function hearsBack(user: Client, others: readonly Client[]): Promise<void> {
  const heard: string[] = [];
  for (const other of others) heard.push(await user.next(online(other)));
  same(heard.sort(), others.map(online).sort(), user.transcript.who);
}

async function older(): Promise<void> {
  const start = performance.now();
  await eventually(
    () => performance.now() - start > OLDER_MS,
    "the time by which a claim is older",
  );
}

/** What /healthz answers: it serves, and says so. */
async function healthz(server: Server, expected: RegExp): Promise<void> {
  const asks = async () => {
    const { status, text } = await server.get("/healthz");
    return expected.test(`${status} ${text.trim()}`);
  };
  await comes(asks, `/healthz answers ${expected}`);
}

const alone = (server: Server) => healthz(server, /^200 ok\b.*NATS is away/);

/** NATS is killed under two nodes, and comes back. */
async function killedAndBack(server: Server, store: "kept" | "lost"): Promise<void> {
  const other = server.another();
  const [alice, bob] = await meet(server, other);
  await rename(alice, "Mei");
  await allHear(alice, "it is me", [alice, bob]);
  const nats = await server.nats();
  const start = performance.now();
  await nats.kill();
  for (const node of [server, other]) await says(node, AWAY);
  await Promise.all([
    ...[alice, bob].map((user) => atOnce(user, "alone", 3)),
    ...[server, other].map((node) => alone(node)),
  ]);
  await Promise.all([hearsGone(alice, [bob], start), hearsGone(bob, [alice], start)]);
  await rename(bob, "Bob");
  await nats.back(store);
  for (const node of [server, other]) await says(node, AWAY, BACK);
  await hearsBack(alice, [bob]);
  await hearsBack(bob, [alice]);
  bob.send("rename|mei");
  await bob.expect(taken("mei"));
  alice.send("rename|bob");
  await alice.expect(taken("bob"));
  await allHear(alice, "together", [alice, bob]);
  await allHear(bob, "again", [alice, bob]);
  await healthz(server, /^200 ok$/);
}

export const v16Away: Case[] = [
  {
    id: "v16/node-killed",
    since: "v16",
    clause:
      "a node is killed: within seconds the others hear `offline` for its users, and within ten seconds their names are free; if the node is started again at once, it waits until its own name is free, and gets it",
    args: cluster,
    stderr: /^there is a lease of b: waiting until it is over$/,
    async run(server) {
      const other = server.another();
      const [alice, bob] = await meet(server, other);
      await rename(bob, "Mei");
      await allHear(bob, "last words", [alice, bob]);
      const start = performance.now();
      await other.kill();
      const free = async () => {
        await hearsGone(alice, [bob], start);
        await takes(alice, "Mei", start, FREE_MS);
      };
      const [carol] = await Promise.all([other.connect(), free()]); // it waits for its name meanwhile
      check(performance.now() - start < FREE_MS + BEGINS_MS, "the start took too long");
      await know([alice, carol]);
      await allHear(carol, "hello", [alice, carol]);
      carol.send("rename|Mei");
      await carol.expect(taken("Mei"));
    },
  },
  {
    id: "v16/node-frozen",
    since: "v16",
    clause:
      "a node is frozen: for the others it is as if it were killed; when it wakes, the nodes meet again, and a name that another user has taken meanwhile stays with the older claim",
    args: cluster,
    needs: ["signals"],
    stderr: /^(NATS is|names are)/, // in its own eyes, NATS was away
    async run(server) {
      const other = server.another();
      const [alice, bob] = await meet(server, other);
      await rename(bob, "Mei");
      await allHear(bob, "good night", [alice, bob]);
      const start = performance.now();
      other.freeze();
      await hearsGone(alice, [bob], start);
      await takes(alice, "Mei", start, FREE_MS);
      await allHear(alice, "while it sleeps", [alice]);
      other.wake();
      await alice.until(lost("Mei", alice)); // bob's claim is the older one
      alice.name = alice.addr;
      await know([alice, bob], GONE_MS);
      await allHear(alice, "awake?", [alice, bob]);
      await allHear(bob, "awake", [alice, bob]);
    },
  },
  {
    id: "v16/node-cut-off",
    since: "v16",
    clause:
      "a node is cut off from NATS: it says so and goes on serving; both sides hear `offline`; when the node is back, the nodes meet again, and a name that was claimed on both sides stays with the older claim; what was said meanwhile is not said again",
    args: apart,
    stderr: EITHER,
    needs: ["web"],
    async run(server) {
      const other = server.another();
      const [alice, bob, carol, dave] = await meet(server, other, server, other);
      const start = performance.now();
      const way = await other.way();
      way.cut();
      await says(other, AWAY);
      await atOnce(bob, "alone", 3);
      await dave.until(said(bob, "alone 2"));
      const all = [
        ...[alice, carol].map((user) => hearsGone(user, [bob, dave], start)),
        ...[bob, dave].map((user) => hearsGone(user, [alice, carol], start)),
      ];
      await Promise.all([...all, alone(other)]);
      await come(other, { chat_bus_connected: 0, chat_nodes: 1 });
      await rename(alice, "Older");
      await rename(dave, "Both");
      await older();
      await rename(bob, "Older");
      await rename(carol, "Both");
      await older(); // what counts is when a name was claimed, not when NATS heard of it
      await way.heal();
      await Promise.all(
        [bob, carol].map(async (user) => {
          await user.until(lost(user.name, user));
          user.name = user.addr;
        }),
      );
      await know([alice, bob, carol, dave]);
      for (const user of [alice, bob, carol, dave])
        await allHear(user, "again", [alice, bob, carol, dave]);
      await says(other, AWAY, BACK);
      same(complaints(server), [], "the node that was not cut off");
      await come(other, { chat_bus_connected: 1, chat_nodes: 2 });
    },
  },
  ...(["kept", "lost"] as const).map(
    (store): Case => ({
      id: `v16/nats-killed-store-${store}`,
      since: "v16",
      clause:
        "NATS is killed: each node says so, and goes on serving alone; when NATS comes back, with what it had stored or without, the nodes say so and meet again, and each name has only one user again",
      args: cluster,
      stderr: EITHER,
      needs: ["web"],
      run: (server) => killedAndBack(server, store),
    }),
  ),
  {
    id: "v16/nats-frozen",
    since: "v16",
    clause:
      "NATS is frozen: the nodes notice it by themselves, and then all is as if NATS were killed",
    args: cluster,
    needs: ["signals"],
    stderr: /^(NATS is|names are)/,
    async run(server) {
      const other = server.another();
      const [alice, bob] = await meet(server, other);
      const nats = await server.nats();
      const start = performance.now();
      nats.freeze();
      await atOnce(alice, "alone", 3);
      await hearsGone(alice, [bob], start);
      await bob.until(offline(alice)); // what alice said may have been on its way
      for (const node of [server, other])
        await comes(
          () => complaints(node).some((line) => AWAY.test(line)),
          "it says that NATS is away",
        );
      nats.wake();
      await know([alice, bob], 2 * GONE_MS);
      await allHear(alice, "together", [alice, bob]);
      await allHear(bob, "again", [alice, bob]);
    },
  },
  {
    id: "v16/nats-away-at-the-start",
    since: "v16",
    clause:
      "NATS is away at the start: after two seconds a node begins without it, and says so in one line; when NATS comes, one line says so, and the nodes meet",
    args: cluster,
    stderr: EITHER,
    async run(server) {
      const other = server.another();
      const nats = await server.nats();
      await nats.kill();
      const start = performance.now();
      await Promise.all([server.start(), other.start()]);
      const ms = performance.now() - start;
      check(ms < BEGINS_MS, `the chat began after ${ms.toFixed()} ms`);
      const [alice] = await server.join();
      const [bob] = await other.join();
      await rename(alice, "Mei");
      await older();
      await rename(bob, "Mei");
      for (const node of [server, other]) await says(node, AWAY);
      await nats.back();
      for (const node of [server, other]) await says(node, AWAY, BACK);
      await bob.until(lost("Mei", bob));
      bob.name = bob.addr;
      await know([alice, bob]);
      await allHear(alice, "together", [alice, bob]);
      await allHear(bob, "at last", [alice, bob]);
    },
  },
  {
    id: "v16/node-in-use",
    since: "v16",
    clause:
      "--node must be a name that no other node has: the new node checks whether the other one is still there, says so in one line on stderr, and ends with an exit code that is not 0",
    args: cluster,
    needs: ["cli"],
    async run(server) {
      const [alice] = await meet(server);
      const { url } = await server.nats();
      const { code, stdout, stderr } = await server.run("--nats", url, "--node", "a");
      same([`${code}`, stdout], ["1", ""], "exit code, and what it printed");
      const lines = [
        "there is a lease of a: waiting until it is over",
        "--node a is in use by another node",
      ];
      same(stderr.split("\n"), [...lines, ""], "what it says");
      await allHear(alice, "still here", [alice]);
    },
  },
  {
    id: "v16/announced",
    since: "v16",
    clause:
      "the fourth line says the node's name and where NATS is; the password in the URL is printed nowhere",
    needs: ["cli", "nats", "web"],
    async run(server) {
      const { stdout } = await server.run("--help");
      check(/^ *--nats URL .*\n *--node NAME /m.test(stdout), `it has no such options: ${stdout}`);
      const nats = await server.nats({ more: `authorization { user: al, password: ${SECRET} }` });
      const url = nats.url.replace("//", `//al:${SECRET}@`);
      const [one, other] = [
        server.another({ args: ["--nats", url], stderr: EITHER }),
        server.another({ args: ["--nats", url, "--node", "x".repeat(64)], stderr: EITHER }),
      ];
      await Promise.all([one.start(), other.start()]);
      const lines = [one, other].map((node) => node.output("stdout").split("\n")[3] ?? "");
      const named = /^node 127\.0\.0\.1:\d+ on /.exec(lines[0] ?? "")?.[0];
      check(named !== undefined, `its fourth line is: ${lines[0]}`);
      same(
        lines,
        [`${named}${nats.url}`, `node ${"x".repeat(64)} on ${nats.url}`],
        "the fourth line",
      );
      await meet(one, other);
      await nats.kill();
      await says(one, AWAY);
      const pages = ["/metrics", "/tasks?names", "/healthz"].map((path) => one.get(path));
      const shown = [
        one.output("stdout"),
        one.output("stderr"),
        JSON.stringify(await Promise.all(pages)),
      ];
      check(!shown.join().includes(SECRET), "the password is shown");
      await nats.back();
      await says(one, AWAY, BACK);
    },
  },
  {
    id: "v16/refused-at-the-start",
    since: "v16",
    clause:
      "a wrong password, a NATS without JetStream or with a max_payload that is too small, a file of credentials that is missing or contains none: one line on stderr, without the password, and the exit code is not 0",
    needs: ["cli", "nats"],
    async run(server) {
      const more = `authorization { user: al, password: ${SECRET}1 }`;
      const started = [{ more }, { jetstream: false }, { more: "max_payload: 4096" }].map(
        async (options) => Nats.start(await freePort(), options),
      );
      const all = await Promise.all(started);
      try {
        const [locked, bare, small] = all as [Nats, Nats, Nats];
        const wrong = locked.url.replace("//", `//al:${SECRET}@`);
        const none = server.file("none.creds");
        const rubbish = server.file("rubbish.creds");
        writeFileSync(rubbish, `no credentials, but ${SECRET}`);
        const tries = [
          [["--nats", wrong], /^--nats nats:\/\/127\.0\.0\.1:\d+: .*authorization/i],
          [["--nats", bare.url], /^--nats nats:.*jetstream/i],
          [["--nats", small.url], /^--nats nats:.*max_payload/],
          [["--nats", bare.url, "--nats-creds", none], /^--nats-creds .*none\.creds/],
          [["--nats", bare.url, "--nats-creds", rubbish], /^--nats-creds .*rubbish\.creds/],
        ] as const;
        const refused = tries.map(async ([args, pattern]) => {
          const line = await refuses(server, args, pattern);
          check(!line.includes(SECRET), `it prints the password: ${line}`);
        });
        await Promise.all(refused);
        check(!existsSync(none), "it made a file");
      } finally {
        await Promise.all(all.map((nats) => nats.stop()));
      }
    },
  },
  {
    id: "v16/bad-options",
    since: "v16",
    clause:
      "a bad --nats or --node: one line on stderr names it, without a password, and the exit code is not 0",
    needs: ["cli"],
    async run(server) {
      const urls = [
        ...["", `http://al:${SECRET}@127.0.0.1`, `nats://al:${SECRET}@`],
        `nats://127.0.0.1,nats://al:${SECRET}@127.0.0.1:x`,
      ];
      const away = "--nats=nats://127.0.0.1:1";
      const urlRefused = async (url: string) => {
        const line = await refuses(server, [`--nats=${url}`], /^--nats must be such as nats:/);
        check(!line.includes(SECRET), `it prints the password: ${line}`);
      };
      const nodeRefused = (node: string) =>
        refuses(server, [away, `--node=${node}`], /^--node must be /);
      await Promise.all(urls.map(urlRefused));
      await Promise.all(["", "a b", "x".repeat(65)].map(nodeRefused));
    },
  },
];
