/**
 * The terminal client: at a terminal, between pipes, and when the server goes away. The server of
 * v09 is v08's, file by file (`npm run steps` sees to that), and is proved there.
 */
import { type ChildProcessWithoutNullStreams, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { text as textOf } from "node:stream/consumers";
import { setTimeout as after } from "node:timers/promises";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { chapters } from "../../chapters/manifest.ts";
import { Client } from "../harness/client.ts";
import { hasPty, Pty } from "../harness/pty.ts";
import { command, freePort } from "../harness/target.ts";
import { FakeTerminal } from "../harness/terminal.ts";
import { said } from "../harness/wire.ts";

/** The chapter's client, or that of the exercise. */
const folder = pathToFileURL(
  process.env.CLIENT ?? fileURLToPath(new URL("../../chapters/v09-client", import.meta.url)),
).href;
type Chapter = typeof import("../../chapters/v09-client/client/chat.ts") &
  typeof import("../../chapters/v09-client/client/link.ts") &
  typeof import("../../chapters/v09-client/client/screen.ts");
const { Chat, Link, Screen }: Chapter = {
  ...(await import(`${folder}/client/chat.ts`)),
  ...(await import(`${folder}/client/link.ts`)),
  ...(await import(`${folder}/client/screen.ts`)),
};

/** A chapter's server, in this process. */
async function serve(id: string, port = 0) {
  const chapter = chapters.find((chapter) => chapter.id === id);
  const { Server } = await import(`../../chapters/${chapter?.folder}/server.ts`);
  const server = new Server({ idleSeconds: 300 });
  const address: { port: number } = await server.listen("127.0.0.1", port);
  const close = () => server.close(1);
  onTestFinished(close);
  return { port: address.port, close };
}

/** The options for a server of that chapter. */
const at = async (id: string) => ["--port", `${(await serve(id)).port}`];

/** What is no server of ours; it hears what the client sends, line by line. */
async function foreign(serve: (socket: Socket) => void) {
  const heard: string[] = [];
  const listener = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (bytes) => heard.push(...`${bytes}`.split("\n").slice(0, -1)));
    serve(socket);
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void listener.close());
  await once(listener, "listening");
  return { port: (listener.address() as { port: number }).port, heard };
}

async function connected(port: number) {
  const link = new Link("127.0.0.1", port);
  await link.connect();
  return link;
}

interface Seat {
  readonly columns?: number;
  readonly colours?: boolean;
  readonly reflow?: boolean;
  readonly chapter?: number;
}

/** The client at a terminal of its own. */
async function sit(port: number, name = "", { chapter, ...options }: Seat = {}) {
  const terminal = new FakeTerminal(options);
  const link = await connected(port);
  let over = false;
  const screen = new Screen(terminal.input, terminal.output);
  const running = new Chat(link, screen, name, chapter).run();
  const done = running.then(() => {
    over = true;
  });
  onTestFinished(async () => {
    if (!over) terminal.type("\u0003");
    await done;
  });
  await terminal.shows("0-4> ");
  return { terminal, done };
}

/** Somebody else, over a plain socket. */
async function other(port: number) {
  const client = await Client.connect("other", port);
  onTestFinished(() => client.close());
  await client.next();
  return client;
}

interface Scene extends Seat {
  readonly id?: string;
  readonly name?: string;
}

/** A chapter's server, bob over a plain socket, and the client; bob has heard of it. */
async function scene({ id = "v08", name = "", ...seat }: Scene = {}) {
  const { port } = await serve(id);
  const bob = await other(port);
  const sitting = await sit(port, name, seat);
  await bob.next();
  return { bob, ...sitting };
}

/** The same, with the client in public chat. */
async function inPublic(seat?: Seat) {
  const all = await scene(seat);
  await all.terminal.answers("1\r", "to all> ");
  return all;
}

/** `npm run client`, less npm. */
async function argv(...args: string[]): Promise<string[]> {
  return [...(await command(fileURLToPath(`${folder}/client/main.ts`))), ...args];
}

/** Whether the last line of a screen is this one. */
const last = (line: string) => (lines: string[]) => lines.at(-1) === line;

