/** a full server: `--max-users` bounds how many may be online at once. */
import { rename } from "../../test/cases/v05.ts";
import type { Client } from "../../test/harness/client.ts";
import { eventually, type Server } from "../../test/harness/server.ts";
import { check, same } from "../../test/harness/transcript.ts";
import { bye, listed, offline, online, said, shutdown } from "../../test/harness/wire.ts";
import { among, answered, type ExtraCase, optionCases } from "../common/cases.ts";

const full = (most: number) => `server is full: at most ${most} users`;
const most = (users: number) => ({ args: ["--max-users", `${users}`] });

/** Comes when the house is full: hears so, and nothing else, and the server ends the connection. */
async function refused(client: Client, users: number): Promise<void> {
  same([await client.next(full(users))], [full(users)], client.transcript.who);
  same(await client.over(), [], client.transcript.who);
  check(client.ended === "end", "the connection was reset, not ended");
}

/** Alice and bob are in, and no third one may be. */
function fullHouse(
  id: string,
  clause: string,
  run: (alice: Client, bob: Client, server: Server) => Promise<void>,
): ExtraCase {
  return {
    id: `max-users/${id}`,
    clause,
    ...most(2),
    run: among(2, async ([alice, bob], server) => {
      await run(alice, bob, server);
    }),
  };
}

export const cases: ExtraCase[] = [
  fullHouse(
    "full",
    "when the house is full, whoever comes hears so, and the end; nobody else hears anything",
    async (alice, bob, server) => {
      await refused(await server.connect(), 2);
      alice.send("who");
      await alice.hears(listed(alice), listed(bob));
      await bob.hears();
    },
  ),
  fullHouse(
    "a-place-is-free-again",
    "who leaves makes room for one, and only for one",
    async (alice, bob, server) => {
      await refused(await server.connect(), 2);
      alice.end();
      await alice.over();
      await bob.expect(offline(alice));
      const carol = await server.connect();
      await carol.expect(online(carol));
      await bob.expect(online(carol));
      await refused(await server.connect(), 2);
    },
  ),
  fullHouse(
    "a-place-is-free-at-once",
    "a place is free as soon as the others hear `offline`, however long a socket lingers",
    async (alice, bob, server) => {
      await answered(alice, "quit", bye); // and keeps its own side open
      await bob.expect(offline(alice));
      const carol = await server.connect();
      await carol.expect(online(carol));
      await refused(await server.connect(), 2);
    },
  ),
  fullHouse(
    "what-the-refused-sends",
    "nothing that a refused client sends is carried out",
    async (_, bob, server) => {
      const carol = await server.connect();
      carol.write("hello\nrename|king\nwho\nto|x|y\nquit\n");
      await refused(carol, 2);
      await rename(bob, "king");
      await bob.hears();
    },
  ),
  fullHouse(
    "refused-in-good-order",
    "a refused client hears why, also when it has sent much and reads late",
    async (_, bob, server) => {
      const carol = await server.connect({ stalled: true });
      for (let i = 0; i < 5; i++) await carol.packets(bob, `${"x".repeat(1000)}\n`.repeat(20));
      carol.read();
      await refused(carol, 2);
    },
  ),
  fullHouse(
    "refused-and-reset",
    "a refused client harms nobody, and does not wait for a place",
    async (alice, bob, server) => {
      await refused(await server.connect(), 2);
      for (let i = 0; i < 50; i++) (await server.connect({ stalled: true })).reset();
      await refused(await server.connect(), 2);
      alice.send("quit");
      await bob.expect(offline(alice));
      await bob.hears();
      const [erin] = await server.join();
      erin.send("hi");
      await bob.expect(online(erin), said(erin, "hi"));
    },
  ),
  {
    id: "max-users/crowd-at-the-door",
    clause: "of many who come at once, exactly as many are let in as there are places",
    ...most(10),
    async run(server) {
      await server.start();
      const crowd = await Promise.all(Array.from({ length: 60 }, () => server.connect()));
      const first = await Promise.all(crowd.map((client) => client.next()));
      const inside = crowd.filter((client, i) => first[i] === online(client));
      const outside = crowd.filter((_, i) => first[i] === full(10));
      const counted = `${inside.length} were let in and ${outside.length} refused`;
      check(inside.length === 10 && outside.length === 50, counted);
      const [alice] = inside;
      await alice?.sync();
      alice?.send("who");
      same((await alice?.sync())?.sort() ?? [], inside.map(listed).sort(), "who");
    },
  },
  {
    id: "max-users/refused-for-ever",
    clause: "refused clients that never read and never leave are let go within seconds",
    needs: ["descriptors"],
    ...most(1),
    run: among(1, async ([alice], server) => {
      await refused(await server.connect(), 1);
      const before = server.descriptors();
      for (let i = 0; i < 200; i++) {
        const client = await server.connect({ stalled: true });
        client.write(`${"x".repeat(1000)}\n`);
      }
      await eventually(() => server.descriptors() <= before, `back to ${before} descriptors`);
      await alice.hears();
    }),
  },
  {
    id: "max-users/shutdown",
    clause: "refused clients are no users, and leave no task behind at the end",
    needs: ["signals"],
    args: ["--max-users", "2", "--grace", "60"],
    run: among(2, async (users, server) => {
      const crowd = Array.from({ length: 20 }, () => server.connect({ stalled: true }));
      await Promise.all(crowd);
      await refused(await server.connect(), 2);
      server.signal("SIGTERM");
      for (const user of users) same(await user.over(), [shutdown], "the last words");
      for (const user of users) user.close();
      const { code, last } = await server.ended();
      check(code === 0, `exit code ${code}`);
      same([last], ["closed: 2 users, 0 cut off, 0 tasks left"], "the closing line");
    }),
  },
  {
    id: "max-users/shutdown-when-they-have-gone",
    clause: "the server does not wait for a refused client that has gone",
    needs: ["signals"],
    args: ["--max-users", "1", "--grace", "1"],
    run: among(1, async ([alice], server) => {
      for (let i = 0; i < 10; i++) {
        const client = await server.connect();
        await client.write("hello?\n");
        await refused(client, 1);
      }
      for (const client of server.clients) if (client !== alice) client.close();
      await alice.sync(); // by now the server has seen it
      alice.end();
      await alice.over();
      alice.close();
      server.signal("SIGTERM");
      const { last } = await server.ended();
      same([last], ["closed: 0 users, 0 cut off, 0 tasks left"], "the closing line");
    }),
  },
  ...optionCases("max-users", "--max-users", ["0", "-1", "1.5", "100001", ""]),
];
