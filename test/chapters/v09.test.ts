/**
 * The terminal client: at a terminal, between pipes, and when the server goes away. The server of
 * v09 is v08's, file by file (`npm run steps` sees to that), and is proved there.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { chapters } from "../../chapters/manifest.ts";
import { Client } from "../harness/client.ts";
import { command } from "../harness/target.ts";
import { FakeTerminal } from "../harness/terminal.ts";

/** The chapter's client, or that of the exercise. */
const folder = pathToFileURL(
  process.env.CLIENT ?? fileURLToPath(new URL("../../chapters/v09-client", import.meta.url)),
).href;
type Chapter = typeof import("../../chapters/v09-client/chat.ts") &
  typeof import("../../chapters/v09-client/link.ts") &
  typeof import("../../chapters/v09-client/screen.ts");
const { Chat, Link, Screen }: Chapter = {
  ...(await import(`${folder}/chat.ts`)),
  ...(await import(`${folder}/link.ts`)),
  ...(await import(`${folder}/screen.ts`)),
};

/** A chapter's server, in this process. */
async function serve(id: string, port = 0) {
  const chapter = chapters.find((chapter) => chapter.id === id);
  const { Server } = await import(`../../chapters/${chapter?.folder}/server.ts`);
  const server = new Server(300);
  const address: { port: number } = await server.listen("127.0.0.1", port);
  const close = () => server.close(1);
  onTestFinished(close);
  return { port: address.port, close };
}

/** The client at a terminal of its own. */
async function sit(port: number, name = "", options = {}) {
  const terminal = new FakeTerminal(options);
  const link = new Link("127.0.0.1", port);
  await link.connect();
  let over = false;
  const running = new Chat(link, new Screen(terminal.input, terminal.output), name).run();
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

/** `npm run client`, less npm, between two pipes. An `endless` input stays open. */
async function pipe(input: string | { endless: string }, ...args: string[]) {
  const client = fileURLToPath(`${folder}/client.ts`);
  const [node = "", ...argv] = await command(client);
  const child = spawn(node, [...argv, ...args]);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text) => {
    stderr += text;
  });
  child.stdin.on("error", () => {}); // it may have ended before it read everything
  if (typeof input === "string") child.stdin.end(input);
  else child.stdin.write(input.endless);
  const [code] = await once(child, "close");
  return { code, lines: stdout.split("\n").slice(0, -1), stderr };
}

describe("at a terminal", () => {
  test("v09/menu: each entry leads where it says", async () => {
    const { port } = await serve("v08");
    const { terminal, done } = await sit(port);
    await terminal.shows(
      /1 public chat .* 2 private chat .* 3 change name .* 4 who is online .* 0 quit/,
    );
    terminal.type("4\r");
    await terminal.shows(":online...");
    terminal.type("3\r");
    await terminal.shows("new name> ");
    terminal.type("张三\r");
    await terminal.shows(/you are now 张三\n(.*\n)*0-4>/);
    terminal.type("1\r");
    await terminal.shows("to all> ");
    terminal.type("hello\r");
    await terminal.shows("]张三:hello");
    terminal.type("exit\r");
    await terminal.shows((lines) => lines.at(-1)?.startsWith("0-4>") === true);
    terminal.type("0\r");
    await done;
    expect(terminal.raw).toBe(false);
  });

  test("v09/words-not-lines: a line with spaces is one message", async () => {
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal } = await sit(port);
    await bob.next();
    terminal.type("1\rhello world, how are you\r");
    expect(await bob.next()).toMatch(/:hello world, how are you$/);
    expect(await bob.sync()).toEqual([]);
  });

  test("v09/wrong-entry-does-not-quit: nor does bare Enter", async () => {
    const { port } = await serve("v08");
    const { terminal } = await sit(port);
    terminal.type("\r7\rfoo\r");
    await terminal.shows('"7" is not on the menu');
    await terminal.shows('"foo" is not on the menu');
    terminal.type("4\r");
    await terminal.shows(":online...");
  });

  test("v09/half-typed-line: what comes in goes above it, and it stays whole", async () => {
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal } = await sit(port);
    terminal.type("1\r");
    await terminal.shows("to all> ");
    terminal.type("你好 I am sti");
    await terminal.shows("to all> 你好 I am sti");
    bob.send("one");
    bob.send("two");
    const lines = await terminal.shows(":two");
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
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal } = await sit(port, "", { columns: 40 });
    terminal.type("1\r");
    await terminal.shows("to all> ");
    const text =
      "张三 and 李四 went up the hill, and then they came down the hill, and then up again";
    terminal.type(text);
    await terminal.shows((lines) => lines.at(-1) === `to all> ${text}`);
    for (const word of ["one", "two", "three"]) bob.send(word);
    const lines = await terminal.shows((lines) => lines.some((line) => line.endsWith(":three")));
    await terminal.shows((lines) => lines.at(-1) === `to all> ${text}`);
    const heard = lines.filter((line) => /:(one|two|three)$/.test(line));
    expect(heard.length).toBe(3);
    expect(lines.filter((line) => line.includes("went up")).length).toBe(1);
  });

  test("v09/wide-characters: the cursor and Backspace take them whole", async () => {
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal } = await sit(port);
    await bob.next();
    terminal.type("1\r你好张三");
    await terminal.shows("to all> 你好张三");
    for (const key of ["\u007f", "\u001b[D", "\u001b[D", "!", "\r"]) {
      terminal.type(key); // Backspace, two to the left; each by itself, as a keyboard sends them
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await bob.next()).toMatch(/:你!好张$/);
  });

  test("v09/history: the arrow keys bring back what was typed", async () => {
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal } = await sit(port);
    await bob.next();
    terminal.type("1\rfirst\rsecond\r");
    for (const text of ["first", "second"]) expect(await bob.next()).toMatch(`:${text}`);
    terminal.type("\u001b[A\u001b[A\r");
    expect(await bob.next()).toMatch(/:first$/);
  });

  test("v09/private-chat: the list comes first, and a number or a name picks", async () => {
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal } = await sit(port, "alice");
    await bob.next();
    bob.send("rename|张三");
    await bob.until("you are now 张三");
    terminal.type("2\r");
    await terminal.shows(/1 {2}张三\n2 {2}alice\nnumber or name>/);
    terminal.type("1\rpsst\rexit\r");
    expect(await bob.next()).toBe("alice says to you:psst");
    terminal.type("2\r张三\rand again\r");
    expect(await bob.next()).toBe("alice says to you:and again");
    await terminal.shows("to 张三>");
  });

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
    const { port } = await serve("v08");
    const bob = await other(port);
    const { terminal, done } = await sit(port);
    expect(terminal.raw).toBe(true);
    terminal.type(key);
    await done;
    expect(terminal.raw).toBe(false);
    expect([await bob.next(), await bob.next()].join()).toMatch(/:online,.*:offline$/);
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
    terminal.type("anybody?\r");
    await terminal.shows("not sent, the server is gone: anybody?");
    await terminal.shows("the server is gone; next try in 2 s");
    await serve("v08", port);
    await terminal.shows("the server is back");
    terminal.type("hello again\r");
    await terminal.shows("]张三:hello again");
  });

  test("v09/quit: in any mode, and what else begins with a word of the menu is said", async () => {
    const { port } = await serve("v08");
    const { terminal, done } = await sit(port);
    terminal.type("1\r /quit? no:\r");
    await terminal.shows(": /quit? no:");
    terminal.type("exit\r2\r");
    await terminal.shows("number or name> ");
    terminal.type("nobody\rexit\r1\rquit\r");
    await done;
    expect(terminal.raw).toBe(false);
  });
});

