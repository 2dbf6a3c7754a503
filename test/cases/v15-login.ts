/** From v15 on: with a secret, whoever comes must show a token first, on each wire; and may come back, or with several devices. */
import { writeFileSync } from "node:fs";
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { SECRET } from "../harness/need.ts";
import { type Hello, hello, PING, packet, send } from "../harness/packets.ts";
import type { PacketPeer } from "../harness/peer.ts";
import { comes, eventually, type Server } from "../harness/server.ts";
import { token as made, secret } from "../harness/token.ts";
import { check, same } from "../harness/transcript.ts";
import { listed, noUser, offline, online, renamed, said, shutdown, told } from "../harness/wire.ts";
import { chat } from "./v13.ts";
import { refuses } from "./v13-file.ts";
import { enter } from "./v15.ts";

const locked = ["--secret", SECRET] as const;
const both = ["packets", "web"] as const;
const LIMIT = 3;
const [GUESSES, GUESSERS] = [1000, 200];
const FIRST = "log in first: login|name|token";
const BAD_TOKEN = "login refused: bad token";
const TOO_LATE = "login refused: too late";

/** Comes by lines or by WebSocket, and says who it is; what comes of it is up to the case. */
async function saying(server: Server, wire: Wire, ...lines: string[]): Promise<Client> {
  const url = wire === "WebSocket" ? { url: `${await server.web()}/chat` } : {};
  const client = await server.connect(url);
  await client.write(lines.map((line) => `${line}\n`).join(""));
  return client;
}

type Wire = "lines" | "WebSocket";
const WIRES: readonly Wire[] = ["lines", "WebSocket"];

/** It is in, and has heard its own `online`, unless another device of the user is there already. */
async function logIn(server: Server, name: string, wire: Wire = "lines"): Promise<Client> {
  const client = await saying(server, wire, `login|${name}|${made(name)}`);
  await client.expect(renamed(name));
  client.name = name;
  return client;
}

/** One that has heard its own `online`. */
async function first(server: Server, name: string, wire?: Wire): Promise<Client> {
  const client = await logIn(server, name, wire);
  await client.expect(online(client));
  return client;
}

const of = (name: string, more: Partial<Hello> = {}): Hello => ({
  ...{ name, token: made(name) },
  ...more,
});

/** What a connection for packets is answered when it says who it is, and nothing else. */
async function answered(server: Server, who: Hello, from?: string): Promise<string> {
  const peer = await server.peer(from);
  const words = await peer.hello(who);
  if (!words.startsWith("connack 0 ")) await peer.over();
  peer.socket.destroy();
  return words;
}

/** Tokens that are none, for alice. */
function wrongTokens(): Readonly<Record<string, string>> {
  const right = made("alice");
  const [name = "", expiry = "", signature = ""] = right.split(".");
  const now = Math.floor(Date.now() / 1000);
  return {
    "none at all": "",
    "another's": made("bob"),
    "one that has expired": made("alice", now - 1),
    "one of another secret": made("alice", now + 3600, `${secret}!`),
    "a longer life under the same signature": `${name}.${Number(expiry) + 1}.${signature}`,
    "another name under the same signature": `${Buffer.from("alicf").toString("base64url")}.${expiry}.${signature}`,
    "half a signature": right.slice(0, -20),
    "no signature": `${name}.${expiry}.`,
    "another writing of the same signature": right.replace(/.$/, (last) =>
      String.fromCharCode(last.charCodeAt(0) + 1),
    ),
    "one with something behind it": `${right}=`,
    "no time": made("alice", "never"),
    "a signed negative time": made("alice", `-${expiry}`),
  };
}

/** `[ADDR]NAME:TEXT` of a `recv`, and its number. */
function numbered(words: string): { readonly number: number; readonly line: string } {
  const [, number, line = ""] = /^recv (\d+) (.*)$/s.exec(words) ?? [];
  check(number !== undefined, `no line: ${words}`);
  return { number: Number(number), line };
}

/** Reads on until this line is there: all lines that have a number. */
async function kept(peer: PacketPeer, last: string): Promise<ReturnType<typeof numbered>[]> {
  const all: ReturnType<typeof numbered>[] = [];
  for (;;) {
    const each = numbered(await peer.line());
    if (each.number > 0) all.push(each);
    if (each.line === last) return all;
  }
}

