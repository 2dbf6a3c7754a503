/** What the nodes tell each other, when it is very much, when it is rubbish, and when it was said before. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { figures } from "../cases/v10.ts";
import { flood } from "../cases/v13.ts";
import { allHear, cluster, device, know } from "../cases/v16.ts";
import type { Client } from "../harness/client.ts";
import { Nats } from "../harness/nats.ts";
import { NODE, SECRET } from "../harness/need.ts";
import { comes, eventually, type Server } from "../harness/server.ts";
import { freePort } from "../harness/target.ts";
import { check, same } from "../harness/transcript.ts";
import { said } from "../harness/wire.ts";
import { conditions, TROUBLE } from "./cluster.ts";
import type { Fault } from "./fault.ts";
import { asksFor, gets, hears, oneRoom, Talk, tell } from "./voices.ts";

/** A crowd on each of three nodes. */
const EACH = 500;
const MiB = 1024 * 1024;
const RUBBISH = 32;
const STRANGERS = 3000;
/** The longest envelope; what is less, NATS would refuse some day. */
const LEAST_PAYLOAD = 128 * 1024;
const LONGEST = 4096;

const NOT_OURS = /^(the bus carries what is not ours|NATS is|names are)/; // whoever reads too slowly, NATS lets go

const subjectOf = (node: string) => `chat.${Buffer.from(node).toString("base64url")}`;

/** A user of whom only the answers are looked at: fifteen hundred hear of each other. */
class Light {
  readonly #socket: Socket;
  #rest = "";
  #answered = (_isOurs: boolean) => {};

  /** Those of one node come from one address of their own: else two of them may have one, on two nodes. */
  constructor(port: number, localAddress: string) {
    this.#socket = connect({ port, host: "127.0.0.1", localAddress, noDelay: true });
    this.#socket.setEncoding("latin1").on("data", (text: string) => this.#hear(text));
    this.#socket.on("error", () => {}); // the room says who is not there
  }

