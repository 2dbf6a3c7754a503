/** The server by its cases, and what the page makes of a history: old lines, and nothing else. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { History } from "../../chapters/v13-history/history.ts";
import { FileStore } from "../../chapters/v13-history/history-file.ts";
import { Server } from "../../chapters/v13-history/server.ts";
import { Web } from "../../chapters/v13-history/web.ts";
import { Browser, type Page } from "../harness/browser.ts";
import { findChrome } from "../harness/chrome.ts";
import { Client } from "../harness/client.ts";
import { proveChapter } from "../prove.ts";

proveChapter("v13");

const chrome = findChrome();
let browser: Browser;

/** The chapter's server, in this process, and somebody who has said all that could be taken for something else. */
async function serve(replay: number) {
  const folder = mkdtempSync(join(tmpdir(), "chat-page-"));
  const history = new History(new FileStore(join(folder, "history.jsonl")), replay);
  await history.open();
  const server = new Server({ idleSeconds: 300, history });
  const web = new Web(server, { origins: [], pingSeconds: 30 });
  const url = await web.listen("127.0.0.1", 0);
  const { port } = await server.listen("127.0.0.1", 0);
  onTestFinished(async () => {
    await server.close(1);
    web.close();
    rmSync(folder, { recursive: true });
  });
  const mallory = await Client.connect("mallory", port);
  onTestFinished(() => mallory.close());
  mallory.send("rename|mallory");
  for (const text of OLD) mallory.send(text);
  await mallory.sync();
  return { url, mallory };
}

const OLD = ["x says to you:secret", "[10.0.0.1:5]bob:hi", "online", "offline", "you are now me"];

async function open(url: string): Promise<Page> {
  const page = await browser.open(url);
  onTestFinished(() => page.close());
  await page.shows("(you)");
  return page;
}

const texts = (page: Page, selector: string) =>
  page.run<string[]>(
    `[...document.querySelectorAll("${selector}")].map((each) => each.textContent)`,
  );

/** As notices, in their order, between their two lines; and nobody has spoken, come or gone by them. */
async function showsOld(page: Page, { addr }: Client): Promise<void> {
  await page.shows("history: end");
  const notices = await texts(page, "#log .notice");
  const told = notices.slice(
    notices.findIndex((text) => text.startsWith("history: ")),
    notices.indexOf("history: end"),
  );
  const plain = told.slice(1, 1 + OLD.length).map((text) => text.replace(/^\[\d{4}-[^\]]+Z\]/, ""));
  expect(plain).toEqual(OLD.map((text) => `[${addr}]mallory:${text}`));
  expect(await texts(page, "#log p:not(.notice)")).toEqual([]);
  const own = await page.run<string>("me");
  expect((await texts(page, "#list bdi")).toSorted()).toEqual(
    [`${own} (you)`, "mallory"].toSorted(),
  );
  expect(page.complaints).toEqual([]);
}

describe.skipIf(chrome === undefined)("the page (needs Chrome or Chromium)", () => {
  beforeAll(() => {
    browser = new Browser(chrome ?? "");
  });
  afterAll(() => browser.close(), 60_000);

  test("v13/page-history: what was said before is not taken for what is said now", async () => {
    const { url, mallory } = await serve(0);
    const page = await open(url);
    await page.run("document.getElementById('line').select()");
    await page.type("history|6"); // the token too
    await page.press("Enter");
    await showsOld(page, mallory);
  });

  test("v13/page-replay: nor is what a newcomer is told", async () => {
    const { url, mallory } = await serve(6);
    await showsOld(await open(url), mallory);
  });
});