/** A program at a terminal of the system's own. */
function seat(program: readonly string[]) {
  const terminal = new Pty(program, { TERM: "xterm", TERM_PROGRAM: "" });
  onTestFinished(() => terminal.close());
  return terminal;
}

/** The client's process; and when it has ended, its exit code and what it said on stderr. */
async function start(args: readonly string[], stdio: StdioOptions = "pipe") {
  const [node = "", ...rest] = await argv(...args);
  const child = spawn(node, rest, { stdio }) as ChildProcessWithoutNullStreams;
  const ended = Promise.all([once(child, "close"), child.stderr ? textOf(child.stderr) : ""]);
  return { child, over: ended.then(([[code], stderr]) => ({ code, stderr })) };
}

/** The client between two pipes. An `endless` input stays open. */
async function pipe(input: string | { endless: string }, ...args: string[]) {
  const { child, over } = await start(args);
  child.stdin.on("error", () => {}); // it may have ended before it read everything
  if (typeof input === "string") child.stdin.end(input);
  else child.stdin.write(input.endless);
  const stdout = await textOf(child.stdout);
  return { ...(await over), lines: stdout.split("\n").slice(0, -1) };
}

describe("at a terminal", () => {
  test("v09/menu: each entry leads where it says", async () => {
    const { terminal, done } = await scene();
    await terminal.shows(
      /1 public chat .* 2 private chat .* 3 change name .* 4 who is online .* 0 quit/,
    );
    await terminal.answers("4\r", ":online...");
    await terminal.answers("3\r", "new name> ");
    await terminal.answers("张三\r", /you are now 张三\n(.*\n)*0-4>/);
    await terminal.answers("1\r", "to all> ");
    await terminal.answers("hello\r", "]张三:hello");
    await terminal.answers("exit\r", (lines) => lines.at(-1)?.startsWith("0-4>") === true);
    terminal.type("0\r");
    await done;
    expect(terminal.raw).toBe(false);
  });

  test("v09/words-not-lines: a line with spaces is one message", async () => {
    const { bob, terminal } = await scene();
    terminal.type("1\rhello world, how are you\r");
    expect(await bob.next()).toMatch(/:hello world, how are you$/);
    expect(await bob.sync()).toEqual([]);
  });

  test("v09/wrong-entry-does-not-quit: nor does bare Enter", async () => {
    const { terminal } = await scene();
    await terminal.answers("\r7\rfoo\r", '"7" is not on the menu');
    await terminal.shows('"foo" is not on the menu');
    await terminal.answers("4\r", ":online...");
  });

  test("v09/half-typed-line: what comes in goes above it, and it stays whole", async () => {
    const { bob, terminal } = await inPublic();
    await terminal.answers("你好 I am sti", "to all> 你好 I am sti");
    bob.send("one");
    bob.send("two");
    const lines = await terminal.shows(/:two\nto all> .*$/); // the prompt is drawn anew behind it
    expect(lines.slice(-3).map((line) => line.replace(/^\[.*:/, ""))).toEqual([
      "one",
      "two",
      "to all> 你好 I am sti",
    ]);
    bob.heard.splice(0);
    terminal.type("ll here\r");
    expect(await bob.next()).toMatch(/:你好 I am still here$/);
  });

  test("v09/half-typed-line-that-wraps: also when it is longer than the screen is wide", async () => {
    const { bob, terminal } = await inPublic({ columns: 40 });
    const text =
      "张三 and 李四 went up the hill, and then they came down the hill, and then up again";
    await terminal.answers(text, last(`to all> ${text}`));
    for (const word of ["one", "two", "three"]) bob.send(word);
    await terminal.shows((lines) => lines.some((line) => line.endsWith(":three")));
    const lines = await terminal.shows(last(`to all> ${text}`));
    const heard = lines.filter((line) => /:(one|two|three)$/.test(line));
    expect(heard.length).toBe(3);
    expect(lines.filter((line) => line.includes("went up")).length).toBe(1);
  });

  test("v09/wide-characters: the cursor and Backspace take them whole", async () => {
    const { bob, terminal } = await scene();
    await terminal.answers("1\r你好张三", "to all> 你好张三");
    for (const key of ["\u007f", "\u001b[D", "\u001b[D", "!", "\r"]) {
      terminal.type(key); // Backspace, two to the left; each by itself, as a keyboard sends them
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await bob.next()).toMatch(/:你!好张$/);
  });

  test("v09/history: the arrow keys bring back what was typed", async () => {
    const { bob, terminal } = await scene();
    terminal.type("1\rfirst\rsecond\r");
    for (const text of ["first", "second"]) expect(await bob.next()).toMatch(`:${text}`);
    terminal.type("\u001b[A\u001b[A\r");
    expect(await bob.next()).toMatch(/:first$/);
  });

  test("v09/history-of-its-own: what was said in private is not offered in public", async () => {
    const { bob, terminal } = await scene({ name: "alice" });
    bob.send("rename|bob");
    await bob.until("you are now bob");
    terminal.type("1\rgood morning\rexit\r2\rbob\ra secret\rexit\r1\r");
    await bob.until("alice says to you:a secret");
    await terminal.shows(last("to all> "));
    terminal.type("half typed");
    const up = "\u001b[A";
    const down = "\u001b[B";
    await terminal.answers(up.repeat(9), last("to all> good morning"));
    await terminal.answers(down.repeat(9), last("to all> half typed"));
    await terminal.answers(`\rexit\r2\rbob\r`, last("to bob> "));
    terminal.type(`${up}${up}\r`);
    await bob.until("alice says to you:a secret");
    expect(bob.heard.filter((line) => /\]alice:.*secret/.test(line))).toEqual([]);
  });

  test("v09/partner-with-a-bar: is refused, and nobody else gets the text", async () => {
    const { port, heard } = await foreign((socket) => {
      socket.on("data", (bytes) => {
        if (`${bytes}`.includes("who")) socket.write("[1.2.3.4:5]bob|x:online...\n");
      });
    });
    const { terminal } = await sit(port);
    await terminal.answers("2\r", "1  bob|x");
    await terminal.answers("1\r", 'no private chat with "bob|x"');
    await terminal.answers("bob|y\r", 'no private chat with "bob|y"');
    await terminal.answers("not for bob\rexit\r4\r", "]bob|x:online...");
    expect(heard).toEqual(["who", "who"]);
  });

  test("v09/private-chat: the list comes first, and a number or a name picks", async () => {
    const { bob, terminal } = await scene({ name: "alice" });
    bob.send("rename|张三");
    await bob.until("you are now 张三");
    await terminal.answers("2\r", /1 {2}张三\n2 {2}alice\nnumber or name>/);
    terminal.type("1\rpsst\rexit\r");
    expect(await bob.next()).toBe("alice says to you:psst");
    terminal.type("2\r张三\rand again\r");
    expect(await bob.next()).toBe("alice says to you:and again");
    await terminal.shows("to 张三>");
  });

  test.each([
    ["U+2028", "\u2028"],
    ["U+2029", "\u2029"],
    ["NEL", "\u0085"],
    ["VT", "\v"],
    ["FF", "\f"],
    ["CSI", "\u009b"],
  ])("v09/pasted-line-end: %s is no Enter, and no command to the terminal", async (_, end) => {
    const { bob, terminal } = await inPublic();
    await terminal.answers(`look:${end}exit${end}0`, "to all> look: exit 0");
    expect(terminal.written).not.toContain(end);
    terminal.type("\r");
    expect(await bob.next()).toMatch(/:look: exit 0$/);
  });

  test("v09/nobody-moves-the-cursor: what others say is no command to the terminal", async () => {
    const { port } = await foreign((socket) => {
      socket.write("[a]b:one\u001b[2J\u001b[Htwo\u009b1Athree\u0085four\vfive\ffive\rsix\u0007\n");
      socket.write("[c]d:\u001b]0;title\u0007\u0008\n");
    });
    const { terminal } = await sit(port);
    await terminal.shows("[a]b:one[2J[Htwo1Athreefourfivefivesix\n");
    await terminal.shows("[c]d:]0;title");
    for (const command of ["\u001b[2J", "\u001b]", "\u009b", "\u0085", "\v", "\f", "\u0007", "\b"])
      expect(terminal.written).not.toContain(command);
  });

  test("v09/line-too-long-to-show: one line says so", async () => {
    const { port } = await foreign((socket) => socket.write(`${"x".repeat(20_000)}\nafter\n`));
    const { terminal } = await sit(port);
    await terminal.shows("(a line that is too long to show)\nafter\n");
  });

  test.each([
    ["narrower", "most terminals", 60, 25, ""],
    ["wider", "most terminals", 25, 60, ""],
    ["narrower", "VS Code", 60, 25, "vscode"],
    ["wider", "VS Code", 25, 60, "vscode"],
  ])(
    "v09/resize: the half-typed line is drawn right in a %s window (%s)",
    async (_, __, from, to, program) => {
      vi.stubEnv("TERM_PROGRAM", program);
      onTestFinished(() => void vi.unstubAllEnvs());
      const { port } = await foreign((socket) => {
        socket.write("one\ntwo\nthree\n");
        socket.on("data", () => socket.write("four\n"));
      });
      const { terminal } = await sit(port, "", { columns: from, reflow: program === "" });
      await terminal.shows("three");
      const text = "张三went-up-the-hill,-and-then-李四-came-down-the-hill,-and-up-again!";
      await terminal.answers(`1\r${text}`, last(`to all> ${text}`));
      terminal.resize(to);
      const whole = ["one", "two", "three", "0-4> 1", `to all> ${text}`];
      await terminal.shows((lines) => `${lines.slice(-5)}` === `${whole}`);
      terminal.type("\u001b[D!"); // one to the left: the cursor is where it seems to be
      await terminal.shows(last(`to all> ${text.replace(/!$/, "!!")}`));
      terminal.resize(from);
      await terminal.answers("\r", /^three\n.*\n.*!!\nfour\n/m);
    },
  );

  test("v09/wide-at-the-edge: a character of two columns that does not fit goes below", async () => {
    const { port } = await serve("v08");
    const bob = await other(port);
    for (const columns of [20, 21]) {
      const { terminal } = await sit(port, "", { columns });
      await terminal.answers("1\r", last("to all> "));
      const text = "你好张三李四你好张三李四你好张三李四";
      await terminal.answers(text, last(`to all> ${text}`));
      bob.send("one");
      bob.send("two");
      const lines = await terminal.shows(/:one\n.*:two\nto all> 你/);
      expect(lines.at(-1)).toBe(`to all> ${text}`);
      expect(lines.filter((line) => line.includes("你")).length).toBe(1);
    }
  });

  test("v09/dumb-terminal: no command to it, and a menu that works", async () => {
    vi.stubEnv("TERM", "dumb");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { bob, terminal, done } = await scene({ name: "alice", colours: true });
    await terminal.shows("you are now alice");
    expect(terminal.raw).toBe(false);
    await terminal.answers("1\n", "to all> ");
    bob.send("hello");
    await terminal.shows(/to all> \n\[.*:hello\nto all> $/);
    await terminal.answers("hello,\u2028bob\nexit\n4\n", /\]alice:hello, bob\n/);
    await terminal.shows("]alice:online...");
    await terminal.answers("3\nal\n", /you are now al\n(.*\n)*0-4> $/);
    terminal.type("0\n");
    await done;
    expect(terminal.written).not.toMatch(/[^\P{Cc}\n]/u);
  });

  test.each([
    ["2", "v05", 5, "private chat"],
    ["3", "v04", 4, "change name"],
    ["4", "v03", 3, "who is online"],
    ["2", "v02", 2, "private chat"],
  ])(
    "v09/early-server: entry %s is not for %s, and nothing is sent",
    async (key, id, chapter, text) => {
      const { bob, terminal } = await scene({ id, name: "alice", chapter });
      await terminal.shows(`${key} ${text} (this server has none)`);
      await terminal.answers(`${key}\r`, `\n${text}: this server has none\n`);
      await terminal.answers("1\rhello\r", ":hello\n");
      const said = (await bob.sync()).map((line) => line.replace(/^.*:/, ""));
      expect(said).toEqual(["hello"]);
    },
  );

  test.each([
    ["v02", "2\r", "who is online"],
    ["v03", "4\r", "who is online"],
    ["v04", "3\ral\r", "change name"],
    ["v05", "2\rbob\rnot a secret\r", "private chat"],
  ])(
    "v09/learns: %s says to all what it does not know, and the menu says so from then on",
    async (id, keys, text) => {
      const { terminal } = await sit((await serve(id)).port);
      await terminal.answers(
        keys,
        `\n${text}: this server has none, and has said it to all\n1 public`,
      );
      const lines = await terminal.shows(last("0-4> "));
      expect(lines.join("\n")).toContain(`${text} (this server has none)`);
      await terminal.answers("2\r", "\nprivate chat: this server has none\n");
    },
  );

  test("v09/colours: names have one where the terminal has colours", async () => {
    const { port } = await serve("v08");
    const plain = await sit(port, "alice");
    const coloured = await sit(port, "bob", { colours: true });
    plain.terminal.type("1\rhello\r");
    await coloured.terminal.shows("]alice:hello");
    await plain.terminal.shows("]alice:hello");
    const visible = coloured.terminal.written.replaceAll("\u001b", "ESC");
    expect(visible).toMatch(/\]ESC\[3\dmaliceESC\[39m:hello/);
    expect(plain.terminal.written).toContain("]alice:hello");
  });

  test.each([
    ["Ctrl-C", "\u0003"],
    ["Ctrl-D", "\u0004"],
  ])("v09/end-of-input: %s quits, and leaves the terminal as it was", async (_, key) => {
    const { bob, terminal, done } = await scene();
    expect(terminal.raw).toBe(true);
    terminal.type(key);
    await done;
    expect(terminal.raw).toBe(false);
    expect(await bob.next()).toMatch(/:offline$/);
  });

  test("v09/server-gone: says so at once, refuses what is typed, comes back with its name", async () => {
    // Below those that systems give to whoever asks for any port: nobody takes it while the server is away.
    const { port, close } = await serve("v08", 20_000 + (process.pid % 10_000));
    const { terminal } = await sit(port, "张三");
    await terminal.shows("you are now 张三");
    terminal.type("1\r");
    await close();
    await terminal.shows("server is shutting down");
    await terminal.shows("the server is gone; next try in 1 s");
    await terminal.answers("anybody?\r", "not sent, the server is gone: anybody?");
    await terminal.shows("the server is gone; next try in 2 s");
    await serve("v08", port);
    await terminal.shows("the server is back");
    await terminal.answers("hello again\r", "]张三:hello again");
  });

  test("v09/quit: in any mode, and what else begins with a word of the menu is said", async () => {
    const { terminal, done } = await scene();
    await terminal.answers("1\r /quit? no:\r", ": /quit? no:");
    await terminal.answers("exit\r2\r", "number or name> ");
    terminal.type("nobody\rexit\r1\rquit\r");
    await done;
    expect(terminal.raw).toBe(false);
  });
});

describe.skipIf(!hasPty)("at a terminal of the system's own (needs python3)", () => {
  const text =
    "half a line, 你好, and long enough to go on in the second row of this very terminal";

  /** A shell, and as its job the client with half a line; what stands between the two, as npm does, waits for it. */
  async function halfTyped() {
    const { port } = await serve("v08");
    const bob = await other(port);
    const terminal = seat(["sh", "-i"]);
    await terminal.answers("PS1='SHELL''> '\r", "SHELL> ");
    const words = await argv("--port", `${port}`);
    const client = words.map((word) => `"${word}"`).join(" ");
    terminal.type(`sh -c 'echo job $$; ${client}; exit $?'\r`);
    await bob.next();
    await terminal.answers("1\r", "to all> ");
    terminal.type(text);
    const [, job] = /job (\d+)/.exec((await terminal.shows(`to all> ${text}`)).join("\n")) ?? [];
    return { terminal, bob, job: Number(job) };
  }

  /** Back in the foreground, the client shows it all again, and its keys work. */
  async function goesOn({ terminal, bob }: Awaited<ReturnType<typeof halfTyped>>) {
    await terminal.shows(/:one\nto all> half a line.*terminal$/);
    bob.send("two"); // the signal that continued it came before this, so when this is shown the keys are its own
    await terminal.shows(/:two\nto all> half a line.*terminal$/);
    terminal.type("\u001b[D!\r"); // one to the left
    for (const word of ["one", "two"]) expect(await bob.next()).toBe(said(bob, word));
    expect(await bob.next()).toMatch(/:half a line, 你好.*termina!l$/);
    await terminal.shows(/:two\nto all> half a line.*termina!l\n.*termina!l\nto all> $/);
    await terminal.answers("quit\r", /to all> quit\nSHELL> $/);
  }

  test("v09/ctrl-z: the shell has its terminal back; fg brings back the half-typed line", async () => {
    const seat = await halfTyped();
    await seat.terminal.answers("\u001a", /Stopped.*\n(.*\n)*SHELL> $/);
    await seat.terminal.answers(
      "stty -a | tr ' ' '\\n' | grep icanon\r",
      /grep icanon\nicanon\nSHELL> $/,
    );
    seat.bob.send("one");
    seat.terminal.type("fg\r");
    await goesOn(seat);
  });

  test("v09/stopped-from-outside: fg makes the terminal right again, whatever was done to it", async () => {
    const seat = await halfTyped();
    process.kill(-seat.job, "SIGSTOP");
    await seat.terminal.shows(/Stopped.*\n(.*\n)*SHELL> $/);
    seat.bob.send("one");
    seat.terminal.type("stty sane\nfg\n"); // the shell has had no chance to do that
    await goesOn(seat);
  });

  test("v09/ctrl-z-without-a-shell: there is nobody to continue it, so it goes on", async () => {
    const { port } = await serve("v08");
    const terminal = seat(await argv("--port", `${port}`));
    await terminal.shows("0-4> ");
    await terminal.answers("1\r", "to all> ");
    await terminal.answers("half\u001a a line\r", /to all> half a line\n.*:half a line\nto all> $/);
  });
});

describe("between pipes", () => {
  test.each(["v02", "v08"])("v09/pipe: sends lines, prints answers, ends (%s)", async (id) => {
    const { code, lines, stderr } = await pipe("hi\nhello world\nlast", ...(await at(id)));
    expect([code, stderr]).toEqual([0, ""]);
    const [online, ...said] = lines;
    const frame = online?.replace(/online$/, "");
    expect(said).toEqual([`${frame}hi`, `${frame}hello world`, `${frame}last`]);
  });

  test("v09/pipe-name: takes its name first", async () => {
    const { code, lines } = await pipe("hi\n", ...(await at("v08")), "--name", "张三");
    expect(code).toBe(0);
    expect(lines).toContain("you are now 张三");
    expect(lines.at(-1)).toMatch(/\]张三:hi$/);
  });

  test("v09/pipe-long: 5,000 lines, every answer in order", async () => {
    const input = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join("");
    const { code, lines } = await pipe(input, ...(await at("v08")));
    expect(code).toBe(0);
    expect(lines.slice(1).map((line) => line.replace(/^.*:/, ""))).toEqual(
      input.split("\n").slice(0, -1),
    );
  });

  test("v09/not-connected: one plain line and exit code 1", async () => {
    const port = await freePort();
    const { code, lines, stderr } = await pipe("hi\n", "--port", `${port}`);
    expect([code, lines]).toEqual([1, []]);
    expect(stderr).toBe(
      `cannot connect to 127.0.0.1:${port}: nobody serves there (npm run chapter v09 -- --port ${port} does)\n`,
    );
  });

  const [elsewhere] = Object.values(networkInterfaces())
    .flat()
    .flatMap((at) => (at && !at.internal && at.family === "IPv4" ? at.address : []));
  test.skipIf(!elsewhere)(
    "v09/not-connected-elsewhere: no command of ours helps on another host",
    async () => {
      const { stderr } = await pipe("", "--host", elsewhere ?? "", "--port", "9");
      expect(stderr).toBe(`cannot connect to ${elsewhere}:9: nobody serves there\n`);
    },
  );

  test("v09/no-such-host: is another reason, and is said", async () => {
    const { code, stderr } = await pipe("", "--host", "no-such-host.invalid", "--port", "9");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^cannot connect to no-such-host\.invalid:9: (there is no host|the host's name)/,
    );
    expect(stderr).not.toContain("nobody serves");
  });

  test("v09/pipe-slow-reader: slows the client down; what it does not read stays with the server", async () => {
    const [line, many] = [`${"x".repeat(1023)}\n`, 24 * 1024];
    let sent = 0;
    const { port } = await foreign(async (socket) => {
      for (; sent < line.length * many; sent += 64 * line.length)
        await new Promise((resolve) => socket.write(line.repeat(64), resolve));
      socket.end();
    });
    const { child } = await start(["--port", `${port}`], ["pipe", "pipe", "ignore"]); // the server ends first
    let [read, most] = [0, 0];
    for await (const chunk of child.stdout) {
      read += chunk.length;
      most = Math.max(most, sent - read);
      await after(2); // this is how slow it is
    }
    child.stdin.end();
    expect(read).toBe(line.length * many);
    // Kernels hold up to 4 MB for a reader who is slow, and a pipe a little more.
    expect(most / 1e6).toBeLessThan(12);
  });

  test("v09/pipe-reader-gone: ends quietly", async () => {
    const { port } = await foreign((socket) => {
      const again = () => socket.write("a line\n", (error) => !error && setImmediate(again));
      again();
    });
    const { child, over } = await start(["--port", `${port}`]);
    child.stdout.once("data", () => child.stdout.destroy());
    expect(await over).toEqual({ code: 0, stderr: "" });
  });

  test.skipIf(!existsSync("/dev/full"))(
    "v09/pipe-disk-full: one plain line and exit code 1",
    async () => {
      const full = openSync("/dev/full", "w");
      const { over } = await start(await at("v08"), ["pipe", full, "pipe"]);
      const stderr = "ENOSPC: no space left on device, write\n";
      expect(await over).toEqual({ code: 1, stderr });
    },
  );

  test.each([["reset"], ["end"]])("v09/pipe-server-lost: exit code 1 (%s)", async (how) => {
    const { port } = await foreign((socket) => {
      socket.once("data", () => (how === "reset" ? socket.resetAndDestroy() : socket.end()));
    });
    const { code, stderr } = await pipe({ endless: "hi\n" }, "--port", `${port}`);
    expect(code).toBe(1);
    expect(stderr).toBe("the server was gone before the answers were in\n");
  });

  test.each([
    [["--port", "x"], "--port"],
    [["--port", "0"], "--port"],
    [["--prot", "1"], "--prot"],
    [["alice"], "alice"],
    [["--host", ""], "--host"],
    [["--chapter", "who"], "--chapter"],
    [["--chapter", "v04", "--name", "al"], "--name"],
  ])("v09/bad-option: %j", async (args, named) => {
    const { code, stderr } = await pipe("", ...args);
    expect(code).toBe(1);
    expect(stderr.split("\n").length).toBe(2);
    expect(stderr).toContain(named);
  });
});

