/** A small site with faults on purpose: the tour finds each of them, and nothing else. */
import { existsSync, writeFileSync } from "node:fs";
import type { Browser } from "puppeteer-core";
import { expect, test } from "vitest";
import { CHROME_ARGS, findChrome } from "../../../test/harness/chrome.ts";
import { root } from "../root.ts";
import { scratch } from "../testing.ts";
import { serve } from "./serve.ts";
import { openTab } from "./tab.ts";
import { Tour } from "./visit.ts";

const chrome = findChrome();
const driver = existsSync(`${root}node_modules/puppeteer-core`); // one of the maintainers' tools

/** Two lines, the one over the other where the screen is as the query says. */
const over = (query: string) =>
  `<style>p { margin: 0 } @media (${query}) { .over { margin-top: -1em } }</style>
  <p>some text</p><p class="over">more text</p>`;
/** The reference tells the same of each chapter: the longer name is too long for a phone. */
const named = (chapter: string) =>
  `<h1 style="white-space: nowrap; font: 30px monospace">${chapter}</h1>`;

/** Each page and what is wrong with it: as a list of problems is sorted. */
const SITE: Readonly<Record<string, readonly [html: string, ...problems: string[]]>> = {
  "desk.html": [over("min-width: 1440px"), 'at 1440 px "some text" is printed over "more text".*'],
  "fine.html": [`<p id="here">nothing is wrong</p>`],
  "links.html": [
    `<a href="fine.html#here">1</a> <a href="fine.html#nowhere">2</a> <a href="gone.html">3</a>`,
    "no such page: gone.html",
    "no such place: fine.html#nowhere",
  ],
  "loads.html": [`<script src="a.js"></script>`, "404 a.js"],
  "phone.html": [over("max-width: 400px"), 'at 360 px "some text" is printed over "more text".*'],
  "picture.html": [
    `<figure class="picture"><img src="a.png" alt="short"></figure>`,
    "404 a.png",
    "a picture that is no SVG: a.png",
    "a picture that is not there: a.png",
    "a picture without words: a.png",
  ],
  "says.html": [`<script>console.error("oh no")</script>`, "console: oh no"],
  "throws.html": ["<script>null.x</script>", "TypeError: .*"],
  "v04-who_x.html": [named("v04-who")],
  "v08-graceful-shutdown_x.html": [
    named("v08-graceful-shutdown"),
    "[34]\\d\\d px wide on a screen of 360",
  ],
  "wide.html": [
    `<p style="width: 1250px">wide</p>`,
    "12\\d\\d px wide on a screen of 1200",
    "12\\d\\d px wide on a screen of 360",
  ],
};

async function problemsOf(browser: Browser, tabs: number): Promise<string[]> {
  const folder = scratch();
  const icon = `<!doctype html><link rel="icon" href="data:,">`; // or Chrome asks for one
  for (const [file, [html]] of Object.entries(SITE))
    writeFileSync(`${folder}/${file}`, icon + html);
  const links = Object.keys(SITE).map((file) => `<a href="${file}">${file}</a><br>`);
  writeFileSync(`${folder}/index.html`, icon + links.join(""));
  const start = await serve(folder);
  const problems: string[] = [];
  const complain = (problem: string) => problems.push(problem.replaceAll(start, ""));
  const open = () => openTab(browser, complain);
  await new Tour(start, complain).run([await open(), ...(await openAll(tabs - 1, open))]);
  return problems.sort();
}

function openAll<Tab>(count: number, open: () => Promise<Tab>): Promise<Tab[]> {
  return Promise.all(Array.from({ length: count }, open));
}

test.skipIf(!chrome || !driver).each([1, 2])("%i tabs find each fault", async (tabs) => {
  const { launch } = await import("puppeteer-core");
  const browser = await launch({ executablePath: chrome as string, args: CHROME_ARGS });
  try {
    const planted = Object.entries(SITE).flatMap(([file, [, ...problems]]) =>
      problems.map((each) => expect.stringMatching(`^${file}: ${each}$`)),
    );
    expect(await problemsOf(browser, tabs)).toEqual(planted);
  } finally {
    await browser.close();
  }
});
