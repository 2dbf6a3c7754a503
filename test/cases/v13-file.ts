/** From v13 on: the file that the history is kept in, whatever has become of it. */
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, Failure, same } from "../harness/transcript.ts";
import { historyOf, online, said, shutdown, TIME, told } from "../harness/wire.ts";
import { come } from "./v10.ts";
import { ask, chat } from "./v13.ts";

export interface Line {
  readonly seq: number;
  readonly at: string;
  readonly addr: string;
  readonly name: string;
  readonly text: string;
}

/** As a chapter writes it. */
export const lineOf = (seq: number, text: string, name = "ann"): string =>
  `${JSON.stringify({ seq, at: "2026-01-02T03:04:05.678Z", addr: "10.0.0.1:5000", name, text })}\n`;

const told1 = (text: string, name = "ann") => said({ addr: "10.0.0.1:5000", name }, text);

/** The lines of the file; each is whole. */
export function linesOf(server: Server): Line[] {
  const text = existsSync(server.history) ? readFileSync(server.history, "utf8") : "";
  check(text === "" || text.endsWith("\n"), "the last line of the file has no newline");
  return text.split("\n").slice(0, -1).map(parsed);
}

function parsed(line: string): Line {
  try {
    return JSON.parse(line);
  } catch {
    throw new Failure("mismatch", `a line of the file is no JSON: ${line}`);
  }
}

/** Until so many are in the file. */
export async function safe(server: Server, count: number): Promise<void> {
  check(existsSync(server.history), "there is no file");
  const lines = () => readFileSync(server.history, "latin1").split("\n").length - 1;
  await eventually(() => lines() >= count, `${count} lines are in the file`);
}

const numbers = (lines: readonly Line[]) => lines.map(({ seq }) => `${seq}`);
const upTo = (last: number) => Array.from({ length: last }, (_, i) => `${i + 1}`);

/** One line on stderr, a failure's exit code, and nobody is served. Gives the line. */
export async function refuses(
  server: Server,
  args: readonly string[],
  line: RegExp,
): Promise<string> {
  const { code, stdout, stderr } = await server.run(...args);
  check(code !== 0 && code !== null, `the exit code is ${code}: it must be a number other than 0`);
  check(
    /^[^\n]+\n$/.test(stderr) && line.test(stderr),
    `stderr must be one line that says what is wrong: ${stderr}`,
  );
  same([stdout], [""], "what it printed");
  return stderr;
}

/** It has ended well; the next client starts it again. */
async function again(server: Server): Promise<Client> {
  server.signal("SIGTERM");
  check((await server.ended()).code === 0, "the exit code is not 0");
  await server.kill();
  return server.connect();
}

/** The file as the next start finds it. */
async function lay(server: Server, bytes: Uint8Array): Promise<void> {
  await server.start();
  await server.kill();
  writeFileSync(server.history, bytes);
}

const FOREIGN: Readonly<Record<string, string | Buffer>> = {
  "a letter": "Dear Ann,\nall is well.\n",
  "a letter without a newline": "Dear Ann",
  "an empty line": "\n",
  "an array": "[]\n",
  "other objects": '{"id":1,"text":"hello"}\n{"id":2,"text":"there"}\n',
  "almost ours": `${lineOf(1, "x").replace('"text"', '"body"')}`,
  "what begins as ours": '{"seq":1}\n',
  "bytes that are no text": Buffer.from("89504e470d0a1a0a0000000d49484452ff", "hex"),
  "a megabyte of NULs": Buffer.alloc(1024 * 1024),
};

/** None of it is one of our lines. */
const GARBAGE: Readonly<Record<string, string | Buffer>> = {
  text: "what is this?\n",
  "empty lines": "\n\n\n",
  NULs: Buffer.concat([Buffer.alloc(4096), Buffer.from("\n")]),
  "a mebibyte without a newline": `${"x".repeat(1024 * 1024)}\n`,
  "bytes that are no text": Buffer.from("80ff7bc3280a", "hex"),
  "half a line of ours": `${lineOf(2, "half a line").slice(0, 60)}\n`,
  "JSON of another shape": 'null\n[]\n"x"\n7\n{}\n{"seq":2}\n',
  "no number": lineOf(2, "garbage").replace("2", '"2"'),
  "half a number": lineOf(2, "garbage").replace("2", "2.5"),
  "a text that is none": lineOf(2, "garbage").replace('"garbage"', "7"),
  "a name that is none": lineOf(2, "garbage").replace('"ann"', "null"),
  "a newline in it": lineOf(2, "garb\n[10.0.0.1:5000]ann:age"),
  "codes that a terminal obeys": lineOf(2, "garb\u001b[2Jage"),
  "codes in a name": lineOf(2, "garbage", "a\u009bnn"),
};

