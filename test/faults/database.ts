/** What becomes of the history, and of the chat beside it, when the database is at its worst. */
import { execFileSync } from "node:child_process";
import { figures } from "../cases/v10.ts";
import { answer, ask, atOnce, chat, says } from "../cases/v13.ts";
import { documents, keeps, known, mongo, stored } from "../cases/v14.ts";
import { AGAIN, CANNOT, UNREADABLE } from "../cases/v14-away.ts";
import type { Client } from "../harness/client.ts";
import { Unreachable } from "../harness/need.ts";
import type { Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { said } from "../harness/wire.ts";
import { crowd, type Fault, wrap } from "./fault.ts";
import { untilDropped } from "./history.ts";

const conditions = {
  since: "v14",
  args: mongo,
  stderr: /history/,
  pair: "after",
} as const satisfies Partial<Fault>;

/** The driver waits ten seconds for an answer; so does who asks, and some more on a busy machine. */
const ANSWER_MS = 14_000;
const ECHOES = 500;
const AT_ONCE_MS = 400; // to pack all that has waited, in one piece, took 470 ms and more
const UNDER_WAY = 1000; // documents: by then, it has been packed
const ROUNDS = 5;
const LATER = 1.5;
const JITTER_MS = 1; // of the machine's own: most echoes take less

/** Who is alone in the room; what it says from now on is all that is in the database. */
async function alone(server: Server): Promise<Client> {
  const [alice] = await server.join();
  return alice;
}

/** The times of some echoes, in ms, the shortest first. */
async function echoes(user: Client): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < ECHOES; i++) {
    const start = performance.now();
    await chat(user, [`echo ${i}`]);
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => a - b);
}

const part = (times: readonly number[], share: number) =>
  times[Math.floor(times.length * share)] as number;

