/** A connection is a descriptor, and a process may have only so many. */
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { invalidName, listed, renamed, said, told } from "../harness/wire.ts";
import { type Fault, list, type Pair, wrap } from "./fault.ts";

const MOST = 64;
const few = {
  needs: ["ulimit", "descriptors"],
  stderr: /^cannot accept: .*EMFILE/,
  descriptors: MOST,
  memory: 60,
  slow: true,
} as const;

export const descriptors: readonly Fault[] = [
  {
    id: "descriptors/exhausted",
    since: "v01",
    ...few,
    how: "refused",
    async run(server, pair) {
      await fill(server, 200);
      await served(server, pair);
    },
  },
  wrap("descriptors/spins", "v01/out-of-descriptors", { how: "refused", memory: 60, slow: true }),
  {
    id: "descriptors/again-and-again",
    since: "v01",
    ...few,
    how: "refused",
    async run(server, pair) {
      const before = server.descriptors();
      const most: number[] = [];
      for (let i = 0; i < 10; i++) {
        const crowd = await fill(server, 100);
        most.push(server.descriptors());
        for (const client of crowd) client.close();
        await eventually(() => server.descriptors() <= before, `back to ${before} descriptors`);
        await pair[0].sync();
      }
      check(Math.min(...most) >= MOST - 2, `of ${MOST} it could take ${most.join(", ")}`);
    },
  },
  {
    id: "descriptors/at-the-end",
    since: "v08",
    ...few,
    needs: [...few.needs, "signals"],
    pair: "before",
    how: "ends well",
    async run(server) {
      await fill(server, 100);
      server.signal("SIGTERM");
      for (const client of server.clients) {
        if (!client.ended) await client.over();
        client.close();
      }
      check((await server.ended()).code === 0, "the exit code is not 0");
    },
  },
];

/** Until one too many has been closed. */
async function fill(server: Server, count: number): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; i++) clients.push(await server.connect());
  await eventually(() => clients.some(({ ended }) => ended), "a connection too many is closed");
  return clients;
}

/** What the chapter can do, it does. */
async function served(server: Server, [bob, carol]: Pair): Promise<void> {
  await bob.sync();
  await carol.sync();
  bob.send("anybody?");
  await bob.until(server.echo(bob, "anybody?"));
  if (server.chapter === "v01") return;
  await carol.until(said(bob, "anybody?"));
  if (server.chapter < "v04") return;
  const all = await list(bob);
  check(all.includes(listed(bob)) && all.includes(listed(carol)), "the pair is not on the list");
  if (server.chapter < "v05") return;
  bob.send("rename|[");
  await bob.until(invalidName);
  bob.send("rename|bob");
  await bob.until(renamed("bob"));
  bob.name = "bob";
  if (server.chapter < "v06") return;
  carol.send("to|bob|you too?");
  await bob.until(told(carol, "you too?"));
}