describe("between pipes", () => {
  test.each(["v02", "v08"])("v09/pipe: sends lines, prints answers, ends (%s)", async (id) => {
    const { port } = await serve(id);
    const { code, lines, stderr } = await pipe("hi\nhello world\nlast", "--port", `${port}`);
    expect([code, stderr]).toEqual([0, ""]);
    const [online, ...said] = lines;
    const frame = online?.replace(/online$/, "");
    expect(said).toEqual([`${frame}hi`, `${frame}hello world`, `${frame}last`]);
  });

  test("v09/pipe-name: takes its name first", async () => {
    const { port } = await serve("v08");
    const { code, lines } = await pipe("hi\n", "--port", `${port}`, "--name", "张三");
    expect(code).toBe(0);
    expect(lines).toContain("you are now 张三");
    expect(lines.at(-1)).toMatch(/\]张三:hi$/);
  });

  test("v09/pipe-long: 5,000 lines, every answer in order", async () => {
    const { port } = await serve("v08");
    const input = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join("");
    const { code, lines } = await pipe(input, "--port", `${port}`);
    expect(code).toBe(0);
    expect(lines.slice(1).map((line) => line.replace(/^.*:/, ""))).toEqual(
      input.split("\n").slice(0, -1),
    );
  });

  test("v09/not-connected: one plain line and exit code 1", async () => {
    const listener = createServer().listen(0, "127.0.0.1");
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    listener.close();
    await once(listener, "close");
    const { code, lines, stderr } = await pipe("hi\n", "--port", `${port}`);
    expect([code, lines]).toEqual([1, []]);
    expect(stderr).toMatch(/^cannot connect to 127\.0\.0\.1:\d+: .*\n$/);
  });

  test.each([["reset"], ["end"]])("v09/pipe-server-lost: exit code 1 (%s)", async (how) => {
    const listener = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => (how === "reset" ? socket.resetAndDestroy() : socket.end()));
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void listener.close());
    await once(listener, "listening");
    const { port } = listener.address() as { port: number };
    const { code, stderr } = await pipe({ endless: "hi\n" }, "--port", `${port}`);
    expect(code).toBe(1);
    expect(stderr).toBe("the server was gone before the answers were in\n");
  });

  test.each([
    [["--port", "x"], "--port"],
    [["--port", "0"], "--port"],
    [["--prot", "1"], "--prot"],
    [["alice"], "alice"],
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
    const link = new Link("127.0.0.1", port);
    await link.connect();
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
    const link = new Link("127.0.0.1", port);
    await link.connect();
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
    const listener = createServer((socket) => {
      socket.end("hello\nyou were kicked: idle for 300 s\n");
      socket.resume();
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void listener.close());
    await once(listener, "listening");
    const link = new Link("127.0.0.1", (listener.address() as { port: number }).port);
    await link.connect();
    const news: unknown[] = [];
    for await (const each of link.news()) news.push(each.kind);
    expect(news).toEqual(["line", "line"]);
  });
});