export const database: readonly Fault[] = [
  wrap("database/killed-in-a-flood", "v14/killed-in-a-flood", {
    pair: "after",
    how: "sent again",
    memory: 90,
  }),
  wrap("database/takes-and-does-not-answer", "v14/given-again", {
    pair: "after",
    how: "stored once",
  }),
  wrap("database/slow", "v14/slow", { pair: "after", how: "the chat does not wait" }),
  {
    ...conditions,
    id: "database/frozen",
    how: "the chat does not wait",
    slow: true,
    async run(server) {
      const database = await server.database();
      const alice = await alone(server);
      const lines = await atOnce(alice, "before", 3);
      await known(server, 3);
      database.freeze();
      lines.push(...(await atOnce(alice, "frozen")));
      const askers = await crowd(server, 30, { deadlineMs: ANSWER_MS });
      await alice.sync();
      const start = performance.now();
      for (const each of askers) each.send("history|50");
      for (const each of askers) await each.until(UNREADABLE);
      const ms = performance.now() - start;
      check(ms < ANSWER_MS, `the last of 30 had its answer after ${ms.toFixed()} ms`);
      await says(server, CANNOT);
      await atOnce(alice, "and on");
      database.thaw();
      await says(server, CANNOT, AGAIN);
      await stored(server, lines.length);
      const all = await documents(server);
      const ids = all.map(({ seq }) => `${seq}`);
      same(ids, [...new Set(ids)], "the numbers");
      const frozen = all.filter(({ text }) => text.startsWith("frozen"));
      check(
        frozen.length === 30,
        `of 30 lines that were said meanwhile, ${frozen.length} are kept`,
      );
    },
  },
  {
    ...conditions,
    id: "database/falls-behind",
    alone: true,
    needs: ["web"],
    how: "counts what is missing",
    memory: 250,
    slow: true,
    async run(server) {
      const database = await server.database();
      const alice = await alone(server);
      await stored(server, 0); // our own driver is loaded: that takes a while
      database.away();
      const lines = await untilDropped(server, alice);
      await atOnce(alice, "meanwhile");
      await says(server, CANNOT);
      await database.back();
      let stores = false;
      const storing = stored(server, UNDER_WAY).finally(() => (stores = true));
      let more = 0;
      for (; !stores; more++) await atOnce(alice, `back ${more}`, 1, AT_ONCE_MS);
      await storing;
      await says(server, CANNOT, /^the history is kept again: /);
      const missing = (await figures(server)).get("chat_history_dropped_total");
      check(missing !== undefined && missing >= 30, `${missing} lines are missing`);
      await says(server, CANNOT, new RegExp(`^the history is kept again: ${missing} lines`));
      await stored(server, lines + 30 + more - missing);
      const all = await documents(server);
      check(all.length === lines + 30 + more - missing, `${all.length} lines are in the database`);
      check(new Set(all.map(({ text }) => text)).size === all.length, "a line is there twice");
      const times = all.map(({ created_at }) => created_at.getTime());
      const ordered = times.every((time, i) => time >= (times[i - 1] ?? 0));
      check(ordered, "the numbers are not in the order of the times");
    },
  },
  {
    ...conditions,
    id: "database/full",
    needs: ["mount"],
    how: "goes on when there is room",
    memory: 90,
    slow: true,
    async run(server) {
      const database = await server.database();
      if (database.folder === undefined)
        throw new Unreachable("a database of another machine cannot be filled up");
      const alice = await alone(server);
      await database.kill();
      await says(server, CANNOT);
      const disk = ["tmpfs", database.folder];
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", ...disk]);
      try {
        await database.back();
        await says(server, CANNOT, AGAIN);
        const filler = "x".repeat(4000);
        const texts = Array.from({ length: 600 }, (_, i) => `${i} ${filler}`);
        const lines = texts.map((text) => said(alice, text));
        await chat(alice, texts);
        await says(server, CANNOT, AGAIN, CANNOT);
        lines.push(...(await atOnce(alice, "full")));
        execFileSync("mount", ["-o", "remount,size=64m", database.folder]);
        await says(server, CANNOT, AGAIN, CANNOT, AGAIN);
        await keeps(server, lines);
        same(await ask(alice, "history|3"), lines.slice(-3), "the history");
      } finally {
        execFileSync("umount", ["-l", database.folder]);
      }
    },
  },
  {
    ...conditions,
    id: "database/the-chat-beside-it",
    alone: true,
    how: "the chat does not wait",
    memory: 90,
    slow: true,
    async run(server) {
      const database = await server.database();
      const alice = await alone(server);
      await echoes(alice); // the first ones are slower: the code is not warm
      const moods = {
        healthy: { begin: () => {}, end: () => {} },
        slow: { begin: () => database.slow(400), end: () => database.slow(0) },
        frozen: { begin: () => database.freeze(), end: () => database.thaw() },
        gone: { begin: () => database.away(), end: () => database.back() },
      };
      const best = new Map<string, { p50: number; p99: number }>();
      for (let round = 0; round < ROUNDS; round++)
        for (const [mood, { begin, end }] of Object.entries(moods)) {
          begin();
          const times = await echoes(alice);
          await end();
          const [p50, p99] = [part(times, 0.5), part(times, 0.99)];
          const least = best.get(mood) ?? { p50, p99 };
          best.set(mood, { p50: Math.min(p50, least.p50), p99: Math.min(p99, least.p99) });
          alice.send("history|1");
          same(await answer(alice), [said(alice, `echo ${ECHOES - 1}`)], "the history, again");
        }
      const healthy = best.get("healthy")?.p99 as number;
      for (const [mood, { p50, p99 }] of best) {
        console.log(
          `  an echo beside a database that is ${mood}: p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`,
        );
        const most = LATER * healthy + JITTER_MS;
        check(
          p99 <= most,
          `${mood}: p99 is ${p99.toFixed(2)} ms; ${healthy.toFixed(2)} if healthy`,
        );
      }
    },
  },
];
