/** The server by its cases, and the page in a real browser: what it shows, what it sends, how it comes back. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { Server } from "../../chapters/v12-websocket/server.ts";
import { Web } from "../../chapters/v12-websocket/web.ts";
import { Browser, type Page } from "../harness/browser.ts";
import { findChrome } from "../harness/chrome.ts";
import { Client } from "../harness/client.ts";
import { eventually } from "../harness/server.ts";
import { freePort } from "../harness/target.ts";
import { bye, kicked, offline, renamed, said } from "../harness/wire.ts";
import { proveChapter } from "../prove.ts";

proveChapter("v12");

const chrome = findChrome();
const ELSEWHERE = "chat.example"; // a name that the browser is told to look for on this machine
let browser: Browser;

/** The chapter's server, in this process. */
async function serve({ webPort = 0, idleSeconds = 300, origins = [] as string[] } = {}) {
  const server = new Server({ idleSeconds });
  const web = new Web(server, { origins, pingSeconds: 30 });
  const url = await web.listen("127.0.0.1", webPort);
  const { port } = await server.listen("127.0.0.1", 0);
  const close = async () => {
    await server.close(1);
    web.close();
  };
  onTestFinished(close);
  return { url, port, close };
}

/** Somebody at the page, who knows by now who is there. */
async function visit(url: string): Promise<Page> {
  const page = await browser.open(url);
  onTestFinished(() => page.close());
  await page.shows("(you)");
  return page;
}

/** Somebody with a plain socket. */
async function other(port: number, name = ""): Promise<Client> {
  const client = await Client.connect("other", port);
  onTestFinished(() => client.close());
  await client.next(); // its own online
  if (name === "") return client;
  client.name = name;
  client.send(`rename|${name}`);
  await client.expect(renamed(name));
  return client;
}

async function type(page: Page, field: "line" | "name", text: string): Promise<void> {
  await page.run(`document.getElementById("${field}").select()`);
  await page.type(text);
  await page.press("Enter");
}

const choose = (page: Page, name: string) =>
  page.run(
    `[...document.querySelectorAll("#list label")].find((each) => each.textContent === ${JSON.stringify(name)}).click()`,
  );

const texts = (page: Page, selector: string) =>
  page.run<string[]>(
    `[...document.querySelectorAll("${selector}")].map((each) => each.textContent)`,
  );

const listed = async (page: Page) => (await texts(page, "#list bdi")).toSorted();
const spoken = (page: Page) => texts(page, "#log p:not(.notice)");
const typed = (page: Page) => page.run<string>("document.getElementById('line').value");

async function taken(page: Page, name: string): Promise<void> {
  await type(page, "name", name);
  await page.shows(`online as ${name}`);
}