/** A device comes back: behind its own `online` it hears what it has missed, and nothing else. */
async function back(
  server: Server,
  witness: Client,
  all: readonly ReturnType<typeof numbered>[],
  after: number,
): Promise<void> {
  const device = await enter(server, [witness], { after });
  await device.write(packet(PING));
  const heard: string[] = [];
  for (let words = await device.line(); words !== "pong"; words = await device.line())
    heard.push(words);
  const missed = all.filter(({ number }) => number > after);
  same(
    heard,
    missed.map(({ number, line }) => `recv ${number} ${line}`),
    `missed after ${after}`,
  );
  device.socket.destroy();
  await witness.expect(offline(device));
}

const shown = (all: readonly ReturnType<typeof numbered>[]) =>
  all.map(({ number, line }) => `${number} ${line}`);

export const v15Login: Case[] = [
  ...WIRES.map(
    (wire): Case => ({
      id: `v15/login-by-${wire.toLowerCase()}`,
      since: "v15",
      clause:
        "with --secret the first line must be login|NAME|TOKEN: before it, the client hears nothing and can say nothing; if it is anything else, the client is told so, and the connection ends",
      args: locked,
      needs: both,
      async run(server) {
        const alice = await first(server, "alice", wire);
        const silent = await server.connect();
        const firsts = ["who", "", "quit", "login|", "login|bob", `login|bob|${made("bob")}|`];
        for (const line of [...firsts, `rename|bob`, "~hello"]) {
          const late = await saying(server, wire, line, `login|bob|${made("bob")}`, "hello");
          same(await late.over(), [FIRST], `first ${line}`);
          late.close();
        }
        await chat(alice, ["among us"]);
        const bob = await saying(server, wire, `login|bob|${made("bob")}`, "hello");
        await bob.expect(renamed("bob"));
        bob.name = "bob";
        for (const each of [bob, alice]) await each.expect(online(bob), said(bob, "hello"));
        await alice.hears();
        same(silent.heard, [], "who has not said who it is");
      },
    }),
  ),
  {
    id: "v15/login-by-packets",
    since: "v15",
    clause:
      "with --secret a CONNECT needs the token of its name: it gets CONNACK 0; without, it gets CONNACK 1, and the connection ends",
    args: locked,
    needs: both,
    async run(server) {
      const alice = await first(server, "alice");
      const bob = await enter(server, [alice], of("Bob"));
      await bob.say("hello");
      await alice.expect(said(bob, "hello"));
      const late = await server.peer();
      await late.write(hello({ name: "carol" }), send(1, "let me in"));
      check(/^connack 1\b/.test(await late.over()), "a CONNECT without a token");
      for (const name of ["", "a b", "x".repeat(33)])
        check(/^connack 2\b/.test(await answered(server, of(name))), `the name "${name}"`);
      const twin = await answered(server, of("ALICE")); // it would look the same, and be another
      check(/^connack 2\b/.test(twin), `a name that only looks the same: ${twin}`);
      await alice.hears();
    },
  },
  {
    id: "v15/wrong-token",
    since: "v15",
    clause:
      "a token that is for another name, has expired, or was not made with the secret lets nobody in, on any wire",
    args: locked,
    needs: [...both, "addresses"],
    async run(server) {
      const bob = await first(server, "bob");
      for (const [what, token] of Object.entries(wrongTokens())) {
        const words = await answered(server, { name: "alice", token });
        check(/^connack 1\b/.test(words), `${what}: expected connack 1, heard ${words}`);
        if (token === "") continue; // for lines, that is no login
        for (const wire of WIRES) {
          const late = await saying(server, wire, `login|alice|${token}`, "hello");
          same(await late.over(), [BAD_TOKEN], `${what}, by ${wire}`);
          late.close();
        }
      }
      await bob.hears();
      await first(server, "alice");
    },
  },
  {
    id: "v15/names-are-proved",
    since: "v15",
    clause: "with --secret nobody can take another name; without it, nobody needs to log in",
    args: locked,
    needs: both,
    async run(server) {
      const alice = await first(server, "alice");
      alice.send("rename|bob");
      await alice.expect("your token says who you are");
      alice.send(`to|bob|psst`);
      await alice.expect(noUser("bob"));
      alice.send(`login|bob|${made("bob")}`);
      await alice.expect("no login is needed here");
      await alice.hears();
    },
  },
  {
    id: "v15/login-never-leaks",
    since: "v15",
    clause:
      "a line that begins with `login|` is never heard as text, even where no login is needed",
    async run(server) {
      const [alice, bob] = await server.join(2);
      for (const line of ["login|", "login|alice", `login|alice|${made("alice")}`]) {
        alice.send(line);
        await alice.expect("no login is needed here");
      }
      await bob.hears();
    },
  },
  {
    id: "v15/token-is-in-no-log",
    since: "v15",
    clause: "the secret is printed nowhere, and no token is, whether right or wrong",
    args: locked,
    needs: ["packets", "web", "signals"],
    async run(server) {
      const alice = await first(server, "alice");
      const bob = await enter(server, [alice], of("bob"));
      const wrong = made("carol", 1);
      await answered(server, { name: "carol", token: wrong });
      await (await saying(server, "lines", `login|carol|${wrong}`)).over();
      await (await saying(server, "lines", `carol|${made("carol")}`)).over();
      const pages = [];
      for (const path of ["/metrics", "/tasks?names"]) pages.push((await server.get(path)).text);
      server.signal("SIGTERM");
      for (const each of [alice, ...server.clients]) each.end();
      bob.socket.end();
      await server.ended();
      const all = [server.output("stdout"), server.output("stderr"), ...pages].join("\n");
      for (const hidden of [
        secret,
        ...[wrong, made("alice"), made("bob")].flatMap((each) => [
          each,
          each.split(".").at(-1) as string,
        ]),
      ])
        check(!all.includes(hidden), `it prints ${hidden}`);
    },
  },
  {
    id: "v15/login-timeout",
    since: "v15",
    clause:
      "a client that has not logged in within --login-timeout is told so, and the connection ends; a part of the login does not restart the limit",
    args: [...locked, "--login-timeout", `${LIMIT}`],
    needs: both,
    async run(server) {
      const alice = await first(server, "alice");
      const start = performance.now();
      const lines = [await server.connect(), await saying(server, "WebSocket")];
      const packets = [await server.peer(), await server.peer()];
      const bytes = [...hello(of("bob")).subarray(0, 30)];
      const trickle = setInterval(() => {
        lines[0]?.write("l");
        packets[0]?.socket.write(Uint8Array.from(bytes.splice(0, 1)));
      }, 200);
      const ended = Promise.all([
        ...lines.map(async (each) => (await each.over()).join("; ")),
        ...packets.map((each) => each.over()),
      ]).finally(() => clearInterval(trickle));
      const words = await ended;
      const ms = performance.now() - start;
      same(words.slice(0, 2), [TOO_LATE, TOO_LATE], "the last lines");
      for (const last of words.slice(2)) check(/^disconnect 3\b/.test(last), `packets: ${last}`);
      check(ms >= LIMIT * 1000, `the limit fired after ${ms.toFixed()} ms`);
      await alice.hears();
    },
  },
  {
    id: "v15/connect-timeout",
    since: "v15",
    clause:
      "without --secret the limit is for the CONNECT only; a client that speaks lines need not say anything",
    args: ["--login-timeout", "1"],
    needs: both,
    async run(server) {
      const [alice] = await server.join();
      const late = await server.peer();
      check(/^disconnect 3\b/.test(await late.over()), "no CONNECT in time");
      const bob = await enter(server, [alice]);
      const carol = await server.peer();
      await carol.over();
      await bob.say("still here");
      await alice.expect(said(bob, "still here"));
      await alice.hears();
    },
  },
  {
    id: "v15/shutdown-before-login",
    since: "v15",
    clause:
      "after a signal, clients that have not logged in yet, or wait for the answer, are told, too; the shutdown does not wait for them",
    args: [...locked, "--grace", "60"],
    needs: ["packets", "web", "signals", "addresses"],
    async run(server) {
      const alice = await first(server, "alice");
      const silent = [await server.connect(), await saying(server, "WebSocket")];
      const packets = [await server.peer()];
      const guesser = "127.9.9.1";
      for (let i = 0; i < 3; i++) await answered(server, { name: "bob", token: "x" }, guesser);
      const waiting: PacketPeer[] = [];
      for (let i = 0; i < 8; i++) {
        const peer = await server.peer(guesser);
        await peer.write(hello(of("bob", { token: "x" })));
        waiting.push(peer);
      }
      const addresses = [...packets, ...waiting, ...silent].map(({ addr }) => `handler ${addr}`);
      await comes(async () => {
        const { text } = await server.get("/tasks?names");
        return addresses.every((each) => text.includes(each));
      }, "all are accepted");
      const start = performance.now();
      server.signal("SIGTERM");
      await alice.until(shutdown);
      for (const each of silent) {
        const heard = await each.over();
        check(heard.length === 1 && /shutting down/.test(heard[0] ?? ""), `it heard ${heard}`);
      }
      for (const each of packets) {
        const last = await each.over();
        check(/^disconnect 7\b/.test(last), `expected disconnect 7, heard ${last || "nothing"}`);
      }
      for (const each of waiting) {
        const last = await each.over();
        check(/^(connack [17]|disconnect 7)\b/.test(last), `while it waits: ${last || "nothing"}`);
      }
      for (const each of server.clients) each.end();
      const { code, last: closing } = await server.ended();
      same([`${code}, ${closing}`], ["0, closed: 1 user, 0 cut off, 0 tasks left"], "the end");
      check(performance.now() - start < 6000, "somebody was waited for");
    },
  },
  {
    id: "v15/devices",
    since: "v15",
    clause:
      "with --secret one user may be online with several devices: `online` comes with the first one, `offline` after the last one, and all of them hear what is said",
    args: locked,
    needs: both,
    async run(server) {
      const alice = await first(server, "alice");
      const phone = await enter(server, [alice], of("mei", { device: "phone" }));
      const tablet = await server.peer();
      same([await tablet.hello(of("mei", { device: "tablet" }))], ["connack 0 mei"], "the tablet");
      const page = await logIn(server, "mei", "WebSocket");
      await chat(alice, ["hello"]);
      for (const each of [phone, tablet])
        same([numbered(await each.line()).line], [said(alice, "hello")], "a device");
      await page.expect(said(alice, "hello"));
      alice.send("to|mei|psst\nwho");
      for (const each of [phone, tablet])
        same([await each.line()], [`recv 0 ${told(alice, "psst")}`], "a device");
      await page.expect(told(alice, "psst"));
      await alice.expect(listed(alice), listed(phone));
      await tablet.say("from the tablet");
      for (const each of [alice, page]) await each.expect(said(tablet, "from the tablet"));
      same([numbered(await phone.line()).line], [said(tablet, "from the tablet")], "the phone");
      for (const each of [phone, tablet]) {
        await each.say("quit");
        same([await each.over()], ["disconnect 0 bye"], "a device");
      }
      await alice.hears();
      page.close();
      await alice.expect(offline(page));
    },
  },
  {
    id: "v15/device-again",
    since: "v15",
    clause:
      "when a device connects again, the new connection replaces the old one, which gets DISCONNECT 0 `you are here again`; nobody else notices",
    args: locked,
    needs: both,
    async run(server) {
      const alice = await first(server, "alice");
      let phone = await enter(server, [alice], of("mei", { device: "phone" }));
      const others = [await server.peer(), await server.peer()];
      for (const each of others)
        same([await each.hello(of("mei"))], ["connack 0 mei"], "one that does not say which");
      for (let i = 0; i < 5; i++) {
        const again = await server.peer();
        same([await again.hello(of("mei", { device: "phone" }))], ["connack 0 mei"], "again");
        same([await phone.over()], ["disconnect 0 you are here again"], "the old connection");
        phone = again;
        await chat(alice, [`${i}`]);
        for (const each of [phone, ...others])
          same([numbered(await each.line()).line], [said(alice, `${i}`)], "a device");
      }
      const bob = await enter(server, [alice], of("bob", { device: "phone" })); // of another user
      for (const each of [phone, ...others])
        same([await each.line()], [`recv 0 ${online(bob)}`], "a device");
      await alice.hears();
    },
  },
  {
    id: "v15/resume",
    since: "v15",
    clause:
      "a device that sends the last number it has seen hears what it has missed: once, in order, with the numbers that the others saw; also from the next server",
    needs: ["packets", "signals"],
    async run(server) {
      const [alice] = await server.join();
      const bob = await enter(server, [alice]);
      const texts = ["one", "two", "three", "four"].map((text) => server.fresh(text));
      await chat(alice, texts);
      const all = await kept(bob, said(alice, texts.at(-1) as string));
      same(
        all.map(({ number }) => `${number}`),
        ["1", "2", "3", "4"],
        "the numbers",
      );
      bob.socket.destroy();
      await alice.expect(offline(bob));
      await back(server, alice, all, 2);
      await back(server, alice, all, 4);
      const nothing = await server.peer();
      same([await nothing.hello()], [`connack 0 ${nothing.name}`], "after 0");
      same([await nothing.line()], [`recv 0 ${online(nothing)}`], "after 0");
      await chat(alice, ["five"]);
      same(shown(await kept(nothing, said(alice, "five"))), [`5 ${said(alice, "five")}`], "live");
      server.signal("SIGTERM");
      alice.end();
      nothing.socket.end();
      check((await server.ended()).code === 0, "the exit code is not 0");
      await server.kill();
      const [carol] = await server.join();
      await back(server, carol, [...all, { number: 5, line: said(alice, "five") }], 3);
    },
  },
  {
    id: "v15/resume-in-a-flood",
    since: "v15",
    alone: true,
    clause: "a user who comes back in a flood misses no line, and hears none twice",
    needs: ["packets", "args"],
    async run(server) {
      const [alice] = await server.join();
      let over = false;
      let count = 1;
      await chat(alice, ["flood 0"]);
      const flooding = async () => {
        for (; !over; count += 16) {
          const texts = Array.from({ length: 16 }, (_, i) => `flood ${count + i}`);
          await chat(alice, texts);
        }
        await chat(alice, ["the last"]);
      };
      let last = 1; // it has seen the first one
      const hears = (words: string) => {
        const { number, line } = numbered(words);
        if (number === 0) return;
        const right = `${last + 1} ${said(alice, `flood ${last}`)}`;
        same([`${number} ${line}`], [right], "what the device hears");
        last++;
      };
      const coming = async () => {
        for (let i = 0; i < 30; i++) {
          const device = await server.peer();
          await device.hello({ after: last });
          for (const live = count + 20 + i; last < live; ) hears(await device.line());
          device.socket.destroy();
        }
      };
      await Promise.all([flooding(), coming().finally(() => (over = true))]);
      const device = await enter(server, [], { after: last });
      const rest = shown(await kept(device, said(alice, "the last")));
      const missed = Array.from({ length: count - last }, (_, i) => {
        return `${last + i + 1} ${said(alice, `flood ${last + i}`)}`;
      });
      same(rest, [...missed, `${count + 1} ${said(alice, "the last")}`], "what was missed");
    },
  },
  {
    id: "v15/no-secret",
    since: "v15",
    clause: "a secret file that is missing or empty: one line on stderr, and exit code 1",
    needs: ["cli"],
    async run(server) {
      const file = server.file("none");
      const problem = /^--secret .*none/;
      await refuses(server, ["--secret", file], problem);
      for (const text of ["", "\n"]) {
        writeFileSync(file, text);
        await refuses(server, ["--secret", file], problem);
      }
      await refuses(server, ["--secret="], /^--secret /);
      check((await server.run("--secret", file)).code === 1, "the exit code is not 1");
    },
  },
  {
    id: "v15/guesser-is-slowed",
    since: "v15",
    alone: true,
    clause:
      "a thousand wrong tokens from one address slow down only that address; none of them lets anybody in",
    args: locked,
    needs: ["packets", "addresses"],
    async run(server) {
      const [mine, other] = ["127.9.9.1", "127.9.9.2"];
      const alice = await first(server, "alice");
      const wrong = { name: "bob", token: made("bob", 1) };
      let asked = 0;
      let refused = 0;
      const guesser = async () => {
        for (; asked < GUESSES; refused++) {
          asked++;
          const words = await answered(server, wrong, mine);
          check(/^connack 1\b/.test(words), `a wrong token: ${words}`);
        }
      };
      const guessing = Promise.all(Array.from({ length: GUESSERS }, guesser));
      const most = comes(() => refused >= GUESSES - GUESSERS, "the others are answered"); // the last may wait
      await Promise.race([most, guessing]);
      const start = performance.now();
      same([await answered(server, of("carol"), other)], ["connack 0 carol"], "another address");
      const ms = performance.now() - start;
      check(ms < 1000, `elsewhere, a right token takes ${ms.toFixed()} ms`);
      const late = await server.peer(mine);
      await late.write(hello(of("dave")));
      const wall = Date.now();
      await eventually(() => Date.now() - wall > 1500, "the time in which another one would be in");
      const heard = await alice.sync();
      check(!heard.some((line) => /\](bob|dave):/.test(line)), `let in: ${heard.join("; ")}`);
    },
  },
  ...["0", "-1", "x"].map(
    (seconds): Case => ({
      id: `v15/bad-login-timeout "${seconds}"`,
      since: "v15",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        await refuses(server, [`--login-timeout=${seconds}`], /^--login-timeout must be .*1/);
      },
    }),
  ),
];
