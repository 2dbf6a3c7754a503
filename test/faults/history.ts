/** What becomes of the history, and of the chat beside it, when the disk, the file or a client is at its worst. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { come, figures } from "../cases/v10.ts";
import { ask, atOnce, chat, says } from "../cases/v13.ts";
import { type Line, lineOf, linesOf, safe } from "../cases/v13-file.ts";
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { historyEnd, historyOf, online, said, TIME } from "../harness/wire.ts";
import { crowd, type Fault, meanwhile, type Pair, wrap } from "./fault.ts";

const CANNOT = /^cannot keep the history: /;
const AGAIN = /^the history is kept again: /;
const MILLION = 1_000_000;
const CROWD = 300;
/** A line takes some 200 ms while they ask, 700 on a busy machine; seven seconds, if all of them read at once. */
const MOST_MS = 2000;

/** These are the last lines of the file, each once, in order; the numbers are 1, 2, 3 … */
function kept(server: Server, heard: readonly string[]): void {
  const lines = linesOf(server);
  const last = lines.slice(-heard.length).map((line) => said(line, line.text));
  same(last, heard, "the file");
  inOrder(lines);
}

function inOrder(lines: readonly Line[]): void {
  const wrong = lines.findIndex(({ seq }, i) => seq !== i + 1);
  check(wrong === -1, `line ${wrong + 1} of the file has the number ${lines[wrong]?.seq}`);
}

/** The disk is in a mood while a user talks; then it is well again, and nothing is missing. */
function moody(
  id: Fault["id"],
  mood: Parameters<Server["disk"]>[0],
  says_: readonly RegExp[],
): Fault {
  return {
    id,
    since: "v13",
    disk: true,
    stderr: /history/,
    how: "the chat does not wait",
    pair: "after",
    memory: 90,
    async run(server) {
      const alice = await server.connect();
      await alice.next();
      await chat(alice, ["before"]);
      server.disk(mood);
      const lines = [said(alice, "before"), ...(await atOnce(alice, "meanwhile"))];
      if (says_.length > 0) {
        const failed = join(dirname(server.history), "disk.failed");
        const size = () => statSync(failed, { throwIfNoEntry: false })?.size ?? 0; // it may not have failed yet
        await eventually(() => size() >= 3, "it is tried again");
        await says(server, ...says_.slice(0, 1));
      }
      same(await ask(alice, "history|10"), lines.slice(-10), "the history meanwhile");
      server.disk({});
      await safe(server, lines.length);
      await says(server, ...says_);
      kept(server, lines);
    },
  };
}

/** Somebody does this to the file of a server that runs; what is said afterwards is in the file that is there then. */
function bereft(name: string, happens: (path: string) => void, left: number): Fault {
  return {
    id: `history/${name}`,
    since: "v13",
    needs: ["signals"], // on Windows, an open file is not to be deleted
    stderr: /no longer what it was|was torn/,
    how: "goes on in the current file",
    pair: "after",
    async run(server) {
      const alice = await server.connect();
      await alice.next();
      for (let i = 0; i < 3; i++) {
        await chat(alice, [`before ${i}`]);
        const isKept = () => readFileSync(server.history, "utf8").endsWith(`before ${i}"}\n`);
        await eventually(isKept, "it is kept");
      }
      happens(server.history);
      await chat(alice, ["behind"]);
      const last = () => {
        try {
          return readFileSync(server.history, "utf8").endsWith('behind"}\n');
        } catch {
          return false; // it is not there yet
        }
      };
      await eventually(last, "it is kept");
      const lines = linesOf(server);
      check(lines.length === left + 1, `${lines.length} lines are in the file`);
      same((await ask(alice, "history|1")).slice(-1), [said(alice, "behind")], "the history");
    },
  };
}

/** Talks until its server is gone; how many of its lines it has heard. */
async function talk(user: Client, round: number): Promise<number> {
  for (let lines = 0; ; lines += 8) {
    const some = Array.from(
      { length: 8 },
      (_, i) => `${round}: ${lines + i} ${"x".repeat((97 * i) % 800)}`,
    );
    const gone = await chat(user, some).then(
      () => false,
      () => true, // its connection has ended, as it should
    );
    if (gone) return lines;
  }
}

