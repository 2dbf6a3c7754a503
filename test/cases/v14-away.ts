/** From v14 on: the database is somebody else's, and may be away, slow or silent. The chat goes on. */
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { online, said, shutdown } from "../harness/wire.ts";
import { figures } from "./v10.ts";
import { answer, ask, atOnce, chat, complaints, flood, says } from "./v13.ts";
import { again, keeps, known, mongo, stored } from "./v14.ts";

export const CANNOT = /^cannot keep the history: \S/;
export const AGAIN = /^the history is kept again: 0 lines are missing so far$/;
export const UNREADABLE = "the history cannot be read now";

/** Two seconds and what a start takes on a busy machine; the driver itself would wait for ten. */
const BEGINS_MS = 8000;
const SECRET = "hunter2";
const SEVERAL_SECONDS = 6; // three heartbeats of the driver's

/** It ends well within its grace, and says last on stderr how many lines are missing. */
export async function endsWithout(server: Server, user: Client, lines: number): Promise<void> {
  const start = performance.now();
  server.signal("SIGTERM");
  await user.until(shutdown);
  user.end();
  const { code, last } = await server.ended();
  const seconds = (performance.now() - start) / 1000;
  check(code === 0, `the exit code is ${code}: it must be 0`);
  check(/^closed: .*, 0 cut off, 0 tasks left$/.test(last), `its last line is "${last}"`);
  check(seconds < GRACE + 1, `the end took ${seconds.toFixed(1)} s`);
  const words = `${lines} lines are missing from the history`;
  same(complaints(server).slice(-1), [words], "the last line on stderr");
}

const GRACE = 4;
const shortly = ["--grace", `${GRACE}`] as const;

