/** From v10 on: what a server says of itself over HTTP, on a port of its own. */
import { once } from "node:events";
import { connect } from "node:net";
import type { Case } from "../harness/case.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check, same } from "../harness/transcript.ts";
import { bye, kicked, offline, online, said, shutdown, told } from "../harness/wire.ts";
import { chatUntil } from "./v02.ts";

const web = ["web"] as const;
const DELAY = "chat_broadcast_delay_seconds";

/** The figures of `/metrics`, each by its name and labels as they stand there: `chat_tasks{kind="handler"}`. */
export async function figures(server: Server): Promise<Map<string, number>> {
  const { status, text } = await server.get("/metrics");
  check(status === 200, `/metrics is answered with ${status}`);
  const rows = text.matchAll(/^([a-zA-Z_:][\w:]*(?:\{[^}]*\})?) (\S+)/gm);
  return new Map([...rows].map(([, name = "", value]) => [name, Number(value)]));
}

/** They come to these values: whoever has left may take a moment to be gone. Else says which do not. */
export async function come(
  server: Server,
  expected: Readonly<Record<string, number>>,
): Promise<void> {
  let found = new Map<string, number>();
  const wrong = () =>
    Object.entries(expected)
      .filter(([name, value]) => found.get(name) !== value)
      .map(([name, value]) => `${name} ${value} (it is ${found.get(name)})`);
  const all = async () => {
    found = await figures(server);
    return wrong().length === 0;
  };
  await eventually(all, "figures").catch((error) => {
    check(found.size === 0, wrong().join(", "));
    throw error; // none were to be had at all, and this says why
  });
}

/** A client of the web port that sends bytes as they are, and reads nothing. */
export async function deafClient(server: Server) {
  const { port, hostname: host } = new URL(await server.web());
  const socket = connect({ port: Number(port), host });
  socket.on("error", () => {}); // the server may end it at any time
  await once(socket, "connect");
  return socket.pause();
}

