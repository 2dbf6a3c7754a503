/** From v16 on: whoever reaches the NATS may publish whatever it likes there. A node looks at it as if a client had sent it. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { SECRET } from "../harness/need.ts";
import { comes, type Server } from "../harness/server.ts";
import { secret, token } from "../harness/token.ts";
import { check, same } from "../harness/transcript.ts";
import { listed, offline, online, renamed, said } from "../harness/wire.ts";
import { rename } from "./v05.ts";
import { come, figures } from "./v10.ts";
import { complaints, says } from "./v13.ts";
import { allHear, cluster, device, know, meet } from "./v16.ts";

const locked = [...cluster, "--secret", SECRET] as const;
const NOT_OURS = /^the bus carries what is not ours: \P{Cc}+$/u;
/** More users than a node takes from all the others; so many in a piece, for it has a longest length. */
const [CROWD, AT_ONCE] = [220_000, 1000];
const MOST_MEMORY = 400; // MiB; 180 were seen
const MOST_PAYLOAD = 1024 * 1024; // of NATS, if nobody has changed that

/** Where a node says what happens on it. */
const subjectOf = (node: string) => `chat.${Buffer.from(node).toString("base64url")}`;

/** What anybody might publish; none of it is a piece. */
const RUBBISH: readonly Buffer[] = [
  ...[
    "",
    "\n",
    "\0",
    "{}",
    "null",
    "[]",
    "7",
    '"x"',
    "{",
    "x\n{}",
    "\u001b[2J\u0007",
    "[".repeat(50_000),
  ],
  ...['{"node":"b","run":null}', `{"__proto__":{"node":"b"}}`, "9".repeat(1000)],
].map((text) => Buffer.from(text));

function rubbish(): Buffer[] {
  const random = [1, 10, 1000, 100_000].map((bytes) => randomBytes(bytes));
  return [...RUBBISH, ...random, Buffer.alloc(MOST_PAYLOAD, "x"), Buffer.alloc(MOST_PAYLOAD)];
}

interface Piece {
  readonly subject: string;
  readonly data: Buffer;
}

/** Hears all that the nodes say to each other, and says it again, as it was or altered. */
async function eavesdropper(server: Server) {
  const connection = await (await server.nats()).connection();
  const heard: Piece[] = [];
  connection.subscribe("chat.>", {
    callback: (_, { subject, data }) => void heard.push({ subject, data: Buffer.from(data) }),
  });
  await connection.flush();
  return {
    heard,
    async say(...pieces: readonly Piece[]): Promise<void> {
      for (const { subject, data } of pieces) connection.publish(subject, data);
      await connection.flush();
    },
  };
}

type Eavesdropper = Awaited<ReturnType<typeof eavesdropper>>;

/** Lines that were on their way are behind it: each has heard what the other one has said now. */
async function nothingHeard(users: readonly Client[]): Promise<void> {
  for (const user of users) await allHear(user, "undisturbed", users);
}

/** A piece's own JSON, behind a signature or without one. */
const bodyOf = ({ data }: Piece) => JSON.parse(data.toString().split("\n").at(-1) as string);

/** As a node of that name would publish it. */
function pieceOf(node: string, body: object): Piece {
  return { subject: subjectOf(node), data: Buffer.from(JSON.stringify({ ...body, node })) };
}

/** What no node of ours would say: one field of each is wrong. */
function wrongPieces(right: object, said: object): Piece[] {
  const fields: Record<string, readonly unknown[]> = {
    run: ["", "x", 7, null, "x".repeat(1000), "\n".repeat(16)],
    seq: [0, -1, 1.5, "1", 2 ** 60, null],
    asks: [null, "x", [null], { b: 7 }],
    events: [null, {}, "x", [null], [7], [[]]],
  };
  const events: Record<string, readonly unknown[]> = {
    kind: ["", "nothing", 7, null, "toString"],
    id: [-0.5, "1", null, 2 ** 60, {}],
    text: ["two\nlines", "\u001b[2J", "x".repeat(12_289), "你".repeat(4097), "", 7, null],
  };
  const on = { kind: "on", id: 1, addr: "1.2.3.4:5", name: "Eve", isProved: false };
  const ons: Record<string, readonly unknown[]> = {
    addr: ["", "a b", "1.2.3.4:5]x:hello", "\u0007", "x".repeat(1000), 7],
    name: ["a b", "x".repeat(33), "a]:b", "\u001b[2J", "two\nlines", 7, null],
  };
  const each = (of: object, wrong: Record<string, readonly unknown[]>) =>
    Object.entries(wrong).flatMap(([key, values]) =>
      values.map((value) => ({ ...of, [key]: value })),
    );
  const inside = [...each(said, events), ...each(on, ons)].map((event) => ({
    ...right,
    events: [event],
  }));
  const pieces = [...each(right, fields), ...inside].map((body) => pieceOf("evil", body));
  const nameless = ["a b", "\n", "x".repeat(65)].map((node) => pieceOf(node, right));
  return [...pieces, ...nameless, { ...pieceOf("evil", right), subject: subjectOf("b") }];
}

