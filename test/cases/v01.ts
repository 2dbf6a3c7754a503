/** From the first chapter on: bytes become lines, connections come and go, the command line is checked. */
import { once } from "node:events";
import { createServer } from "node:net";
import type { Case } from "../harness/case.ts";
import type { Client } from "../harness/client.ts";
import { eventually } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { MAX_LINE, tooLong } from "../harness/wire.ts";

const MiB = 1024 * 1024;

/** One plain line that names what was wrong, and no stack trace. */
function plain(stderr: string, ...names: string[]): void {
  check(stderr.trimEnd().split("\n").length === 1, `not one line on stderr: ${stderr}`);
  for (const name of names) check(stderr.includes(name), `stderr does not name ${name}: ${stderr}`);
}

export const v01: Case[] = [
  {
    id: "v01/line-comes-back",
    since: "v01",
    clause: "the server sends a line back to the client that sent it",
    async run(server) {
      const [alice] = await server.join();
      const text = server.fresh("hello ");
      alice.send(text);
      await alice.expect(server.echo(alice, text));
    },
  },
  {
    id: "v01/echo-is-the-sender's-alone",
    since: "v01",
    until: "v01",
    clause: "in v01 only the sender hears its line",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const text = server.fresh("hello ");
      alice.send(text);
      await alice.expect(text);
      await bob.hears();
    },
  },
  {
    id: "v01/two-lines-in-one-packet",
    since: "v01",
    clause: "a message is a line, not a packet",
    fault: "framing: m1\\nm2\\n in one packet is one message",
    async run(server) {
      const [alice] = await server.join();
      const [one, two] = [server.fresh("m"), server.fresh("m")];
      alice.write(`${one}\n${two}\n`);
      await alice.expect(server.echo(alice, one), server.echo(alice, two));
    },
  },
  {
    id: "v01/line-in-many-packets",
    since: "v01",
    clause: "a message is a line, not a packet",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const text = server.fresh("slow ");
      await alice.packets(bob, ...`${text}\n`);
      await alice.hears(server.echo(alice, text));
    },
  },
  {
    id: "v01/split-utf8",
    since: "v01",
    clause: "a UTF-8 character stays whole, wherever TCP cuts the bytes",
    fault: "framing: a long Chinese line splits inside a character",
    async run(server) {
      const [alice, bob] = await server.join(2);
      const text = server.fresh("张三: 你好 👋");
      const bytes = Buffer.from(`${text}\n`);
      await alice.packets(bob, ...Array.from(bytes, (byte) => Uint8Array.of(byte)));
      await alice.hears(server.echo(alice, text));
    },
  },
  {
    id: "v01/long-chinese-line",
    since: "v01",
    clause: "a UTF-8 character stays whole, wherever TCP cuts the bytes",
    fault: "framing: a long Chinese line splits inside a character",
    async run(server) {
      const [alice] = await server.join();
      const line = server.fresh("龙".repeat((MAX_LINE - 4) / 3)); // 4,096 bytes
      alice.send(line);
      await alice.hears(server.echo(alice, line));
    },
  },
  {
    id: "v01/not-utf8",
    since: "v01",
    clause: "bytes that are not UTF-8 become U+FFFD",
    async run(server) {
      const [alice] = await server.join();
      const word = server.fresh("a");
      alice.write(Buffer.concat([Buffer.from(word), Uint8Array.of(0xff, 0x62, 0x0a)]));
      await alice.hears(server.echo(alice, `${word}\u{fffd}b`));
    },
  },
  {
    id: "v01/crlf",
    since: "v01",
    clause: "LF or CRLF ends a line",
    async run(server) {
      const [alice] = await server.join();
      const [one, two] = [server.fresh("one "), server.fresh("two ")];
      alice.write(`${one}\r\n${two}\r\n`);
      await alice.hears(server.echo(alice, one), server.echo(alice, two));
    },
  },
  {
    id: "v01/empty-line",
    since: "v01",
    clause: "an empty line gets no answer, and nobody hears it",
    fault: "framing: a bare newline broadcasts an empty message",
    async run(server) {
      const [alice] = await server.join();
      alice.write("\n\r\n\n");
      await alice.hears();
    },
  },
  {
    id: "v01/control-characters",
    since: "v01",
    clause: "control characters are taken out of a line; a tab becomes a space",
    async run(server) {
      const [alice] = await server.join();
      const word = server.fresh("h");
      alice.send(`a\tb \u{1b}[2Jc\rd\u{7}e\u{0}f\u{85}g\u{9b}${word}`);
      await alice.hears(server.echo(alice, `a b [2Jcdefg${word}`));
    },
  },
  {
    id: "v01/line-at-the-limit",
    since: "v01",
    clause: `a line may have ${MAX_LINE} bytes, without its line end`,
    async run(server) {
      const [alice] = await server.join();
      const line = server.fresh("x".repeat(MAX_LINE - 4));
      alice.write(`${line}\n${line}\r\n`);
      await alice.hears(server.echo(alice, line), server.echo(alice, line));
    },
  },
  {
    id: "v01/line-over-the-limit",
    since: "v01",
    clause:
      "a line over the limit: the sender gets one answer, its bytes up to the newline are dropped, and the connection stays open",
    fault: "framing: a 5,000-byte line becomes two messages and loses a byte",
    async run(server) {
      const [alice] = await server.join();
      for (const size of [MAX_LINE + 1, 5000, 100_000]) {
        alice.send("x".repeat(size));
        await alice.expect(tooLong);
      }
      await alice.hears();
    },
  },
  {
    id: "v01/endless-line",
    since: "v01",
    clause: "a line over the limit is dropped: it is not kept in memory",
    needs: ["memory"],
    async run(server) {
      const [alice] = await server.join();
      const before = server.memory();
      const chunk = Buffer.alloc(MiB, "x");
      for (let i = 0; i < 128; i++) await alice.write(chunk);
      alice.send("");
      await alice.hears(tooLong);
      const grown = server.memory() - before;
      check(grown < 96, `128 MiB without a newline cost ${grown.toFixed()} MiB of memory`);
    },
  },
  {
    id: "v01/half-close",
    since: "v01",
    clause:
      "when a client ends its side, its last line counts even without a newline, and it still gets the answer",
    async run(server) {
      const [alice] = await server.join();
      const [one, last] = [server.fresh("one "), server.fresh("last ")];
      alice.write(`${one}\n${last}`);
      alice.end();
      same(await alice.over(), [server.echo(alice, one), server.echo(alice, last)], "alice");
      check(alice.ended === "end", "the connection was reset, not ended");
    },
  },
  {
    id: "v01/reset",
    since: "v01",
    clause: "when a client resets its connection, nobody else is affected",
    async run(server) {
      const [alice, bob] = await server.join(2);
      alice.reset();
      await bob.sync();
      const carol = await server.connect();
      await carol.sync();
    },
  },
  {
    id: "v01/never-reads",
    since: "v01",
    until: "v01",
    clause:
      "a client that does not read delays nobody else, and takes only a bounded amount of memory",
    needs: ["memory"],
    async run(server) {
      const [bob] = await server.join();
      const before = server.memory();
      const alice = await server.connect({ stalled: true });
      const lines = 32_000;
      const flood = alice.write(`${"x".repeat(1000)}\n`.repeat(lines));
      for (let i = 0; i < 200; i++) await bob.sync();
      const grown = server.memory() - before;
      check(grown < 40, `a client that never reads cost ${grown.toFixed()} MiB of memory`);
      alice.read(); // now it does, and nothing is lost
      await flood;
      const heard = await alice.sync();
      check(heard.length === lines, `of ${lines} lines, ${heard.length} came back`);
    },
  },
  {
    id: "v01/churn-leaves-nothing",
    since: "v01",
    clause: "when a client has left, no descriptor of it stays open",
    fault: "row 8: the handler never closes the connection",
    needs: ["descriptors"],
    async run(server) {
      const [alice] = await server.join();
      const before = server.descriptors();
      for (let i = 0; i < 2000; i += 50) {
        const crowd = await Promise.all(
          Array.from({ length: 50 }, () => server.connect({ stalled: true })),
        );
        for (const [j, client] of crowd.entries()) {
          if (j % 2 === 0) client.end();
          if (j % 5 === 0) client.reset();
          else client.close();
        }
      }
      await eventually(
        () => server.descriptors() <= before,
        `the server is back to ${before} open descriptors`,
      );
      await alice.sync();
    },
  },
  {
    id: "v01/out-of-descriptors",
    since: "v01",
    clause:
      "when descriptors run out, clients that are connected can go on, and the server recovers",
    fault: "row 11: an accept error is ignored in a loop that spins",
    needs: ["ulimit", "cpu", "descriptors"],
    descriptors: 64,
    stderr: /^cannot accept: .*EMFILE/,
    async run(server) {
      const [alice] = await server.join();
      const crowd: Client[] = [];
      for (let i = 0; i < 100; i++) crowd.push(await server.connect());
      await eventually(
        () => crowd.some(({ ended }) => ended),
        "the server closes a connection that is too many",
      );
      const { cpu, wall } = { cpu: server.cpu(), wall: Date.now() };
      await eventually(() => Date.now() - wall > 500, "half a second, to see whether it spins");
      const share = (server.cpu() - cpu) / ((Date.now() - wall) / 1000);
      check(
        share < 0.5,
        `without free descriptors, the server uses ${(share * 100).toFixed()} % of a core`,
      );
      await alice.sync();
      const most = server.descriptors();
      for (const client of crowd) client.close();
      await eventually(
        () => server.descriptors() < most / 2,
        "the server's descriptors are free again",
      );
      const bob = await server.connect();
      await bob.sync();
      await alice.sync();
    },
  },
  {
    id: "v01/port-in-use",
    since: "v01",
    clause: "a port that is in use: one line on stderr names it, and the exit code is not 0",
    fault: "row 12: a listen failure ends with exit code 0",
    needs: ["cli"],
    async run(server) {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as { port: number };
      const { code, stderr } = await server.run("--port", `${port}`);
      other.close();
      check(
        code !== 0 && code !== null,
        `the exit code is ${code}: it must be a number other than 0`,
      );
      plain(stderr, `127.0.0.1:${port}`, "address already in use");
    },
  },
  ...(
    [
      ["--port", "70000"],
      ["--port", "http"],
      ["--port="],
      ["--port", "8e3"],
      ["--port"],
      ["--prot", "9000"],
      ["9000"],
      ["--host", "no such host"],
      ["--host="],
    ] as const
  ).map(
    (args): Case => ({
      id: `v01/bad-option ${args.join(" ")}`,
      since: "v01",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        const { code, stdout, stderr } = await server.run(...args);
        check(code !== 0 && code !== null, `exit code ${code}, stdout ${stdout}`);
        const named = args[0] === "--host" ? args[1] : args[0].replace("=", "");
        plain(stderr, named);
      },
    }),
  ),
  {
    id: "v01/help",
    since: "v01",
    clause: "--help lists the options",
    needs: ["cli"],
    async run(server) {
      const { code, stdout, stderr } = await server.run("--help");
      check(code === 0 && stderr === "", `exit code ${code}, stderr ${stderr}`);
      for (const option of ["--host", "--port", "--help"]) {
        check(stdout.includes(option), `${option} is not in: ${stdout}`);
      }
    },
  },
];