export const v10: Case[] = [
  {
    id: "v10/healthz",
    since: "v10",
    clause: "GET /healthz: 200 and `ok` while the server serves",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      const { status, text, type } = await server.get("/healthz");
      same([`${status} ${text.trim()}`], ["200 ok"], "/healthz");
      check(type.startsWith("text/plain"), `its type is ${type}`);
      await alice.hears();
    },
  },
  {
    id: "v10/healthz-while-it-ends",
    since: "v10",
    clause: "GET /healthz: 503 from the moment the server begins to shut down until it has ended",
    needs: [...web, "signals"],
    args: ["--grace", "2"],
    async run(server) {
      const [alice] = await server.join();
      const bob = await server.connect({ stalled: true });
      await alice.expect(online(bob));
      server.signal("SIGTERM");
      await alice.expect(shutdown);
      const { status, text } = await server.get("/healthz");
      check(status === 503, `while the shutdown waits for bob, /healthz answers ${status} ${text}`);
      check((await server.ended()).code === 0, "the exit code is not 0");
    },
  },
  {
    id: "v10/nothing-else-is-there",
    since: "v10",
    clause: "any other path: 404",
    needs: web,
    async run(server) {
      await server.join();
      const free = server.chapter < "v12" ? ["/"] : []; // there, it is the chat page
      for (const path of [...free, "/metricsx", "/healthz/", "/TASKS", "/../metrics%00", "//"]) {
        const { status } = await server.get(path);
        check(status === 404, `${path} is answered with ${status}`);
      }
    },
  },
  {
    id: "v10/figures-of-a-scene",
    since: "v10",
    clause: "GET /metrics: who is online, what was said and heard, who left, and why",
    needs: web,
    args: ["--idle-timeout", "2"],
    async run(server) {
      const [alice, bob, carol] = await server.join(3);
      const all = [alice, bob, carol];
      alice.send("hi");
      for (const each of all) await each.expect(said(alice, "hi"));
      bob.send(`to|${alice.addr}|psst`);
      await alice.expect(told(bob, "psst"));
      carol.send("quit");
      await carol.expect(bye);
      await carol.over();
      for (const each of [alice, bob]) await each.expect(offline(carol));
      bob.end();
      await alice.expect(offline(bob));
      const dave = await server.connect();
      await alice.expect(online(dave));
      await dave.expect(online(dave));
      await dave.reset();
      await alice.expect(offline(dave));
      const erin = await server.connect();
      await alice.expect(online(erin));
      erin.rest();
      await erin.expect(online(erin), kicked(2));
      await alice.expect(offline(erin));
      await come(server, {
        chat_users: 1,
        chat_messages_queue_bytes: 0,
        chat_outbox_bytes_max: 0,
        'chat_lines_total{kind="say"}': 1,
        'chat_lines_total{kind="tell"}': 1,
        'chat_lines_total{kind="join"}': 5,
        'chat_lines_total{kind="leave"}': 4,
        // Three have come, 1 + 2 + 3; hi, 3; psst, 1; carol, 2; bob, 1; dave, 2 + 1; erin, 2 + 1.
        chat_deliveries_total: 19,
        'chat_left_total{reason="quit"}': 1,
        'chat_left_total{reason="end"}': 1,
        'chat_left_total{reason="reset"}': 1,
        'chat_left_total{reason="kick"}': 1,
        'chat_left_total{reason="cut off"}': 0,
      });
    },
  },
  {
    id: "v10/figures-of-a-stalled-reader",
    since: "v10",
    alone: true,
    clause:
      "chat_outbox_bytes_max says how many bytes wait for the slowest user; a user who is cut off is counted as `cut off`",
    needs: web,
    async run(server) {
      const [bob, carol] = await server.join(2);
      const alice = await server.connect({ stalled: true });
      await bob.expect(online(alice));
      let most = 0;
      let gone = false;
      const looking = async () => {
        while (!gone) {
          const waiting = (await figures(server)).get("chat_outbox_bytes_max") ?? 0;
          most = Math.max(most, waiting);
        }
      };
      const out = () => {
        gone ||= bob.heard.splice(0).includes(offline(alice));
        return gone;
      };
      await Promise.all([looking(), chatUntil(carol, out, 64 * 1024 * 1024)]);
      check(most > 1024 * 1024, `at most ${most} bytes were seen to wait for alice`);
      await come(server, {
        chat_users: 2,
        chat_outbox_bytes_max: 0,
        'chat_left_total{reason="cut off"}': 1,
      });
    },
  },
  {
    id: "v10/delays",
    since: "v10",
    clause: `${DELAY}: a histogram in seconds, with an entry for each line that was carried out`,
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      for (let i = 0; i < 20; i++) alice.send(`line ${i}`);
      for (let i = 0; i < 20; i++) await alice.expect(said(alice, `line ${i}`));
      await come(server, { [`${DELAY}_count`]: 21 });
      const found = await figures(server);
      const steps = [...found].filter(([name]) => name.startsWith(`${DELAY}_bucket`));
      const counts = steps.map(([, count]) => count);
      check(steps.length > 5, `it has ${steps.length} steps`);
      same(
        counts.map(String),
        counts.toSorted((a, b) => a - b).map(String),
        "each step holds those before it",
      );
      check(
        counts.at(-1) === 21 && steps.at(-1)?.[0].includes('le="+Inf"') === true,
        'the last one, le="+Inf", holds all',
      );
      const sum = found.get(`${DELAY}_sum`) ?? 0;
      check(sum > 0 && sum < 21 * 20, `together they are ${sum} s`);
    },
  },
  {
    id: "v10/metrics-are-prometheus-text",
    since: "v10",
    clause: "GET /metrics: Prometheus's text format; each figure has its HELP and TYPE",
    needs: web,
    async run(server) {
      await server.join();
      const { text, type } = await server.get("/metrics");
      check(/^text\/plain;.*version=(0\.0\.4|1\.0\.0)/.test(type), `its type is ${type}`);
      const types = {
        users: "gauge",
        messages_queue_bytes: "gauge",
        outbox_bytes_max: "gauge",
        tasks: "gauge",
        broadcast_delay_seconds: "histogram",
        lines_total: "counter",
        deliveries_total: "counter",
        left_total: "counter",
      };
      for (const [name, kind] of Object.entries(types)) {
        check(text.includes(`# TYPE chat_${name} ${kind}\n`), `chat_${name} is no ${kind}`);
        check(new RegExp(`^# HELP chat_${name} \\S`, "m").test(text), `chat_${name} has no HELP`);
      }
      check(text.endsWith("\n"), "the last line has no newline");
    },
  },
  {
    id: "v10/tasks",
    since: "v10",
    clause:
      "GET /tasks: how many tasks of each kind are running; /tasks?names: the name of each task",
    needs: ["cli"],
    async run(server) {
      const [alice] = await server.join();
      const bob = await server.connect();
      await alice.expect(online(bob));
      const counted = async () =>
        (await server.get("/tasks")).text.trimEnd().split("\n").toSorted();
      const own = ["1 broadcaster", ...(server.chapter < "v13" ? [] : ["1 historian"])];
      same(await counted(), [...own, "2 handler", "2 writer"], "/tasks");
      await come(server, { 'chat_tasks{kind="handler"}': 2, 'chat_tasks{kind="writer"}': 2 });
      const { text } = await server.get("/tasks?names");
      for (const { addr } of [alice, bob])
        for (const kind of ["handler", "writer"])
          check(text.includes(`${kind} ${addr}\n`), `there is no ${kind} ${addr} in: ${text}`);
      bob.end();
      await alice.expect(offline(bob));
      bob.close();
      await come(server, { 'chat_tasks{kind="handler"}': 1, 'chat_tasks{kind="writer"}': 1 });
      same(await counted(), [...own, "1 handler", "1 writer"].toSorted(), "/tasks");
    },
  },
  {
    id: "v10/a-thousand-scrapes-in-a-flood",
    since: "v10",
    alone: true,
    clause:
      "requests to the web port do not change the order of the chat, and they are answered even in a flood",
    needs: web,
    async run(server) {
      const [alice, bob] = await server.join(2);
      let answered = 0;
      const scrape = async () => {
        while (answered < 1000) {
          const { status } = await server.get(answered % 2 === 0 ? "/metrics" : "/tasks");
          check(status === 200, `one of the answers was ${status}`);
          answered++;
        }
      };
      const all = Promise.all([scrape(), scrape(), scrape(), scrape()]);
      const flood = chatUntil(alice, () => answered >= 1000, Number.POSITIVE_INFINITY);
      const [lines] = await Promise.all([flood, all]);
      same(
        await bob.sync(),
        lines.map((line) => said(alice, line)),
        "bob",
      );
    },
  },
  {
    id: "v10/whoever-asks-and-never-reads",
    since: "v10",
    alone: true,
    clause: "a client of the web port that never reads delays neither the chat nor the shutdown",
    needs: [...web, "memory", "signals"],
    args: ["--grace", "10"],
    async run(server) {
      const [alice, bob] = await server.join(2);
      const before = server.memory();
      const asks = Buffer.from("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2000));
      const deaf = await Promise.all(Array.from({ length: 10 }, () => deafClient(server)));
      for (const socket of deaf) socket.write(asks);
      for (let i = 0; i < 100; i++) {
        alice.send(`line ${i}`);
        await bob.expect(said(alice, `line ${i}`));
      }
      await come(server, { chat_users: 2 });
      const grown = server.memory() - before;
      check(grown < 150, `ten who ask and never read cost ${grown.toFixed()} MiB of memory`);
      server.signal("SIGTERM");
      for (const each of [alice, bob]) {
        await each.until(shutdown);
        each.end();
      }
      const { code, last } = await server.ended();
      for (const socket of deaf) socket.destroy();
      same(
        [`${code}, ${last}`],
        ["0, closed: 2 users, 0 cut off, 0 tasks left"],
        "the closing line",
      );
    },
  },
  {
    id: "v10/what-is-no-http",
    since: "v10",
    clause: "bytes that are not HTTP end their own connection, and no other one",
    needs: web,
    async run(server) {
      const [alice] = await server.join();
      for (const bytes of [
        "rename|x\n",
        "GET\r\n\r\n",
        `GET / HTTP/1.1\r\n${"x".repeat(100_000)}`,
        "\0\xff\n\n",
      ]) {
        const socket = (await deafClient(server)).resume();
        socket.write(bytes, "latin1");
        await new Promise<void>((over) => socket.once("close", () => over()));
      }
      check((await server.get("/healthz")).status === 200, "/healthz does not answer 200 any more");
      await alice.hears();
    },
  },
  {
    id: "v10/web-port-in-use",
    since: "v10",
    clause:
      "a web port that is in use: one line on stderr, and the exit code is not 0; nobody is served",
    needs: ["cli"],
    async run(server) {
      await server.join();
      const { port } = new URL(await server.web());
      const { code, stdout, stderr } = await server.run("--web-port", port);
      check(
        code !== 0 && code !== null,
        `the exit code is ${code}: it must be a number other than 0`,
      );
      check(
        /^[^\n]*EADDRINUSE[^\n]*\n$/.test(stderr) && stderr.includes(port),
        `stderr must be one line that says what is wrong: ${stderr}`,
      );
      same([stdout], [""], "what it printed");
    },
  },
  ...["-1", "1.5", "x", "65536", ""].map(
    (port): Case => ({
      id: `v10/bad-web-port "${port}"`,
      since: "v10",
      clause: "a bad option: one line on stderr names it, and the exit code is not 0",
      needs: ["cli"],
      async run(server) {
        const { code, stderr } = await server.run(`--web-port=${port}`);
        check(
          code !== 0 && code !== null,
          `the exit code is ${code}: it must be a number other than 0`,
        );
        check(
          /^--web-port must be .*\n$/.test(stderr),
          `stderr must be one line that says what is wrong: ${stderr}`,
        );
      },
    }),
  ),
];