describe.skipIf(chrome === undefined)("the page (needs Chrome or Chromium)", () => {
  beforeAll(() => {
    browser = new Browser(chrome ?? "", `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`);
  });
  afterAll(() => browser.close(), 60_000);

  test("v12/page-chat: two pages and a TCP client, in public and in private, under names", async () => {
    const { url, port } = await serve();
    const [alice, bob, carol] = [await visit(url), await visit(url), await other(port, "卡罗")];
    await taken(alice, "alice");
    await taken(bob, "bob");
    await type(alice, "line", "hello, all");
    await bob.shows("alice: hello, all");
    carol.send("from a terminal");
    for (const page of [alice, bob]) await page.shows("卡罗: from a terminal");
    await choose(alice, "卡罗");
    await type(alice, "line", "only you | me");
    await alice.shows("you to 卡罗, private: only you | me");
    await carol.until("alice says to you:only you | me");
    carol.send("to|alice|I know");
    await alice.shows("卡罗 to you, private: I know");
    carol.send("the end");
    await bob.shows("卡罗: the end");
    expect(await spoken(bob)).toEqual([
      "alice: hello, all",
      "卡罗: from a terminal",
      "卡罗: the end",
    ]);
    for (const page of [alice, bob]) expect(page.complaints).toEqual([]);
  });

  test("v12/page-names: the server's answers are shown", async () => {
    const { url, port } = await serve();
    const [page] = [await visit(url), await other(port, "bob")];
    await type(page, "name", "BOB");
    await page.shows("name BOB is taken");
    await type(page, "line", "to|nobody|hi");
    await page.shows("no user named nobody");
    await type(page, "line", "to|");
    await page.shows("usage: to|name|text");
  });

  test("v12/page-online: asks once, then goes by what it hears; Refresh asks again", async () => {
    const { url, port } = await serve();
    const early = await other(port, "early");
    const page = await visit(url);
    const [own = ""] = (await listed(page)).filter((name) => name.endsWith("(you)"));
    expect(await listed(page)).toEqual([own, "early"]);
    await page.run(`{
      const send = WebSocket.prototype.send;
      window.sent = [];
      WebSocket.prototype.send = function (line) { sent.push(line); send.call(this, line); };
    }`);
    const late = await other(port, "late");
    await page.shows(late.addr);
    expect(await listed(page)).toEqual([own, late.addr, "early"].toSorted());
    late.send("hi"); // only now does anybody hear the name
    await page.shows("late: hi");
    early.send("offline"); // nobody can tell this from the truth
    await page.shows("early: offline");
    expect(await listed(page)).toEqual([own, "late"]);
    expect(await page.run("sent")).toEqual([]);
    await page.run("document.getElementById('refresh').click()");
    await eventually(async () => (await listed(page)).length === 3, "all three are listed again");
    late.close();
    await page.shows("late: offline");
    expect(await listed(page)).toEqual([own, "early"]);
    expect(await spoken(page)).toEqual(["late: hi"]);
  });

  test("v12/page-says-online: a text that looks like an entry of the list is shown", async () => {
    const { url, port } = await serve();
    const [page, bob] = [await visit(url), await other(port, "bob")];
    // First while the page asks, for as long as the end of its question is held back; then when it does not.
    await page.run(`{
      const { send } = WebSocket.prototype;
      WebSocket.prototype.send = function (line) {
        if (line === "to|") window.release = () => send.call(this, line);
        else send.call(this, line);
      };
    }`);
    await page.run("document.getElementById('refresh').click()");
    await eventually(() => page.run("listed?.size === 2"), "the list, but for its end");
    for (const line of ["online...", "online...", "and now?"]) bob.send(line);
    await page.shows("bob: and now?");
    await page.run("release()");
    await eventually(() => page.run("listed === undefined"), "the list is over");
    for (const line of ["online...", "that was all"]) bob.send(line);
    await page.shows("bob: that was all");
    const bobs = ["online...", "online...", "and now?", "online...", "that was all"];
    expect(await spoken(page)).toEqual(bobs.map((line) => `bob: ${line}`));
    await type(page, "line", "who");
    await eventually(async () => (await spoken(page)).length === 7, "the list that was asked for");
  });

  test("v12/page-partner-gone: what was meant for one is said to nobody else", async () => {
    const { url, port } = await serve();
    const [page, bob, carol] = [await visit(url), await other(port, "bob"), await other(port)];
    bob.send("hi");
    await page.shows("bob: hi");
    await choose(page, "bob");
    bob.close();
    await page.shows("To nobody");
    await carol.until(offline(bob));
    await type(page, "line", "a secret");
    await page.shows("not sent: choose who is to hear it");
    carol.send("what else?");
    await carol.expect(said(carol, "what else?"));
    expect(await typed(page)).toBe("a secret");
    await choose(page, "everybody");
    await page.run("document.getElementById('line').focus()");
    await page.press("Enter");
    await page.shows(": a secret");
  });

  test("v12/page-markup: a text, a name and a private message are only ever text", async () => {
    const { url, port } = await serve();
    const [page, mallory] = [await visit(url), await other(port)];
    const markup = '<img src=x onerror=alert(1)><script>alert(2)</script><b id="line">';
    const name = "<img/src=x/onerror=alert(3)>";
    const elements = "document.querySelectorAll('img, script, b b, bdi *, [id=line]').length";
    const before = await page.run(elements);
    await taken(page, "me");
    for (const line of [markup, `rename|${name}`, markup, `to|me|${markup}`, "to|<b>|x"])
      mallory.send(line);
    await page.shows(`${name} to you, private: ${markup}`);
    expect(await spoken(page)).toEqual([
      `${mallory.addr}: ${markup}`,
      `${name}: ${markup}`,
      `${name} to you, private: ${markup}`,
    ]);
    await choose(page, name);
    await page.shows(`To ${name}`);
    await type(page, "line", markup);
    await page.shows(`you to ${name}, private: ${markup}`);
    await choose(page, "everybody");
    await taken(page, "<b>me</b>");
    await type(page, "line", `to|${markup}|x`);
    await page.shows(`no user named ${markup}`);
    expect(await page.run(elements)).toBe(before);
    expect(page.complaints).toEqual([]);
  });

  test("v12/page-server-gone: says so, keeps what is typed, comes back with its name", async () => {
    const webPort = await freePort();
    const first = await serve({ webPort });
    const page = await visit(first.url);
    await taken(page, "张三");
    await first.close();
    await page.shows("server is shutting down");
    await page.shows("the server is gone; next try in 1 s");
    expect(await listed(page)).toEqual([]);
    await type(page, "line", "anybody?");
    await page.shows("not sent: there is no connection");
    expect(await typed(page)).toBe("anybody?");
    await page.shows("the server is gone; next try in 2 s");
    const { port } = await serve({ webPort });
    const bob = await other(port, "bob");
    await page.shows("online as 张三");
    await page.press("Enter");
    await eventually(
      () => bob.heard.some((line) => line.endsWith("]张三:anybody?")),
      "bob hears it",
    );
    expect(await listed(page)).toEqual(["bob", "张三 (you)"]);
  });

  test("v12/page-waits: 30 s at most; its button tries at once", async () => {
    const webPort = await freePort();
    const first = await serve({ webPort });
    const page = await visit(first.url);
    await page.run("wait = 16");
    await first.close();
    await page.shows("the server is gone; next try in 16 s");
    const now = () => page.run("document.getElementById('again').click()");
    for (let i = 0; i < 2; i++) {
      await now();
      await page.shows("the server is gone; next try in 30 s");
    }
    await serve({ webPort });
    const start = Date.now();
    await now();
    await page.shows("(you)");
    expect(Date.now() - start).toBeLessThan(29_000); // by itself it would have waited 30 s
  });

  test.each([
    ["bye", "quit", bye],
    ["kick", "", kicked(1)],
  ])("v12/page-sent-away: does not come back by itself (%s)", async (_, line, last) => {
    const { url, port } = await serve({ idleSeconds: line ? 300 : 1 });
    const page = await visit(url);
    if (line) await type(page, "line", line);
    await page.shows(last);
    await page.shows("you are no longer in the chat");
    expect(await page.run("timer === undefined")).toBe(true);
    const bob = await other(port);
    await page.run("document.getElementById('again').click()");
    await page.shows("(you)");
    expect(await bob.next()).toMatch(/:online$/);
    expect(bob.heard).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  test("v12/page-flood: 10,000 lines; the page keeps the last 1,000, and answers", async () => {
    const { url, port } = await serve();
    const [page, bob] = [await visit(url), await other(port, "bob")];
    const layouts = await page.layouts();
    bob.send(Array.from({ length: 10_000 }, (_, i) => `line ${i}`).join("\n"));
    bob.send("to|nobody|hi"); // its answer shows that all is read
    await bob.until("no user named nobody");
    await type(page, "line", "I am here");
    await page.shows(": I am here");
    const lines = await texts(page, "#log p");
    expect(lines.length).toBe(1000);
    expect(lines.slice(-3, -1)).toEqual(["bob: line 9998", "bob: line 9999"]);
    // How long it takes depends on what else the machine has to do; how often all is laid out does not.
    expect((await page.layouts()) - layouts).toBeLessThan(1000);
  });

  test("v12/page-hidden: in a tab that nobody sees, nothing piles up", async () => {
    const { url, port } = await serve();
    const [page, bob] = [await visit(url), await other(port, "bob")];
    await page.hide();
    bob.send(Array.from({ length: 10_000 }, (_, i) => `line ${i}`).join("\n"));
    bob.send("rename|robert");
    bob.send("seen?");
    await eventually(
      async () => (await listed(page)).includes("robert"),
      "the page has read it all",
    );
    expect(await page.run("fresh.length")).toBe(1000);
    await page.reveal();
    await page.shows("robert: seen?");
    expect((await texts(page, "#log p")).length).toBe(1000);
  });

  test("v12/page-reads-on: whoever reads further up stays there; at the end, new lines come into view", async () => {
    const { url, port } = await serve();
    const [page, bob] = [await visit(url), await other(port, "bob")];
    const below = "log.scrollHeight - log.scrollTop - log.clientHeight";
    bob.send(Array.from({ length: 200 }, (_, i) => `line ${i}`).join("\n"));
    await page.shows("line 199");
    await eventually(() => page.run(`${below} < 1`), "the end is in view");
    await page.run("log.scrollTop = 100");
    await eventually(() => page.run("!atEnd"), "the page knows it");
    bob.send("one more");
    await page.shows("one more");
    expect(await page.run("log.scrollTop")).toBe(100);
  });

  test("v12/page-limits: a line that is too long stays in the field; a pasted line break is a space", async () => {
    const { url } = await serve();
    const page = await visit(url);
    const line = "你".repeat(1366); // 4,098 bytes
    await type(page, "line", line);
    await page.shows("not sent: too long, at most 4,096 bytes");
    expect(await typed(page)).toBe(line);
    await type(page, "line", "你".repeat(1365));
    await page.shows(`: ${"你".repeat(1365)}`);
    await type(page, "line", "one\ntwo");
    await page.shows(": one two");
    expect(await listed(page)).toHaveLength(1);
  });

  test("v12/page-keyboard: by Tab, arrows and Enter alone", async () => {
    const { url, port } = await serve();
    const bob = await other(port, "bob");
    const page = await visit(url);
    const focused = () =>
      page.run<string>("document.activeElement.id || document.activeElement.value");
    const reach = async (id: string) => {
      const passed: string[] = [];
      while ((await focused()) !== id) {
        await page.press("Tab");
        passed.push(await focused());
        if (passed.length > 20) throw new Error(`no way to ${id}, only to ${passed.join(", ")}`);
      }
    };
    await page.type("first");
    await page.press("Enter");
    await page.shows(": first");
    await reach("name");
    await page.type("alice");
    await page.press("Enter");
    await page.shows("online as alice");
    await page.run("document.querySelector('#list input').focus()"); // where Tab enters the list
    for (const name of ["alice", "bob"]) {
      await page.press("ArrowDown");
      await page.shows(`To ${name}`);
    }
    await reach("line");
    await page.type("psst");
    await page.press("Enter");
    await bob.until("alice says to you:psst");
    await reach("log");
    await reach("refresh");
  });

  test("v12/page-of-another-origin: is refused, and the own one is not", async () => {
    const { url } = await serve();
    const stranger = createServer((_, response) => response.end("<!doctype html>a stranger"));
    stranger.listen(0, "127.0.0.1");
    onTestFinished(() => void stranger.close());
    await eventually(() => stranger.listening, "the stranger serves");
    const page = await browser.open(`http://127.0.0.1:${(stranger.address() as AddressInfo).port}`);
    onTestFinished(() => page.close());
    const chat = `${url.replace("http", "ws")}/chat`;
    const end = await page.run(`new Promise((done) => {
      const socket = new WebSocket("${chat}");
      socket.onopen = () => done("open");
      socket.onclose = ({ code }) => done(code);
    })`);
    expect(end).toBe(1006);
    await eventually(() => /\b403\b/.test(page.complaints.join()), "the browser tells of a 403");
    await visit(url);
  });

  test("v12/page-by-another-name: says which option the server needs; with it, it chats", async () => {
    const webPort = await freePort();
    const origin = `http://${ELSEWHERE}:${webPort}`;
    const first = await serve({ webPort });
    const page = await browser.open(origin);
    onTestFinished(() => page.close());
    await page.shows(`(the server must be started with --origin ${origin}); next try in 1 s`);
    await first.close();
    await serve({ webPort, origins: [origin] });
    await page.run("document.getElementById('again').click()");
    await page.shows("(you)");
  });
});