/** What the node has drawn for another one, which must repeat it to be believed. */
function asked(eve: Eavesdropper, by: string, of: string): string[] {
  const pieces = eve.heard.filter(({ subject }) => subject === subjectOf(by));
  const asks: { node: string; random: string }[] = pieces.flatMap((each) => bodyOf(each).asks);
  return asks.filter(({ node }) => node === of).map(({ random }) => random);
}

const EVIL = "a-run-of-evil";

/** A node called evil, which says what the others need to know before they believe it. */
async function stranger(
  eve: Eavesdropper,
  events: readonly object[],
  nodes: readonly string[] = ["a", "b"],
): Promise<void> {
  const piece = { run: EVIL, asks: [] };
  await eve.say(pieceOf("evil", { ...piece, seq: 1, events: [] }));
  const answers = () => nodes.map((node) => asked(eve, node, "evil").at(-1));
  await comes(() => !answers().includes(undefined), "the nodes ask who is there");
  const state = { kind: "state", answers: answers() };
  await eve.say(pieceOf("evil", { ...piece, seq: 2, events: [state, ...events] }));
}

export const v16Bus: Case[] = [
  {
    id: "v16/rubbish-on-the-bus",
    since: "v16",
    clause:
      "if somebody publishes something that is not a node's piece, it is dropped and counted; one line on stderr says so, once; nobody in the room hears of it",
    args: cluster,
    needs: ["web"],
    stderr: NOT_OURS,
    async run(server) {
      const other = server.another();
      const users = await meet(server, other);
      const eve = await eavesdropper(server);
      const subjects = [subjectOf("a"), subjectOf("b"), subjectOf("evil"), "chat.x", "chat.%"];
      const all = subjects.flatMap((subject) => rubbish().map((data) => ({ subject, data })));
      await eve.say(...all);
      await nothingHeard(users);
      await come(server, { chat_bus_refused_total: all.length, chat_nodes: 2 });
      for (const node of [server, other]) await says(node, NOT_OURS);
    },
  },
  {
    id: "v16/wrong-pieces",
    since: "v16",
    clause:
      "a piece with one wrong field is dropped: control characters, a line that is too long, a name that is not valid, another node's subject",
    args: cluster,
    needs: ["web", "cli"], // a server of one's own may have other pieces
    stderr: NOT_OURS,
    async run(server) {
      const users = await meet(server, server.another());
      const eve = await eavesdropper(server);
      await nothingHeard(users);
      const right = eve.heard.map(bodyOf).find(({ events }) => events[0]?.kind === "say");
      const all = wrongPieces({ ...right, seq: 1 }, right.events[0]);
      await eve.say(...all);
      await nothingHeard(users);
      await come(server, { chat_bus_refused_total: all.length });
    },
  },
  {
    id: "v16/forged-by-another-node",
    since: "v16",
    clause:
      "a node does not believe what somebody else publishes in its name; nor can a stranger's piece speak as one of the node's users",
    args: cluster,
    needs: ["cli"],
    async run(server) {
      const users = await meet(server, server.another());
      const [alice] = users;
      await rename(alice, "Mei");
      const eve = await eavesdropper(server);
      await nothingHeard(users);
      const own = bodyOf(eve.heard.find(({ subject }) => subject === subjectOf("a")) as Piece);
      const forged = { ...own.events[0], kind: "say", text: "forged" };
      for (const wrong of [{ seq: own.seq + 1000 }, { run: "another-run" }])
        await eve.say(pieceOf("a", { ...own, ...wrong, events: [forged] }));
      for (let i = 0; i < 2; i++) await nothingHeard(users);
      check(asked(eve, "a", "a").length === 0, "it asks who is on the node that it is itself");
      const on = { kind: "on", id: 1, addr: alice.addr, name: "Mei", isProved: true };
      await stranger(eve, [on, { kind: "whole" }, { kind: "say", id: 1, text: "forged" }]);
      await comes(() => alice.heard.some((line) => line.endsWith(":forged")), "evil is heard");
      const heard = await alice.sync();
      check(!heard.includes(said(alice, "forged")), `alice hears: ${heard.join("; ")}`);
      alice.send("who");
      const list = await alice.sync();
      check(
        list.filter((line) => line === listed(alice)).length === 1,
        `who lists ${list.join("; ")}`,
      );
    },
  },
  {
    id: "v16/more-users-than-fit",
    since: "v16",
    alone: true,
    clause:
      "a stranger that announces more and more users does not fill a node's memory: above a bound, the node does not take them",
    args: cluster,
    needs: ["cli", "memory"],
    async run(server) {
      const [alice] = await meet(server);
      const eve = await eavesdropper(server);
      await stranger(eve, [{ kind: "whole" }], ["a"]);
      const addr = (id: number) => `10.0.0.1:${id}`;
      let seq = 2;
      let heard = 0;
      for (let id = 0; id < CROWD; ) {
        const events: object[] = [];
        while (events.length < AT_ONCE)
          events.push({ kind: "on", id: ++id, addr: addr(id), name: "", isProved: false });
        events.push({ kind: "say", id: 1, text: `${id} are here` });
        await eve.say(pieceOf("evil", { run: EVIL, asks: [], seq: ++seq, events }));
        const first = { addr: addr(1), name: addr(1) };
        heard += (await alice.until(said(first, `${id} are here`))).length;
      }
      check(heard < CROWD, `all ${heard} of them are there`);
      await allHear(alice, "undisturbed", [alice]);
      const memory = server.memory();
      check(memory < MOST_MEMORY, `its memory has grown to ${memory.toFixed()} MiB`);
    },
  },
  {
    id: "v16/said-again",
    since: "v16",
    clause:
      "with --secret, a node does not believe a piece a second time: not while the piece's sender is there, and not when it has gone",
    args: locked,
    async run(server) {
      const other = server.another();
      const eve = await eavesdropper(server);
      await Promise.all([server.start(), other.start()]);
      const alice = await device(server, "alice");
      const bob = await device(other, "bob");
      await know([alice, bob]);
      await nothingHeard([alice, bob]);
      await eve.say(...eve.heard);
      await nothingHeard([alice, bob]);
      for (const each of [alice, bob]) await each.hears();
      await other.kill();
      await alice.expect(offline(bob));
      const all = [...eve.heard];
      await eve.say(...all, ...all);
      await allHear(alice, "undisturbed", [alice]);
      alice.send("who");
      await alice.hears(listed(alice));
    },
  },
  {
    id: "v16/another-secret",
    since: "v16",
    clause:
      "with --secret, pieces are signed: a piece from a node with another secret, or one that was changed, is dropped and counted; one line says so, once",
    args: locked,
    needs: ["web"],
    stderr: NOT_OURS,
    async run(server) {
      const file = server.file("another-secret");
      writeFileSync(file, `${secret}!\n`, { mode: 0o600 });
      const [other, stranger] = [
        server.another(),
        server.another({ args: [...cluster, "--secret", file] }),
      ];
      const eve = await eavesdropper(server);
      await Promise.all([server.start(), other.start()]);
      const [alice, bob] = [await device(server, "alice"), await device(other, "bob")];
      await know([alice, bob]);
      const mallory = await stranger.connect();
      mallory.send(`login|mallory|${token("mallory", undefined, `${secret}!`)}`);
      await mallory.expect(renamed("mallory"));
      mallory.name = "mallory";
      await mallory.expect(online(mallory));
      await nothingHeard([alice, bob]);
      await mallory.hears();
      const altered = eve.heard.map(({ subject, data }) => ({
        subject,
        data: Buffer.from(data.toString().replaceAll("undisturbed", "DISTURBING!")),
      }));
      await eve.say(...altered);
      await nothingHeard([alice, bob]);
      await come(server, { chat_nodes: 2 });
      await comes(
        async () => ((await figures(server)).get("chat_bus_refused_total") ?? 0) > 0,
        "what was refused is counted",
      );
      same(
        complaints(server).map((line) => `${NOT_OURS.test(line)}`),
        ["true"],
        "on stderr",
      );
    },
  },
];