export const v14Away: Case[] = [
  {
    id: "v14/away-before-the-start",
    since: "v14",
    clause:
      "the database is away at the start: after two seconds the chat begins without it, and one line on stderr says so; when the database comes, one line says so, and what was said meanwhile is kept; later, both lines come even while nobody speaks",
    args: [...mongo, "--replay", "5"],
    stderr: /history/,
    async run(server) {
      const database = await server.database();
      database.away();
      const start = performance.now();
      const [alice] = await server.join();
      const ms = performance.now() - start;
      check(ms < BEGINS_MS, `the chat began after ${ms.toFixed()} ms`);
      same(await answer(alice), [], "what is told again");
      const lines = await atOnce(alice, "meanwhile", 3);
      await says(server, CANNOT);
      const bob = await server.connect();
      await bob.expect(online(bob));
      same(await answer(bob), lines, "what is told again of what is not kept yet");
      bob.send("history|9"); // it is still away
      await database.back();
      same(await answer(bob), lines, "the answer to a question that had to wait");
      await says(server, CANNOT, AGAIN);
      lines.push(...(await atOnce(alice, "behind", 3)));
      await keeps(server, lines);
      bob.heard.splice(0);
      same(await ask(bob, "history|9"), lines, "the history");
      database.away();
      await says(server, CANNOT, AGAIN, CANNOT);
      await database.back();
      await says(server, CANNOT, AGAIN, CANNOT, AGAIN);
    },
  },
  {
    id: "v14/begins-anew",
    since: "v14",
    clause:
      "the database is there, but the server cannot prepare it: the server tries again until it can, and then no line is missing",
    args: mongo,
    stderr: /history/,
    async run(server) {
      const database = await server.database();
      const name = "room_created_desc"; // another's, of this name
      await database.ask((db) => db.createIndex("messages", { text: 1 }, { name }));
      const [alice] = await server.join();
      const lines = await atOnce(alice, "meanwhile", 3);
      alice.send("history|9");
      await alice.expect(UNREADABLE);
      await says(server, CANNOT);
      await database.ask((db) => db.collection("messages").dropIndex(name));
      await says(server, CANNOT, AGAIN);
      await keeps(server, lines);
      same(await ask(alice, "history|9"), lines, "the history");
    },
  },
  {
    id: "v14/killed-in-a-flood",
    since: "v14",
    alone: true,
    clause:
      "the database is killed in a flood, and comes back: no line is missing, none is there twice, and all are in the order in which they were heard",
    args: mongo,
    stderr: /history/,
    async run(server) {
      const database = await server.database();
      const [alice] = await server.join();
      const lines: string[] = [];
      const during = async (words: string, happens: Promise<unknown>) => {
        let over = false;
        const flooding = flood(alice, () => over, words);
        await Promise.all([happens.finally(() => (over = true)), flooding]);
        lines.push(...(await flooding));
      };
      await during("before", stored(server, 100));
      await during("killed", database.kill());
      await during("away", says(server, CANNOT));
      await during("back", database.back());
      await during("again", says(server, CANNOT, AGAIN));
      await keeps(server, lines);
      same(await ask(alice, "history|1000"), lines.slice(-1000), "the history");
    },
  },
  {
    id: "v14/given-again",
    since: "v14",
    clause:
      "the database has stored a batch, but the server got no answer: the server sends the batch again, and each line is there once",
    args: mongo,
    stderr: /history/,
    async run(server) {
      const database = await server.database();
      const [alice] = await server.join();
      const lines = await atOnce(alice, "before", 3);
      await known(server, 3);
      for (const [i, text] of ["one", "two", "three"].entries()) {
        database.mute();
        await chat(alice, [text]);
        lines.push(said(alice, text));
        await stored(server, 4 + i); // and the server does not know
        database.away();
        await database.back();
        await says(server, ...Array.from({ length: i + 1 }, () => [CANNOT, AGAIN]).flat());
        await keeps(server, lines);
      }
      same(await ask(alice, "history|9"), lines, "the history");
    },
  },
  {
    id: "v14/frozen",
    since: "v14",
    clause:
      "the database is frozen: the chat does not wait for it, and what was said is kept when the database answers again",
    args: mongo,
    async run(server) {
      const database = await server.database();
      const [alice, bob] = await server.join(2);
      const lines = await atOnce(alice, "before", 3);
      await known(server, 3);
      database.freeze();
      lines.push(...(await atOnce(alice, "frozen")));
      for (const line of lines) await bob.expect(line);
      bob.send("history|50");
      await atOnce(alice, "asked", 3).then((more) => lines.push(...more));
      for (const line of lines.slice(-3)) await bob.expect(line);
      database.thaw();
      same(await answer(bob), lines.slice(0, -3), "the answer to a question that had to wait");
      await keeps(server, lines);
    },
  },
  {
    id: "v14/slow",
    since: "v14",
    clause:
      "each answer of the database is slow: the chat does not wait for it, and the server sends all that was said meanwhile in one batch",
    args: mongo,
    async run(server) {
      const database = await server.database();
      const [alice] = await server.join();
      const lines = await atOnce(alice, "before", 3);
      await known(server, 3);
      database.slow(400); // 0.2 s on an average, and again for the answer
      lines.push(...(await atOnce(alice, "slow", 100))); // one by one, these would take 40 s
      await keeps(server, lines);
      same(await ask(alice, "history|3"), lines.slice(-3), "the history");
    },
  },
  {
    id: "v14/wrong-password",
    since: "v14",
    clause:
      "a wrong password: the chat goes on, one line on stderr says so, and the password is shown nowhere",
    args: mongo,
    stderr: CANNOT,
    needs: ["web"],
    async run(server) {
      const database = await server.database();
      database.login("al", SECRET);
      const [alice] = await server.join();
      await atOnce(alice, "hello", 3);
      await says(server, /^cannot keep the history: .*authenticat/i);
      for (const end = Date.now() + SEVERAL_SECONDS * 1000; Date.now() < end; ) {
        alice.send("history|5");
        await alice.expect(UNREADABLE);
      }
      await says(server, CANNOT); // once, however often it was tried
      const pages = await Promise.all(
        ["/metrics", "/tasks?names"].map(async (path) => (await server.get(path)).text),
      );
      const printed = [server.output("stdout"), server.output("stderr"), ...pages].join();
      check(!printed.includes(SECRET), "the password is shown");
      same([`${(await figures(server)).get("chat_history_dropped_total")}`], ["0"], "dropped");
    },
  },
  {
    id: "v14/shutdown-while-it-is-frozen",
    since: "v14",
    clause:
      "the database is frozen at the shutdown: the server ends within its grace, with exit code 0, and one line on stderr says how many lines are missing",
    needs: ["signals"],
    args: [...mongo, ...shortly],
    stderr: /history/,
    async run(server) {
      const database = await server.database();
      const [alice, bob] = await server.join(2);
      await atOnce(alice, "before", 3);
      await known(server, 3);
      database.freeze();
      await atOnce(alice, "frozen", 3);
      bob.send("history|9");
      await atOnce(alice, "asked", 3);
      bob.end();
      await endsWithout(server, alice, 6);
      database.thaw();
      await server.kill();
    },
  },
  {
    id: "v14/shutdown-while-it-is-away",
    since: "v14",
    clause: "the shutdown is the same if the database was never there",
    needs: ["signals"],
    args: [...mongo, ...shortly],
    stderr: /history/,
    async run(server) {
      const database = await server.database();
      database.away();
      const [alice] = await server.join();
      await atOnce(alice, "away", 6);
      await endsWithout(server, alice, 6);
      await database.back();
      const bob = await again(server, alice, "killed");
      same(await ask(bob, "history|9"), [], "the history");
    },
  },
];
