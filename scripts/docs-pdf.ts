/** `npm run docs:pdf`: the built site's texts as one PDF, with page numbers and a table of contents. */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import puppeteer, { type Page } from "puppeteer-core";
import { CHROME_ARGS, findChrome, NO_CHROME } from "../test/harness/chrome.ts";
import { command, Refusal } from "./lib/command.ts";
import { book, pagesOf, type Text } from "./lib/docs/book.ts";
import { serve } from "./lib/docs/serve.ts";
import { root } from "./lib/root.ts";

const HELP = `npm run docs:pdf    makes site/course.pdf from the pages that npm run docs has built
  --all           also the pages that come after the chapters (off)`;

const options = { all: { type: "boolean", default: false } } as const;

/** Chrome prints what is behind a page in its margin. */
const FOOTER = `<div style="width: 100%; font: 8pt sans-serif; text-align: center">
  <span class="pageNumber"></span> / <span class="totalPages"></span></div>`;

/** The order of the start page's menu: that of the course. */
function textsOf(all: boolean): Text[] {
  const start = `${root}site/index.html`;
  if (!existsSync(start)) throw new Refusal("there is no site yet; to build it: npm run docs");
  const [, menu = ""] = /<nav class="course"(.*?)<\/nav>/s.exec(readFileSync(start, "utf8")) ?? [];
  const files = [...menu.matchAll(/href="documents\/([^"]+)"/g)].map(([, file = ""]) => file);
  return files
    .map((file) => decodeURIComponent(file))
    .filter((file) => all || /^V\d/.test(file))
    .map((file) => ({ file, html: readFileSync(`${root}site/documents/${file}`, "utf8") }));
}

async function print(page: Page, url: string): Promise<Buffer> {
  await page.goto(url, { waitUntil: "load", timeout: 0 });
  const pdf = await page.pdf({
    preferCSSPageSize: true,
    displayHeaderFooter: true,
    headerTemplate: "<span></span>",
    footerTemplate: FOOTER,
    outline: true,
    tagged: true,
    timeout: 0,
  });
  return Buffer.from(pdf);
}

await command({ command: "npm run docs:pdf", help: HELP, options }, async ({ all }) => {
  const chrome = findChrome();
  if (chrome === undefined) throw new Refusal(NO_CHROME);
  const texts = textsOf(all);
  const file = `${root}site/documents/book.html`;
  const url = `${await serve(`${root}site`)}documents/book.html`;
  const browser = await puppeteer.launch({ executablePath: chrome, args: CHROME_ARGS });
  try {
    const page = await browser.newPage();
    writeFileSync(file, book(texts, new Map()));
    const pages = pagesOf(await print(page, url)); // the first print says what is on which page
    writeFileSync(file, book(texts, pages));
    writeFileSync(`${root}site/course.pdf`, await print(page, url));
    console.log(`${texts.length} texts, ${pages.size} places: ${root}site/course.pdf`);
  } finally {
    await browser.close();
    rmSync(file, { force: true });
  }
  process.exit();
});