export const v13File: Case[] = [
  {
    id: "v13/file",
    since: "v13",
    clause:
      "each line of the file is JSON: seq (1, 2, 3 …), at, addr, name, text; other users of the machine may not read the file",
    needs: ["args"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      const texts = ["hello", 'a "quote", a \\ and a \u2028', "你好 👋", "{}", "x".repeat(4096)];
      const start = Date.now();
      alice.send(`to|${bob.name}|psst`);
      await bob.expect(told(alice, "psst"));
      await chat(alice, texts);
      await safe(server, texts.length);
      const lines = linesOf(server);
      const { addr, name } = alice;
      const kept = texts.map((text, i) => JSON.stringify({ seq: i + 1, addr, name, text }));
      same(
        lines.map(({ seq, addr, name, text }) => JSON.stringify({ seq, addr, name, text })),
        kept,
        "the file",
      );
      for (const { at, ...rest } of lines) {
        const age = Date.parse(at) - start;
        check(TIME.test(`[${at}][`), `at is no time in ISO 8601, UTC: ${at}`);
        check(Math.abs(age) < 60_000, `at is ${at}, and it is ${new Date().toISOString()}`);
        check(Object.keys(rest).length === 4, `it holds ${Object.keys(rest)}`);
      }
      if (process.platform === "win32") return; // there are no such modes
      const mode = (statSync(server.history).mode & 0o777).toString(8);
      check(mode === "600", `the mode of the file is ${mode}`);
    },
  },
  {
    id: "v13/restart",
    since: "v13",
    clause:
      "a server that ends in order has kept all that was said, and the next server goes on from there",
    needs: ["args", "signals"],
    async run(server) {
      const alice = await server.connect();
      await alice.expect(online(alice));
      await chat(alice, ["one", "two"]);
      const bob = await again(server);
      await bob.expect(online(bob));
      await chat(bob, ["three"]);
      const all = [said(alice, "one"), said(alice, "two"), said(bob, "three")];
      same(await ask(bob, "history|9"), all, "what is kept");
      const carol = await again(server);
      await carol.expect(online(carol));
      same(await ask(carol, `history|9|${alice.name}`), all.slice(0, 2), "of one who is not there");
      same(numbers(linesOf(server)), upTo(3), "the numbers");
    },
  },
  {
    id: "v13/restart-after-a-kill",
    since: "v13",
    clause:
      "a server that is killed has kept what was in the file, and the next server goes on from there",
    needs: ["args"],
    async run(server) {
      let users: Client[] = [];
      for (const [i, text] of ["one", "two", "three"].entries()) {
        const user = await server.connect();
        await user.expect(online(user));
        await chat(user, [text]);
        await safe(server, i + 1);
        users = [...users, user];
        await server.kill();
      }
      const last = await server.connect();
      await last.expect(online(last));
      const all = ["one", "two", "three"].map((text, i) => said(users[i] as Client, text));
      same(await ask(last, "history|9"), all, "what is kept");
      same(numbers(linesOf(server)), upTo(3), "the numbers");
    },
  },
  {
    id: "v13/replay-after-a-restart",
    since: "v13",
    clause: "--replay N: a newcomer also hears what was said before the server was started",
    needs: ["args"],
    args: ["--replay", "2"],
    async run(server) {
      writeFileSync(
        server.history,
        ["one", "two", "three"].map((t, i) => lineOf(i + 1, t)).join(""),
      );
      const alice = await server.connect();
      await alice.expect(online(alice), historyOf(2));
      for (const text of ["two", "three"]) {
        const line = await alice.next(text);
        same([line], [`[2026-01-02T03:04:05.678Z]${told1(text)}`], "a line of the file");
      }
    },
  },
  {
    id: "v13/torn-last-line",
    since: "v13",
    clause:
      "if the last line of the file is not whole, the server cuts it off at its start, and says so in one line on stderr",
    needs: ["args"],
    stderr: /torn/,
    async run(server) {
      const whole = lineOf(1, "one") + lineOf(2, "two");
      const third = lineOf(3, "three 龙");
      for (const length of [1, 5, 40, third.length - 3, third.length - 1, third.length]) {
        const bytes = Buffer.concat([Buffer.from(whole), Buffer.from(third).subarray(0, length)]);
        await lay(server, bytes);
        const alice = await server.connect();
        await alice.expect(online(alice));
        const all = [told1("one"), told1("two")];
        same(await ask(alice, "history|9"), all, `torn behind ${length} bytes`);
        await chat(alice, ["three"]);
        await safe(server, 3);
        same(numbers(linesOf(server)), upTo(3), "the numbers");
        check(server.printed("stderr").length === 1, "it is not said in one line");
      }
    },
  },
  ...Object.entries(FOREIGN).map(
    ([what, bytes]): Case => ({
      id: `v13/file-that-is-none "${what}"`,
      since: "v13",
      clause:
        "a file that contains something else: one line on stderr, the exit code is not 0, and no byte of the file is changed",
      needs: ["cli"],
      async run(server) {
        const path = join(dirname(server.history), "other.jsonl");
        writeFileSync(path, bytes);
        await refuses(server, ["--history", path], /other\.jsonl holds something else/);
        check(readFileSync(path).equals(Buffer.from(bytes)), "the file is changed");
      },
    }),
  ),
  {
    id: "v13/garbage-in-the-file",
    since: "v13",
    alone: true,
    clause:
      "what is not a line of the history is skipped, wherever it is in the file; users still get the lines around it",
    needs: ["args"],
    async run(server) {
      const parts = Object.values(GARBAGE).flatMap((garbage, i) => [
        lineOf(2 * i + 1, `before ${i}`),
        garbage,
        lineOf(2 * i + 2, `behind ${i}`, "bea"),
      ]);
      const bytes = Buffer.concat(parts.map((part) => Buffer.from(part)));
      await lay(server, bytes);
      const alice = await server.connect();
      await alice.expect(online(alice));
      const all = Object.keys(GARBAGE).flatMap((_, i) => [
        told1(`before ${i}`),
        told1(`behind ${i}`, "bea"),
      ]);
      same(await ask(alice, "history|1000"), all, "all there is");
      const ofBea = all.filter((line) => line.includes("bea"));
      same(await ask(alice, "history|1000|bea"), ofBea, "and of one user");
      await chat(alice, ["hello"]);
      await eventually(() => readFileSync(server.history).length > bytes.length, "one more");
      const now = readFileSync(server.history);
      check(now.subarray(0, bytes.length).equals(bytes), "what was there is changed");
      const { seq } = JSON.parse(now.toString("utf8", bytes.length));
      check(seq === all.length + 1, `its number is ${seq} instead of ${all.length + 1}`);
    },
  },
  {
    id: "v13/two-servers-on-one-file",
    since: "v13",
    clause:
      "a file that another server is using: one line on stderr, and the exit code is not 0; the other server goes on",
    needs: ["cli"],
    async run(server) {
      const [alice] = await server.join();
      await chat(alice, ["one"]);
      for (let i = 0; i < 2; i++)
        await refuses(server, ["--history", server.history], /history\.jsonl is in use/);
      await chat(alice, ["two"]);
      await safe(server, 2);
      const all = ["one", "two"].map((text) => said(alice, text));
      same(await ask(alice, "history|9"), all, "what is kept");
      same(numbers(linesOf(server)), upTo(2), "the numbers");
    },
  },
  {
    id: "v13/shutdown-keeps-what-was-said",
    since: "v13",
    alone: true,
    clause:
      "after the shutdown, all that was heard is in the file: each line once, in the order in which it was heard",
    needs: ["args", "signals"],
    args: ["--grace", "60"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (let i = 0; i < 2000; i++) alice.send(`${i} ${"x".repeat(500)}`);
      await bob.next();
      server.signal("SIGTERM");
      const heard = await bob.until(shutdown);
      for (const each of [alice, bob]) each.end();
      const { code, last } = await server.ended();
      same([`${code}, ${last}`], ["0, closed: 2 users, 0 cut off, 0 tasks left"], "the end");
      const lines = linesOf(server);
      same(lines.map((line) => said(line, line.text)).slice(1), heard, "the file");
      same(numbers(lines), upTo(lines.length), "the numbers");
      await server.kill();
      const carol = await server.connect();
      await carol.expect(online(carol));
      same(await ask(carol, "history|3"), heard.slice(-3), "what is told of it");
    },
  },
  {
    id: "v13/figures",
    since: "v13",
    clause: "chat_history_dropped_total: how many lines could not be kept",
    needs: ["args", "web"],
    async run(server) {
      const [alice] = await server.join();
      await chat(alice, ["hello"]);
      await ask(alice, "history|1");
      await come(server, { chat_history_dropped_total: 0 });
      const { text } = await server.get("/metrics");
      const name = "chat_history_dropped_total";
      check(text.includes(`# TYPE ${name} counter\n`), `${name} is no counter`);
      check(new RegExp(`^# HELP ${name} \\S`, "m").test(text), `${name} has no HELP`);
    },
  },
  ...["-1", "1001", "1.5", "x", ""].map(
    (lines): Case => ({
      id: `v13/bad-replay "${lines}"`,
      since: "v13",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        await refuses(server, [`--replay=${lines}`], /^--replay must be .*0.*1000/);
      },
    }),
  ),
  {
    id: "v13/bad-history",
    since: "v13",
    clause: "a history that cannot be kept: one line on stderr, and the exit code is not 0",
    needs: ["cli"],
    async run(server) {
      await refuses(server, ["--history="], /^--history must be /);
      const folder = dirname(server.history);
      await refuses(server, ["--history", folder], /EISDIR|EPERM|EACCES/);
      writeFileSync(join(folder, "file"), "");
      await refuses(server, ["--history", join(folder, "file", "x.jsonl")], /ENOTDIR|EEXIST/);
    },
  },
  {
    id: "v13/history-in-a-new-folder",
    since: "v13",
    clause: "the server makes folders that do not exist yet",
    needs: ["cli"],
    async run(server) {
      const deep = join(dirname(server.history), "a", "b");
      mkdirSync(dirname(deep));
      const { code, stderr } = await server.run("--history", join(deep, "c.jsonl"));
      check(code === null && stderr === "", `exit code ${code}: ${stderr}`);
      check(statSync(join(deep, "c.jsonl")).size === 0, "there is something in it");
    },
  },
];
