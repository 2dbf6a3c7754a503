/** From v14 on: what is said is kept in a MongoDB, if the server is told its URL. When that is in trouble: v14-away.ts. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { DATABASE } from "../harness/need.ts";
import { comes, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { historyUsage, online, renamed, said, shutdown, told } from "../harness/wire.ts";
import { answer, ask, chat } from "./v13.ts";
import { refuses } from "./v13-file.ts";

/** A document, as the database gives it; what is none of ours may lack something. */
export interface Message {
  readonly _id: unknown;
  readonly room_id: string;
  readonly user_id: string;
  readonly created_at: Date;
  readonly seq: number;
  readonly addr: string;
  readonly text: string;
}

export const mongo = ["--mongo", DATABASE] as const;

/** In the order in which they were kept. */
export async function documents(server: Server): Promise<Message[]> {
  const database = await server.database();
  return database.ask((db) => db.collection<Message>("messages").find().sort({ seq: 1 }).toArray());
}

/** Until so many are in the database. */
export async function stored(server: Server, count: number): Promise<void> {
  const database = await server.database();
  await database.ask((db) =>
    comes(
      async () => (await db.collection("messages").countDocuments()) >= count,
      `${count} documents are in the database`,
    ),
  );
}

/** The same, and the server knows it. */
export async function known(server: Server, count: number): Promise<void> {
  await stored(server, count);
  const database = await server.database();
  await comes(() => database.quiet, "the database has answered");
}

/** Each of the lines is in the database once, in their order, and nothing else; the numbers are 1, 2, 3 …, and the ids go with them. */
export async function keeps(server: Server, lines: readonly string[]): Promise<void> {
  await stored(server, lines.length);
  const all = await documents(server);
  same(
    all.map(({ addr, user_id: name, text }) => said({ addr, name }, text)),
    lines,
    "the database",
  );
  same(
    all.map(({ seq }) => `${seq}`),
    lines.map((_, i) => `${i + 1}`),
    "the numbers",
  );
  const ids = all.map(({ _id }) => `${_id}`);
  same(ids.toSorted(), ids, "the ids, in the order of the lines");
}

/** The document of a line that was said at second `seq` of an hour. */
const documentOf = (seq: number, text: string, name = "ann"): Message => ({
  _id: `${`${seq}`.padStart(12, "0")}-former00`,
  room_id: "lobby",
  user_id: name,
  created_at: new Date(Date.UTC(2026, 0, 2, 3, 0, seq)),
  ...{ seq, addr: "10.0.0.1:5000", text },
});

/** As another program would put them there. */
export async function lay(server: Server, documents: readonly object[]): Promise<void> {
  const database = await server.database();
  await database.ask((db) => db.collection("messages").insertMany([...documents]));
}

/** What others may have put into the collection: none of it is a line. */
function foreign(): object[] {
  const ours = documentOf(2, "foreign");
  const { _id, seq, text, created_at, ...rest } = ours;
  const nobody: object[] = [
    {}, // its _id is made by the driver, and is no text
    { text },
    { _id: "zzz" },
    { _id: "zzz2", seq: 1e300 },
    { _id: "999999999999" },
    { _id: "999999999999-former00", seq: "x" },
    { _id: "999999999998-former00", seq: -1 },
    { _id: 7, seq: 7 },
    rest,
    { ...rest, seq },
    { ...rest, seq, text },
    { ...rest, created_at, text },
  ];
  const wrong: Partial<Record<keyof Message, unknown>>[] = [
    { text: "two\nlines" },
    { text: "\u001b[2J" },
    { text: 7 },
    { text: null },
    { user_id: ["ann"] },
    { addr: {} },
    { created_at: "2026-01-02T03:04:05.678Z" },
    { created_at: null },
    { seq: "2" },
    { room_id: "another", user_id: "bob" },
  ];
  return [...nobody, ...wrong.map((each, i) => ({ ...ours, _id: `x${i}`, ...each }))];
}

/** Started again on the same database; the user is in. */
export async function again(
  server: Server,
  former: Client,
  end: "well" | "killed",
): Promise<Client> {
  if (end === "well") {
    server.signal("SIGTERM");
    former.end();
    check((await server.ended()).code === 0, "the exit code is not 0");
  }
  await server.kill();
  const user = await server.connect();
  await user.expect(online(user));
  return user;
}

