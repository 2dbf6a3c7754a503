/** Several nodes, and the NATS between them: what its users notice when one of them dies, freezes, or is cut off. Who lies: bus.ts. */
import { says } from "../cases/v13.ts";
import { cluster as args } from "../cases/v16.ts";
import type { Client } from "../harness/client.ts";
import { Nats } from "../harness/nats.ts";
import { NODE, WAY } from "../harness/need.ts";
import { comes, eventually, type Server } from "../harness/server.ts";
import { freePort } from "../harness/target.ts";
import { check } from "../harness/transcript.ts";
import { offline, online } from "../harness/wire.ts";
import type { Fault } from "./fault.ts";
import { asksFor, gets, hears, oneRoom, Talk, tell, within } from "./voices.ts";

export const conditions = {
  ...{ since: "v16", args, pair: "after", memory: 60, slow: true },
} as const satisfies Partial<Fault>;

const apart = ["--nats", WAY, "--node", NODE] as const;
/** In a node's own eyes, NATS was away. */
export const TROUBLE = /^(NATS is|names are|NATS says|there is a lease)/;
const AWAY = /^NATS is away: this node goes on alone$/;
const BACK = /^NATS is back$/;

/** Five beats of silence, and some more on a busy machine. */
const GONE_MS = 8000;
/** Of two claims that are closer to each other than this, either may be the older one. */
const OLDER_MS = 1000;
const MINUTE_MS = 60_000;

/** From now on: until those of each side hear it of all of the other. */
function bothHear(
  [some, others]: readonly [readonly Client[], readonly Client[]],
  line: (user: Client) => string,
  since: number,
): Promise<number> {
  const all = (listeners: readonly Client[], speakers: readonly Client[]) =>
    listeners.flatMap((user) => {
      const heard = hears(user);
      return speakers.map((speaker) => () => heard(line(speaker)));
    });
  const due = [...all(some, others), ...all(others, some)];
  return within(GONE_MS, since, () => due.every((heard) => heard()), `all hear ${line.name}`);
}

async function older(): Promise<void> {
  const start = performance.now();
  await eventually(() => performance.now() - start > OLDER_MS, "a claim is older");
}

/** That it has lost its name to an older claim. */
function loses(user: Client): () => boolean {
  const [heard, { name, addr }] = [hears(user), user];
  return () => heard(`name ${name} is another's, who had it before: you are ${addr} again`);
}

/** Names are claimed on both sides of a cut; the older claims hold, whatever the nodes' own clocks say. */
async function claimedOnBothSides(server: Server, other: Server, what: string): Promise<void> {
  const { talk, users } = await Talk.among(server, other, server, other);
  const [alice, bob, carol, dave] = users;
  const way = await other.way();
  const sides = [
    [alice, carol],
    [bob, dave],
  ] as const;
  const start = performance.now();
  way.cut();
  const gone = await bothHear(sides, offline, start);
  for (const [user, name] of [
    [alice, "One"],
    [bob, "Two"],
  ] as const)
    check(await asksFor(user, name), `${name} is not given on the one side`);
  await older();
  for (const [user, name] of [
    [carol, "two"],
    [dave, "one"],
  ] as const)
    check(await asksFor(user, name), `${name} is not given on the other side`);
  const told = [carol, dave].map(loses);
  await way.heal();
  const healed = performance.now();
  for (const user of [carol, dave]) user.name = user.addr;
  const unique = await oneRoom(users, healed);
  await within(unique + OLDER_MS, healed, () => told.every((each) => each()), "both are told");
  for (const [user, name] of [
    [bob, "one"],
    [alice, "two"],
  ] as const)
    check(!(await asksFor(user, name)), `${name} is given twice`);
  await talk.ends();
  await says(other, AWAY, BACK);
  tell(what, { "offline after": gone, "names unique again after": unique });
}

/** NATS goes in some way, and comes again; meanwhile one on each side claims a name. */
async function natsGoes(
  server: Server,
  what: string,
  goes: (nats: Nats) => void | Promise<void>,
  returns: (nats: Nats) => void | Promise<void>,
): Promise<void> {
  const other = server.another();
  const { talk, users } = await Talk.among(server, other, server, other);
  const [alice, bob, carol, dave] = users;
  check(await asksFor(dave, "Mei"), "a name is not given");
  const nats = await server.nats();
  const start = performance.now();
  await goes(nats);
  const gone = await bothHear(
    [
      [alice, carol],
      [bob, dave],
    ],
    offline,
    start,
  );
  check((await asksFor(alice, "Bo")) && (await asksFor(carol, "mei")), "no names are given alone");
  await older();
  check(await asksFor(bob, "bo"), "no name is given on the other side");
  const told = [bob, carol].map(loses);
  await returns(nats);
  const healed = performance.now();
  for (const user of [bob, carol]) user.name = user.addr;
  const unique = await oneRoom(users, healed);
  await within(unique + OLDER_MS, healed, () => told.every((each) => each()), "both are told");
  await talk.ends();
  tell(what, { "offline after": gone, "names unique again after": unique });
}