describe("the network half", () => {
  test("v09/retries: after 1, 2, 4 s", async () => {
    const { port, close } = await serve("v08");
    const link = await connected(port);
    const news = link.news();
    expect((await news.next()).value).toMatchObject({ kind: "line" });
    await close();
    const waits: unknown[] = [];
    const start = Date.now();
    for await (const each of news) {
      if (each.kind === "lost") waits.push(each.wait);
      if (waits.length === 3) break;
    }
    expect(waits).toEqual([1, 2, 4]);
    expect((Date.now() - start) / 1000).toBeGreaterThan(2.9);
    expect(await link.send(Buffer.from("hello\n"))).toBe(false);
    link.quit();
  });

  test("v09/quit-while-waiting: ends at once", async () => {
    const { port, close } = await serve("v08");
    const link = await connected(port);
    await close();
    let asked = 0;
    for await (const each of link.news()) {
      if (each.kind !== "lost" || each.wait < 2) continue;
      asked = Date.now();
      link.quit();
    }
    expect(Date.now() - asked).toBeLessThan(1900); // it would have waited two seconds
    expect(link.broken).toBe(false);
  });

  test("v09/kicked: does not come back by itself", async () => {
    const { port } = await foreign((socket) => {
      socket.end("hello\nyou were kicked: idle for 300 s\n");
    });
    const link = await connected(port);
    const news: unknown[] = [];
    for await (const each of link.news()) news.push(each.kind);
    expect(news).toEqual(["line", "line"]);
  });
});