const INDEXES = {
  room_created_desc: '{"room_id":1,"created_at":-1,"seq":-1}',
  user_created_desc: '{"user_id":1,"created_at":-1,"seq":-1}',
  created_at_desc: '{"created_at":-1}',
};
const SECRET = "hunter2";
const NO_URLS = [
  ...["", "mongo://127.0.0.1/chat", "http://127.0.0.1/chat", "mongodb://127.0.0.1/chat?what=5"],
  ...[`mongo://al:${SECRET}@127.0.0.1/chat`, `mongodb://al:${SECRET}@`, `mongodb://al:${SECRET}`],
  ...[`mongodb://al:${SECRET}@127.0.0.1:x/chat`, `mongodb://al:${SECRET}/@127.0.0.1/chat`],
];

export const v14: Case[] = [
  {
    id: "v14/kept",
    since: "v14",
    clause:
      "--mongo URL: each line that was said to all is a document in the collection messages; no other line is there",
    args: mongo,
    async run(server) {
      const [alice, bob] = await server.join(2);
      const texts = [
        "hello",
        'a "quote", a \\, $set and a \u2028',
        "你好 👋",
        "{}",
        "x".repeat(4096),
      ];
      const start = Date.now();
      alice.send(`to|${bob.name}|psst\nwho\nhistory|x`);
      await bob.expect(told(alice, "psst"));
      await alice.until(historyUsage);
      await chat(alice, texts);
      const lines = texts.map((text) => said(alice, text));
      await keeps(server, lines);
      bob.heard.splice(0);
      same(await ask(bob, "history|9"), lines, "the history");
      const all = await documents(server);
      for (const { _id, room_id, created_at, ...rest } of all) {
        check(typeof _id === "string", `the _id is ${_id}`);
        check(room_id === "lobby", `the room_id is ${room_id}`);
        const age = created_at.getTime() - start;
        check(Math.abs(age) < 60_000, `created_at is ${created_at}, and it is ${new Date()}`);
        const fields = Object.keys(rest).sort().join(", ");
        check(fields === "addr, seq, text, user_id", `it holds ${fields}`);
      }
    },
  },
  {
    id: "v14/of-a-name",
    since: "v14",
    already: "there it is kept in a file",
    clause: "`history|N|NAME` as before: what was said under that name, as it was spelled then",
    args: mongo,
    async run(server) {
      const [alice, bob] = await server.join(2);
      const odd = "$where{";
      for (const [i, name] of ["Mei", odd].entries()) {
        const user = [alice, bob][i] as Client;
        user.send(`rename|${name}`);
        await user.expect(renamed(name));
        user.name = name;
        await chat(user, [`I am ${name}`, "once more"]);
        for (const each of [alice, bob])
          if (each !== user) await each.expect(said(user, `I am ${name}`), said(user, "once more"));
      }
      const lines = (user: Client) => [said(user, `I am ${user.name}`), said(user, "once more")];
      same(await ask(bob, "history|9|Mei"), lines(alice), "of Mei");
      same(await ask(bob, "history|1|Mei"), lines(alice).slice(1), "the last one");
      same(await ask(bob, `history|9|${odd}`), lines(bob), `of ${odd}`);
      for (const none of ["mei", "Me", "nobody", "$ne", "/./"])
        same(await ask(bob, `history|9|${none}`), [], `of ${none}`);
    },
  },
  {
    id: "v14/goes-on",
    since: "v14",
    clause:
      "the next server on the same database goes on from there, however the last one ended; with --replay, a newcomer hears what was said before",
    args: [...mongo, "--replay", "2"],
    needs: ["signals"],
    async run(server) {
      const lines: string[] = [];
      let user = await server.connect();
      await user.expect(online(user));
      for (const end of ["well", "killed", "well"] as const) {
        same(await answer(user), lines.slice(-2), "what is told again");
        const text = server.fresh(`${end} `);
        await chat(user, [text, "once more"]);
        lines.push(said(user, text), said(user, "once more"));
        if (end === "killed") await stored(server, lines.length);
        user = await again(server, user, end);
      }
      same(await answer(user), lines.slice(-2), "what is told again");
      same(await ask(user, "history|9"), lines, "the history");
      await keeps(server, lines);
    },
  },
  {
    id: "v14/indexes",
    since: "v14",
    clause:
      "the server makes three indexes with these names: room_created_desc, user_created_desc, created_at_desc",
    args: mongo,
    async run(server) {
      for (let i = 0; i < 2; i++) {
        const [alice] = await server.join();
        await chat(alice, ["hello"]);
        await stored(server, i + 1);
        const database = await server.database();
        const all = await database.ask((db) => db.collection("messages").indexes());
        const found = all.flatMap(({ name = "", key, expireAfterSeconds = "never" }) =>
          name in INDEXES ? [`${name} ${JSON.stringify(key)} expires ${expireAfterSeconds}`] : [],
        );
        const wanted = Object.entries(INDEXES).map(([name, key]) => `${name} ${key} expires never`);
        same(found.sort(), wanted.sort(), "the indexes");
        await server.kill(); // and the next one finds them
      }
    },
  },
  {
    id: "v14/keep-days",
    since: "v14",
    clause:
      "--keep-days N: by the index created_at_desc, the database deletes lines that are older; if it cannot do that, one line says so, and the chat goes on",
    args: [...mongo, "--keep-days", "7"],
    stderr: /^cannot keep the history: .*expireAfterSeconds/, // FerretDB's answer
    async run(server) {
      const database = await server.database();
      const [alice] = await server.join();
      await chat(alice, ["hello"]);
      if (await database.isFerret()) {
        const complains = () => server.printed("stderr").length > 0;
        await comes(complains, "it says that it cannot keep the history");
        alice.send("history|5");
        await alice.expect("the history cannot be read now");
        await chat(alice, ["still here"]);
        return;
      }
      await stored(server, 1);
      const expiry = () =>
        database.ask(async (db) => {
          const all = await db.collection("messages").indexes();
          return all.find(({ name }) => name === "created_at_desc")?.expireAfterSeconds;
        });
      check((await expiry()) === 7 * 86_400, `it expires after ${await expiry()} s`);
    },
  },
  {
    id: "v14/other-documents",
    since: "v14",
    clause:
      "documents that are not ours do not disturb the start, and no user hears them; the numbers go on after our own last one",
    args: [...mongo, "--replay", "99"],
    async run(server) {
      await lay(server, [documentOf(1, "one"), ...foreign(), documentOf(3, "three", "bea")]);
      const count = foreign().length + 2;
      const alice = await server.connect();
      await alice.expect(online(alice));
      const tell = (text: string, name: string) => said({ addr: "10.0.0.1:5000", name }, text);
      const all = [tell("one", "ann"), tell("three", "bea"), said(alice, "hello")];
      same(await answer(alice), all.slice(0, 2), "what is told again");
      await chat(alice, ["hello"]);
      await stored(server, count + 1);
      same(await ask(alice, "history|1000"), all, "all there is");
      same(await ask(alice, "history|1000|ann"), all.slice(0, 1), "and of one user");
      const own = (await documents(server)).filter(({ text }) => text === "hello");
      same(
        own.map(({ seq }) => `${seq}`),
        ["4"],
        "the number of the next line",
      );
    },
  },
  {
    id: "v14/shutdown-keeps-what-was-said",
    since: "v14",
    alone: true,
    clause: "after the shutdown, all that was heard is in the database: each line once, in order",
    needs: ["signals"],
    args: [...mongo, "--grace", "60"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (let i = 0; i < 500; i++) alice.send(`${i} ${"x".repeat(500)}`);
      const first = await bob.next();
      server.signal("SIGTERM");
      const heard = [first, ...(await bob.until(shutdown))];
      for (const each of [alice, bob]) each.end();
      const { code, last } = await server.ended();
      same([`${code}, ${last}`], ["0, closed: 2 users, 0 cut off, 0 tasks left"], "the end");
      await keeps(server, heard);
    },
  },
  ...["-1", "24856", "x"].map(
    (days): Case => ({
      id: `v14/bad-keep-days "${days}"`,
      since: "v14",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        await refuses(server, [`--keep-days=${days}`], /^--keep-days must be .*0.*24855/);
      },
    }),
  ),
  {
    id: "v14/bad-url",
    since: "v14",
    clause:
      "--mongo with something that is not a MongoDB URL: one line on stderr, without the password, and the exit code is not 0",
    needs: ["cli"],
    async run(server) {
      for (const url of NO_URLS) {
        const line = await refuses(server, [`--mongo=${url}`], /^--mongo must be such as mongodb:/);
        check(!line.includes(SECRET), `it prints the password: ${line}`);
      }
    },
  },
];