export const nodes: readonly Fault[] = [
  {
    ...conditions,
    id: "cluster/node-killed",
    how: "offline, names free",
    stderr: TROUBLE,
    async run(server) {
      const other = server.another();
      const { talk, users } = await Talk.among(server, other);
      const [alice, bob] = users;
      check(await asksFor(bob, "Mei"), "a name is not given");
      const heard = hears(alice);
      const start = performance.now();
      await other.kill();
      const again = talk.joins(other); // it waits until its lease is over
      const gone = await within(GONE_MS, start, () => heard(offline(bob)), "bob is offline");
      const free = await gets(alice, "Mei", start);
      const carol = await again;
      check(!(await asksFor(carol, "mei")), "the name is given twice");
      await oneRoom([alice, carol], performance.now());
      await talk.ends();
      tell("a node killed", { "offline after": gone, "its names free after": free });
    },
  },
  {
    ...conditions,
    id: "cluster/node-frozen",
    how: "offline, and back",
    needs: ["signals"],
    stderr: TROUBLE,
    async run(server) {
      const other = server.another({ stderr: TROUBLE });
      const { talk, users } = await Talk.among(server, other);
      const [alice, bob] = users;
      check(await asksFor(bob, "Mei"), "a name is not given");
      const heard = hears(alice);
      const start = performance.now();
      other.freeze();
      const gone = await within(GONE_MS, start, () => heard(offline(bob)), "bob is offline");
      const free = await gets(alice, "mei", start);
      const told = loses(alice);
      const back = online({ ...bob, name: `${bob.addr}@b` }); // until it is settled who is Mei
      other.wake();
      const woken = performance.now();
      alice.name = alice.addr;
      const unique = await oneRoom(users, woken);
      check(told() && heard(back), "alice does not hear that bob is back, and is Mei");
      await talk.ends();
      tell("a node frozen", {
        ...{ "offline after": gone, "its names free after": free },
        "woken, names unique again after": unique,
      });
    },
  },
  {
    ...conditions,
    id: "cluster/claimed-on-both-sides",
    args: apart,
    how: "the older claim wins",
    stderr: TROUBLE,
    run: (server) => claimedOnBothSides(server, server.another(), "a node cut off"),
  },
  {
    ...conditions,
    id: "cluster/clocks-that-differ",
    args: apart,
    how: "the older claim wins",
    stderr: TROUBLE,
    async run(server) {
      const ahead = server.another({ clock: MINUTE_MS });
      await claimedOnBothSides(server, ahead, "clocks a minute apart, cut off");
    },
  },
  ...(["kept", "lost"] as const).map(
    (store): Fault => ({
      ...conditions,
      id: `cluster/nats-killed-its-store-${store}`,
      how: "alone, then together",
      stderr: TROUBLE,
      run: (server) =>
        natsGoes(
          server,
          `NATS killed, its store ${store}`,
          (nats) => nats.kill(),
          (nats) => nats.back(store),
        ),
    }),
  ),
  {
    ...conditions,
    id: "cluster/nats-frozen",
    how: "alone, then together",
    needs: ["signals"],
    stderr: TROUBLE,
    run: (server) =>
      natsGoes(
        server,
        "NATS frozen",
        (nats) => nats.freeze(),
        (nats) => nats.wake(),
      ),
  },
  {
    ...conditions,
    id: "cluster/one-nats-of-two-killed",
    how: "goes on with the other",
    stderr: TROUBLE,
    run: oneOfTwo,
  },
];

/** With one of two gone there is no majority: JetStream, and so the bucket of the names, waits until it is back. */
async function oneOfTwo(server: Server): Promise<void> {
  const ports = [await freePort(), await freePort()] as const;
  const routes = [await freePort(), await freePort()] as const;
  const started = [0, 1].map((i) => {
    const route = `nats://127.0.0.1:${routes[1 - i]}`;
    const own = `listen: "127.0.0.1:${routes[i]}", routes: ["${route}"]`;
    const more = `server_name: n${i}\ncluster { name: chat, ${own} }`;
    return Nats.start(ports[i] as number, { more });
  });
  const [first, second] = (await Promise.all(started)) as [Nats, Nats];
  try {
    const given = ["--node", NODE, "--nats"];
    const [one, other] = [
      server.another({ args: [...given, `${first.url},${second.url}`] }),
      server.another({ args: [...given, `${second.url},${first.url}`] }),
    ];
    const { talk, users } = await Talk.among(one, other);
    const [alice, bob] = users;
    await gets(bob, "Mei", performance.now());
    const start = performance.now();
    const heard = [hears(alice), hears(bob)];
    await second.kill();
    const on = await talk.goesOn(start);
    check(!(await asksFor(alice, "mei")), "the name is given twice");
    check(!heard.some((line) => line(offline(alice)) || line(offline(bob))), "somebody went");
    const says = (words: RegExp) => () =>
      [one, other].every((node) => words.test(node.output("stderr")));
    await comes(says(/^names are not checked/m), "names are not checked");
    await second.back();
    await comes(says(/NATS is back\n$/), "NATS is back");
    const healed = performance.now();
    const unique = await oneRoom(users, healed);
    await gets(alice, "Bo", healed);
    check(!(await asksFor(bob, "bo")), "the name is given twice");
    await talk.ends();
    tell("one NATS of two killed", { "together again after": on, "one room after": unique });
  } finally {
    await Promise.all([first, second].map((nats) => nats.stop()));
  }
}