/** Killed again and again, in the midst of a chat, with a disk that loses what was not synced: what is missing, and what is there twice? */
function killed(id: Fault["id"], times: number): Fault {
  return {
    id,
    since: "v13",
    disk: true,
    stderr: /was torn/,
    how: "what was synced is kept",
    pair: "before",
    memory: 1000,
    ...(times > 50 && { slow: true, alone: true, deadlineMs: 600_000 }),
    async run(server) {
      await server.start();
      server.disk({ cache: true });
      let heard = 0;
      let acknowledged = 0;
      let torn = 0;
      for (let i = 0; i < times; i++) {
        const user = await server.connect();
        await user.next();
        const synced = server.synced();
        const until = synced + Math.floor(Math.random() * 60);
        const talking = talk(user, i);
        await eventually(() => server.synced() > until, "a sync");
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5)); // anywhere in a write, or between two
        await server.kill();
        heard += await talking;
        acknowledged = server.synced();
        const bytes = readFileSync(server.history);
        if (bytes.at(-1) !== 0x0a) torn++;
        const whole = bytes.toString("utf8").split("\n").slice(0, -1);
        const lines = whole.map((line): Line => JSON.parse(line));
        const own = lines.flatMap(({ text }) => (/^\d+: /.test(text) ? [text] : []));
        inOrder(lines);
        check(
          lines.length >= acknowledged,
          `${acknowledged} lines were safe, ${lines.length} are there`,
        );
        const doubled = own.length - new Set(own).size;
        check(doubled === 0, `${doubled} lines are there twice`);
      }
      const found = readFileSync(server.history, "utf8").split("\n").length - 1;
      check(acknowledged >= times, `no more than ${acknowledged} lines were ever safe`);
      console.log(
        `  ${times} kills: ${heard} lines heard, ${acknowledged} acknowledged, ${found} found, 0 of the acknowledged lost, 0 doubled; ${torn} times the last line was torn`,
      );
      server.disk({});
      const last = await server.connect();
      await last.next();
      server.signal("SIGTERM");
      await last.over();
    },
  };
}

/** With this in its file, the server starts again; it has been started, but nobody is there. */
async function restarted(server: Server, lay: (path: string) => void): Promise<Client> {
  await server.kill();
  lay(server.history);
  const user = await server.connect();
  await user.next();
  return user;
}

/** A thousand lines of a kilobyte each, all mei's. */
function several(path: string): void {
  const filler = "x".repeat(900);
  const lines = Array.from({ length: 1000 }, (_, i) => lineOf(i + 1, `${i} ${filler}`, "mei"));
  writeFileSync(path, lines.join(""));
}

/** A file of a million short lines, 120 MB. */
function million(path: string): void {
  const file = openSync(path, "w");
  const some = 10_000;
  for (let seq = 1; seq <= MILLION; seq += some)
    writeSync(
      file,
      Array.from({ length: some }, (_, i) => lineOf(seq + i, `line ${seq + i}`)).join(""),
    );
  closeSync(file);
}

const median = (all: readonly number[]) => all.toSorted((a, b) => a - b)[all.length >> 1] as number;

/** In ms, from the start of its process until it listens. */
async function startOf(server: Server, path: string): Promise<number> {
  const start = performance.now();
  const { stderr } = await server.run("--history", path);
  check(stderr === "", `it complains: ${stderr}`);
  return performance.now() - start;
}

/** Says lines of 4,000 bytes until some are missing from the history; how many it said. */
export async function untilDropped(server: Server, user: Client): Promise<number> {
  const filler = "x".repeat(4000);
  for (let lines = 0; ; lines += 500) {
    check(lines < 20_000, "80 MB wait, and nothing is missing");
    await chat(
      user,
      Array.from({ length: 500 }, (_, i) => `${lines + i} ${filler}`),
    );
    const dropped = (await figures(server)).get("chat_history_dropped_total") ?? 0;
    if (dropped > 0) return lines + 500;
  }
}