  /** Whether it gets the name. */
  rename(name: string): Promise<boolean> {
    this.#socket.write(`rename|${name}\n`);
    return new Promise((resolve) => {
      this.#answered = resolve;
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(text: string): void {
    const all = this.#rest + text;
    const answer = /^(you are now|name \S+ is taken)/m.exec(all);
    if (answer) this.#answered(answer[1] === "you are now");
    this.#rest = answer ? "" : all.slice(all.lastIndexOf("\n") + 1);
  }
}

/** The numbers of the flood that the one has heard of the other. */
function numbersOf({ all = [] }: Client, { addr }: Client): number[] {
  return all.flatMap((line) => {
    const number = line.startsWith(`[${addr}]`) && /:flood (\d+)$/.exec(line)?.[1];
    return number ? [Number(number)] : [];
  });
}

/** Nothing is missing between the first and the last. */
function proveWhole(listener: Client, speaker: Client): void {
  const numbers = numbersOf(listener, speaker);
  const at = numbers.findIndex((number, i) => i > 0 && number !== (numbers[i - 1] as number) + 1);
  const [before, then] = [numbers[at - 1], numbers[at]];
  const [who, whom] = [listener, speaker].map(({ transcript }) => transcript.who);
  check(at === -1, `${who} hears of ${whom} ${then} behind ${before}`);
  check(numbers.length > 0, `${who} hears nothing of ${whom}`);
}

async function joinsInAFlood(server: Server): Promise<void> {
  const [other, third] = [server.another(), server.another()];
  await Promise.all([server.start(), other.start()]);
  const [alice, bob] = [
    await server.connect({ all: true }),
    await other.connect({ all: true }),
  ] as const;
  await know([alice, bob]);
  let isOver = false;
  const floods = [alice, bob].map((user) => flood(user, () => isOver));
  const carol = await third.connect({ all: true });
  await comes(async () => {
    carol.send("who");
    const room = (await carol.sync()).filter((line) => line.endsWith(":online..."));
    return room.length === 3;
  }, "the newcomer knows the others");
  const heard = [alice, bob].map(hears);
  await carol.write("here I am\n");
  for (const each of heard) await comes(() => each(said(carol, "here I am")), "it is heard");
  isOver = true;
  const lines = (await Promise.all(floods)).map((all) => all.at(-1) as string);
  for (const user of [alice, bob, carol])
    for (const line of lines) await comes(() => user.all?.includes(line) ?? false, line);
  for (const listener of [alice, bob, carol])
    for (const speaker of [alice, bob]) proveWhole(listener, speaker);
  same([`${numbersOf(alice, bob)[0]}, ${numbersOf(bob, alice)[0]}`], ["0, 0"], "the first ones");
}

async function everybodyRenames(server: Server): Promise<void> {
  const nodes = [server, server.another(), server.another()];
  const users: Client[] = [];
  await Promise.all(nodes.map((node) => node.start()));
  for (const node of nodes) users.push(await node.connect());
  await know(users);
  const crowds = await Promise.all(
    nodes.map(async (node, i) => {
      const port = await node.start();
      return Array.from({ length: EACH }, () => new Light(port, `127.1.1.${i + 1}`));
    }),
  );
  const all = nodes.length * (EACH + 1);
  await oneRoom(users, performance.now(), all);
  const start = performance.now();
  const answers = crowds.map((crowd) => crowd.map((each, i) => each.rename(`name${i}`)));
  const given = await Promise.all(answers.map((each) => Promise.all(each)));
  const answered = performance.now() - start;
  for (let i = 0; i < EACH; i++) {
    const times = given.filter((each) => each[i]).length;
    check(times === 1, `name${i} is given ${times} times`);
  }
  const unique = await oneRoom(users, start, all);
  for (const crowd of crowds) for (const each of crowd) each.close();
  tell("3 × 500 users rename", { "answered after": answered, "one room after": unique });
}

/** Well-formed, and of nobody. */
function strangers(): { subject: string; data: string }[] {
  return Array.from({ length: STRANGERS }, (_, i) => {
    const [node, random] = [`stranger${i}`, `random-text-${i}`];
    const asks = ["a", "b"].map((node) => ({ node, random }));
    const events = [{ kind: "say", id: 1, text: "forged" }];
    const data = JSON.stringify({ node, run: random, seq: 1, asks, events });
    return { subject: subjectOf(node), data };
  });
}

async function rubbish(server: Server): Promise<void> {
  const { talk, users } = await Talk.among(server, server.another());
  const eve = await (await server.nats()).connection();
  const start = performance.now();
  for (let i = 0; i < RUBBISH; i++) {
    eve.publish(subjectOf("b"), randomBytes(MiB - 1024));
    for (let j = 0; j < STRANGERS / 10; j++) eve.publish(`chat.${j}`, "[".repeat(i * j));
    if (i % 8 === 0) for (const { subject, data } of strangers()) eve.publish(subject, data);
    await eve.flush();
  }
  const last = performance.now();
  const on = await talk.goesOn(last);
  const unique = await oneRoom(users, last);
  const refused = (await figures(server)).get("chat_bus_refused_total") ?? 0;
  check(refused > 0, "nothing was refused");
  for (const { all = [] } of users)
    check(!all.some((line) => line.endsWith(":forged")), "what was forged is heard");
  await talk.ends();
  tell("rubbish", { "it takes": last - start, "each hears each again after": on + unique });
}

async function oldRun(server: Server): Promise<void> {
  const other = server.another();
  const eve = await (await server.nats()).connection();
  const heard: { subject: string; data: Uint8Array }[] = [];
  eve.subscribe("chat.>", {
    callback: (_, { subject, data }) => void heard.push({ subject, data }),
  });
  await eve.flush();
  const again = async () => {
    for (const { subject, data } of [...heard]) eve.publish(subject, data);
    await eve.flush();
  };
  await Promise.all([server.start(), other.start()]);
  const [alice, bob] = [await device(server, "alice"), await device(other, "bob")];
  await know([alice, bob]);
  await allHear(bob, "once", [alice, bob]);
  await other.kill();
  const carol = await device(other, "carol");
  await know([alice, carol]);
  for (let i = 0; i < 3; i++) {
    await again();
    await allHear(carol, `undisturbed ${i}`, [alice, carol]);
    await allHear(alice, `nor am I ${i}`, [alice, carol]);
  }
  for (const user of [alice, carol]) {
    user.send("who");
    const room = (await user.sync()).filter((line) => line.endsWith(":online..."));
    check(room.length === 2, `after all that, who says: ${room.join("; ")}`);
  }
}

/** What takes most bytes on the bus for each that was said. */
const WORST = ['"', "\\", "你", "👋", "\u2028"].map((each) =>
  each.repeat(Math.floor((LONGEST - 8) / Buffer.byteLength(each))),
);

async function smallPayload(server: Server): Promise<void> {
  const port = await freePort();
  const nats = [await Nats.start(port, { more: `max_payload: ${LEAST_PAYLOAD}` })];
  try {
    const args = ["--nats", nats[0]?.url ?? "", "--node", NODE];
    const [one, other] = [server.another({ args }), server.another({ args })];
    await Promise.all([one.start(), other.start()]);
    const users = [await one.connect({ all: true }), await other.connect({ all: true })] as const;
    await know(users);
    const [alice, bob] = users;
    const texts = Array.from({ length: 400 }, (_, i) => `${i} ${WORST[i % WORST.length]}`);
    alice.send(texts.join("\n"));
    for (const text of texts) await bob.expect(said(alice, text));
    await nats[0]?.stop();
    nats.push(await Nats.start(port, { more: "max_payload: 4096" }));
    const says = () => /^names are not checked: .*max_payload/m.test(one.output("stderr"));
    await eventually(says, "it says that max_payload is too small");
    await allHear(alice, "still here", [alice]).catch(() => alice.until(said(alice, "still here")));
    await nats[1]?.stop();
    nats.push(await Nats.start(port));
    const isBack = (node: Server) => /NATS is back\n$/.test(node.output("stderr"));
    await comes(() => isBack(one) && isBack(other), "NATS is back");
    const unique = await oneRoom(users, performance.now());
    await gets(alice, "Mei", performance.now());
    check(!(await asksFor(bob, "mei")), "the name is given twice");
    tell("a small max_payload", { "mended, one room after": unique });
  } finally {
    for (const each of nats) await each.stop();
  }
}

export const bus: readonly Fault[] = [
  {
    ...conditions,
    id: "cluster/joins-in-a-flood",
    how: "hears all lines from one on",
    alone: true,
    memory: 150,
    run: joinsInAFlood,
  },
  {
    ...conditions,
    id: "cluster/everybody-renames",
    needs: ["addresses"],
    how: "each name once",
    alone: true,
    memory: 250,
    run: everybodyRenames,
  },
  {
    ...conditions,
    id: "cluster/rubbish",
    how: "dropped and counted",
    alone: true,
    needs: ["web"],
    memory: 150,
    stderr: NOT_OURS,
    run: rubbish,
  },
  {
    ...conditions,
    id: "cluster/an-old-run-again",
    how: "not believed",
    args: [...cluster, "--secret", SECRET],
    stderr: TROUBLE,
    run: oldRun,
  },
  {
    ...conditions,
    id: "cluster/small-max-payload",
    how: "smaller pieces, or alone",
    stderr: TROUBLE,
    run: smallPayload,
  },
];
