/** A small site with faults on purpose: the tour finds each of them, and nothing else. */
import { randomBytes } from "node:crypto";
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

/** As Mermaid draws it: a lifeline, and the labels of two arrows. */
const DIAGRAM = `<svg xmlns="http://www.w3.org/2000/svg" width="260" height="100">
  <line class="actor-line" x1="100" x2="100" y1="0" y2="100" stroke="black"/>
  <text class="messageText" x="100" y="30" text-anchor="middle">crossed</text>
  <text class="messageText" x="200" y="30" text-anchor="middle">beside it</text></svg>`;

/** Each page and what is wrong with it: as a list of problems is sorted. */
const SITE: Readonly<Record<string, readonly [html: string, ...problems: string[]]>> = {
  "barriers.html": [
    `<style>@media (prefers-color-scheme: dark) { p { color: #666; background: #444 } }</style><p>grey</p><input>`,
    "at 1440 px, dark: color-contrast: Element has insufficient color contrast of 1.69 .*",
    "at 1440 px, light: label: .*",
    "at 360 px, dark: color-contrast: Element has insufficient color contrast of 1.69 .*",
  ],
  "crossed.html": [
    `<figure class="picture"><img src="crossed.svg" alt="a label on a line, one beside it"></figure>`,
    'crossed.svg: the label "crossed" stands on a lifeline',
  ],
  "cut.html": [
    `<table style="table-layout: fixed; width: 99px"><td style="overflow: hidden">unforeseeable</table>`,
    ...[1200, 1280, 1440, 2560, 360, 770].map(
      (width) => `at ${width} px the cell "unforeseeable" is cut.*`,
    ),
  ],
  "desk.html": [
    over("min-width: 1440px"),
    'at 1440 px "some text" is printed over "more text".*',
    'at 2560 px "some text" is printed over "more text".*',
  ],
  "fine.html": [`<p id="here">nothing is wrong</p>`],
  "heavy.html": [
    `<script>/* ${randomBytes(300_000).toString("base64")} */</script>`, // compressed, 301,000 bytes and a little
    "29[45] KiB over the wire, 292 at most",
  ],
  "links.html": [
    `<a href="fine.html#here">1</a> <a href="fine.html#nowhere">2</a> <a href="gone.html">3</a>`,
    "no such page: gone.html",
    "no such place: fine.html#nowhere",
  ],
  "loads.html": [`<script src="a.js"></script>`, "404 a.js"],
  "moldova.html": [
    `<a href="http://README.md">README.md</a>`,
    "a file that is taken for a site: http://readme.md/",
  ],
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
    "12\\d\\d px wide on a screen of 770",
  ],
  "wraps.html": [
    `<style>@media (width < 700px) { pre { white-space: pre-wrap } }</style><pre>some code</pre>`,
    'at 360 px the code "some code" is broken into other lines.*',
  ],
};

async function problemsOf(browser: Browser, tabs: number): Promise<string[]> {
  const folder = scratch();
  // Without an icon, Chrome asks for one; without title and language, axe does.
  const head = `<!doctype html><html lang="en"><title>a page</title><link rel="icon" href="data:,">`;
  for (const [file, [html]] of Object.entries(SITE))
    writeFileSync(`${folder}/${file}`, head + html);
  writeFileSync(`${folder}/crossed.svg`, DIAGRAM);
  const links = Object.keys(SITE).map((file) => `<a href="${file}">${file}</a><br>`);
  writeFileSync(`${folder}/index.html`, head + links.join(""));
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