/** The crowd asks, and does not read yet, so that only the server is busy; `last` asks behind it. */
async function askAtOnce(server: Server): Promise<void> {
  const alice = await restarted(server, several);
  const asking = await crowd(server, CROWD, { stalled: true });
  const last = await server.connect({ deadlineMs: 60_000 });
  await last.until(online(last)); // by now, all are in
  for (const each of asking) void each.write("history|1000|mei\n");
  last.send("history|1000");
  let over = false;
  const answered = last.until(historyEnd).finally(() => (over = true));
  let slowest = 0;
  for (let i = 0; !over; i++) {
    const start = performance.now();
    await chat(alice, [`meanwhile ${i}`]);
    slowest = Math.max(slowest, performance.now() - start);
  }
  await answered;
  check(slowest <= MOST_MS, `a line took ${slowest.toFixed()} ms while ${CROWD} asked`);
  for (const each of asking) {
    each.read();
    const lines = (await each.until(historyEnd)).filter((line) => TIME.test(line));
    check(lines.length === 1000, `an answer has ${lines.length} lines`);
  }
}

export const history: readonly Fault[] = [
  wrap("history/torn", "v13/torn-last-line", { how: "cut off", pair: "after" }),
  wrap("history/garbage", "v13/garbage-in-the-file", {
    how: "skipped",
    pair: "after",
    memory: 60,
  }),
  wrap("history/something-else", 'v13/file-that-is-none "a letter"', {
    how: "refused",
    pair: "after",
  }),
  wrap("history/two-servers", "v13/two-servers-on-one-file", { how: "refused", pair: "after" }),
  killed("history/20-kills", 20),
  killed("history/200-kills", 200),
  moody("history/slow-disk", { waitMs: 2000 }, []),
  moody("history/full-disk", { write: "ENOSPC" }, [CANNOT, AGAIN]),
  moody("history/sync-fails", { sync: "EIO" }, [CANNOT, AGAIN]),
  moody("history/crumbs", { most: 3 }, []),
  {
    id: "history/falls-behind",
    since: "v13",
    disk: true,
    alone: true,
    needs: ["web"],
    stderr: /history/,
    how: "counts what is missing",
    pair: "after",
    memory: 450,
    async run(server) {
      const alice = await server.connect();
      await alice.next();
      server.disk({ write: "ENOSPC" });
      const lines = await untilDropped(server, alice);
      await atOnce(alice, "meanwhile");
      const missing = (await figures(server)).get("chat_history_dropped_total") as number;
      await says(server, CANNOT);
      server.disk({});
      await says(server, CANNOT, new RegExp(`^the history is kept again: ${missing} lines`));
      await chat(alice, ["the last"]);
      await safe(server, lines + 31 - missing);
      const all = linesOf(server);
      inOrder(all);
      check(all.length === lines + 31 - missing, `${all.length} lines are in the file`);
      check(new Set(all.map(({ text }) => text)).size === all.length, "a line is there twice");
      await come(server, { chat_history_dropped_total: missing });
    },
  },
  {
    id: "history/sync-never-comes-back",
    since: "v13",
    disk: true,
    needs: ["signals"],
    args: ["--grace", "2"],
    stderr: /^(these tasks did not end: historian|cannot keep the history: no time is left)$/, // the second from v14 on
    how: "ends in time",
    pair: "before",
    async run(server) {
      const alice = await server.connect();
      await alice.next();
      server.disk({ waitMs: -1 });
      const lines = await atOnce(alice, "meanwhile");
      same(await ask(alice, "history|3"), lines.slice(-3), "the history");
      const start = performance.now();
      server.signal("SIGTERM");
      await alice.over();
      const { code } = await server.ended();
      check(code === 1, `exit code ${code}`);
      const seconds = (performance.now() - start) / 1000;
      check(seconds < 10, `the end took ${seconds.toFixed(1)} s`);
    },
  },
  {
    id: "history/small-disk",
    since: "v13",
    needs: ["mount", "signals"],
    stderr: /history/,
    how: "goes on when there is room",
    pair: "before",
    memory: 90,
    async run(server) {
      const folder = dirname(server.history);
      await server.kill();
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]);
      try {
        const alice = await server.connect();
        await alice.next();
        const texts = Array.from({ length: 40 }, (_, i) => `${i} ${"x".repeat(4000)}`);
        await chat(alice, texts);
        await says(server, /^cannot keep the history: ENOSPC/);
        const lines = texts.map((text) => said(alice, text));
        lines.push(...(await atOnce(alice, "meanwhile")));
        same(await ask(alice, "history|1"), lines.slice(-1), "the history");
        execFileSync("mount", ["-o", "remount,size=4m", folder]);
        await says(server, CANNOT, AGAIN);
        await safe(server, lines.length);
        kept(server, lines);
        server.signal("SIGTERM");
        await alice.over();
        await server.ended();
      } finally {
        execFileSync("umount", ["-l", folder]);
      }
    },
  },
  bereft("deleted", unlinkSync, 0),
  bereft("folder-deleted", (path) => rmSync(dirname(path), { recursive: true }), 0),
  bereft(
    "replaced",
    (path) => {
      writeFileSync(`${path}.new`, lineOf(7, "another's"));
      renameSync(`${path}.new`, path);
    },
    1,
  ),
  bereft("emptied", (path) => truncateSync(path), 0),
  bereft("cut", (path) => truncateSync(path, statSync(path).size - 10), 2),
  {
    id: "history/a-thousand-questions-unread",
    since: "v13",
    alone: true,
    needs: ["memory"],
    how: "slowed",
    memory: 240,
    async run(server, pair: Pair) {
      const [alice] = pair;
      await chat(
        alice,
        Array.from({ length: 300 }, (_, i) => `${i} ${"x".repeat(4000)}`),
      );
      const deaf = await Promise.all(
        Array.from({ length: 5 }, () => server.connect({ stalled: true })),
      );
      for (const each of deaf) void each.write("history|1000\n".repeat(1000));
      const { tokens } = await meanwhile(pair, atOnce(await server.connect(), "still here", 50));
      check(tokens > 20, `only ${tokens} tokens of the pair came back`);
    },
  },
  {
    id: "history/300-ask-at-once",
    since: "v13",
    alone: true,
    needs: ["memory"],
    how: "one after the other",
    pair: "after",
    memory: 500,
    run: askAtOnce,
  },
  {
    id: "history/searches-of-a-million-lines",
    since: "v13",
    alone: true,
    slow: true,
    needs: ["memory"],
    how: "read from the end",
    pair: "after",
    memory: 150,
    async run(server) {
      const alice = await restarted(server, million);
      const bob = await server.connect();
      await bob.next();
      const searches = Promise.all(
        (await Promise.all(Array.from({ length: 20 }, () => server.connect()))).map(
          async (user) => {
            user.send("history|1000|nobody");
            await user.until(historyOf(0));
          },
        ),
      );
      const { tokens } = await meanwhile([alice, bob], searches);
      check(tokens > 20, `only ${tokens} tokens came back while twenty searched`);
      same(
        (await ask(alice, "history|1|ann")).slice(-1),
        [`[10.0.0.1:5000]ann:line ${MILLION}`],
        "the last one",
      );
    },
  },
  {
    id: "history/starts-with-a-million-lines",
    since: "v13",
    alone: true,
    slow: true,
    needs: ["memory"],
    how: "read from the end",
    pair: "after",
    memory: 60,
    async run(server) {
      const [large, none] = ["million.jsonl", "none.jsonl"].map((name) =>
        join(dirname(server.history), name),
      ) as [string, string];
      million(large);
      const [few, many]: [number[], number[]] = [[], []];
      for (let i = 0; i < 9; i++) {
        rmSync(none, { force: true });
        few.push(await startOf(server, none));
        many.push(await startOf(server, large));
      }
      const ratio = median(many) / median(few);
      await restarted(server, () => {});
      const little = server.memory();
      await restarted(server, (path) => renameSync(large, path));
      const grown = server.memory() - little;
      console.log(
        `  a start takes ${median(few).toFixed()} ms; with a million lines ${ratio.toFixed(2)} × that, and ${grown.toFixed(1)} MiB more`,
      );
      check(ratio <= 1.2, `with a million lines, a start takes ${ratio.toFixed(2)} × as long`);
      check(grown <= 10, `a million lines cost ${grown.toFixed(1)} MiB`);
    },
  },
];
