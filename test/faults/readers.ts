/** Clients who take what is theirs late, in sips, or never. */
import { chatUntil } from "../cases/v02.ts";
import type { Client } from "../harness/client.ts";
import { Program } from "../harness/program.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, Failure } from "../harness/transcript.ts";
import { offline, online, said } from "../harness/wire.ts";
import { crowd, type Fault, type Pair, wrap } from "./fault.ts";

const MiB = 1024 * 1024;
const START_MS = 20_000;

/** It does not read, and what it is owed is held for it. */
const asleep = { since: "v02", alone: true, memory: 90, slow: true } as const;

export const readers: readonly Fault[] = [
  wrap("readers/echo-never-read", "v01/never-reads", { how: "slowed", memory: 60 }),
  wrap("readers/one-stalled", "v02/stalled-reader", { how: "cut off", memory: 60, slow: true }),
  {
    id: "readers/100-stalled",
    since: "v02",
    alone: true,
    how: "cut off",
    memory: 250,
    slow: true,
    async run(server, pair) {
      const stalled = await crowd(server, 100, { stalled: true });
      await chatUntilHeard(pair, stalled.map(offline));
    },
  },
  {
    id: "readers/resumes-below-the-limit",
    ...asleep,
    how: "served",
    async run(server, [, carol]) {
      const [alice] = await server.join();
      alice.stall();
      const lines = await chatUntilStuck(server, carol);
      await chat(carol, lines, 350);
      alice.read();
      await alice.hears(...lines.map((line) => said(carol, line)));
    },
  },
  {
    id: "readers/stop-and-go",
    ...asleep,
    how: "served",
    async run(server, [, carol]) {
      const [alice] = await server.join();
      for (let i = 0; i < 6; i++) {
        alice.stall();
        const lines = await chatUntilStuck(server, carol);
        alice.read();
        await alice.hears(...lines.map((line) => said(carol, line)));
      }
    },
  },
  {
    id: "readers/stuck-when-the-traffic-stops",
    ...asleep,
    how: "cut off in time",
    async run(server, [bob, carol]) {
      const alice = await server.connect({ stalled: true });
      const lines = await chatUntilStuck(server, carol);
      await chat(carol, lines, 350);
      alice.end();
      await bob.until(offline(alice));
      const cutOff = async () => (await server.vitals()).sockets === 2;
      await eventually(cutOff, "alice, who does not read, is cut off");
      check(alice.ended === undefined, "alice was told of it, so she has read");
    },
  },
  {
    id: "readers/frozen-process",
    ...asleep,
    needs: ["signals"],
    how: "cut off",
    run: frozen,
  },
  wrap("readers/answers-never-read", "v04/who-never-read", {
    how: "slowed",
    memory: 120,
    slow: true,
  }),
  wrap("readers/private-flood", "v06/private-flood-at-a-stalled-user", {
    how: "cut off",
    memory: 60,
    slow: true,
  }),
  wrap("readers/quits-behind", "v08/quit-delivers-what-is-queued", { how: "served", memory: 60 }),
];

/** The pair's first has heard these lines, in whatever order, while its second was chatting. */
async function chatUntilHeard([bob, carol]: Pair, expected: readonly string[]): Promise<void> {
  const missing = new Set(expected);
  const done = () => {
    for (const line of bob.heard.splice(0)) missing.delete(line);
    return missing.size === 0;
  };
  await chatUntil(carol, done, 64 * MiB);
}

/** Says so many lines of 4 KB, no faster than it hears itself; they come after `lines`, and go there too. */
async function chat(user: Client, lines: string[], count: number): Promise<void> {
  for (let i = 1; i <= count; i++) {
    const line = `${lines.length} ${"x".repeat(4000)}`;
    lines.push(line);
    user.send(line);
    if (i % 16 === 0) await user.sync();
  }
  await user.sync();
}

/** Chats until there is something that a client does not take, and its operating system does not either. */
async function chatUntilStuck(server: Server, user: Client): Promise<string[]> {
  const lines: string[] = [];
  for (let stuck = 0; stuck < 3; ) {
    check(lines.length < 16_000, "64 MB of chat, and the client that does not read takes it all");
    const { unsent } = await server.vitals();
    stuck = unsent > 0 ? stuck + 1 : 0;
    if (stuck === 0) await chat(user, lines, 16);
    else await user.sync();
  }
  return lines;
}

const FREEZER = `const socket = require("node:net").connect(process.argv[1], "127.0.0.1");
socket.on("connect", () => console.log(socket.localPort)).on("error", () => {}).resume();`;

async function frozen(server: Server, pair: Pair): Promise<void> {
  const program = new Program([process.execPath, "-e", FREEZER, `${await server.start()}`]);
  try {
    const port = await program.says(/^(\d+)\n/, START_MS);
    if (port === undefined) throw new Failure("hang", "the client to be frozen did not connect");
    const addr = `127.0.0.1:${port}`;
    await pair[0].until(online({ addr, name: addr }));
    program.signal("SIGSTOP");
    await chatUntilHeard(pair, [offline({ addr, name: addr })]);
  } finally {
    program.kill();
    await program.closed;
  }
}
