/** `npm run docs:check`: visits every page of the built site in a real browser, wide and narrow, light and dark. */
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { command, Refusal } from "./lib/command.ts";
import { CHROME_ARGS, findChrome, NO_CHROME } from "./lib/docs/chrome.ts";
import { serve } from "./lib/docs/serve.ts";

const shots = fileURLToPath(new URL("../.cache/screenshots/", import.meta.url));
const LOOKS = [
  { width: 1440, height: 900, colorScheme: "light" },
  { width: 1440, height: 900, colorScheme: "dark" },
  { width: 390, height: 844, colorScheme: "light" },
  { width: 390, height: 844, colorScheme: "dark" },
] as const;

/** Pages that are shown to whoever wants to look: a name and what their address ends with. */
const SHOWN = {
  start: /\/$/,
  v02: /V0\.2_broadcast\.html$/,
  v07: /V0\.7_timeout_kick\.html$/,
  v09: /V0\.9_client\.html$/,
  diff: /What_changed_in_V0\.6\.html$/,
  reference: /v07-timeout-kick_room\.Room\.html$/,
};

const problems: string[] = [];

/** Everything that a page says in the console, or fails to load. */
function listen(page: Page): void {
  page.on("console", (message) => {
    if (message.type() === "error") problems.push(`${page.url()}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.message}`));
  page.on("response", (response) => {
    if (response.status() >= 400)
      problems.push(`${page.url()}: ${response.status()} ${response.url()}`);
  });
}

/** From link to link, every page of the site. Gives their addresses. */
async function visitAll(browser: Browser, start: string): Promise<string[]> {
  const page = await browser.newPage();
  listen(page);
  const seen = new Set([start]);
  const anchors = new Map<string, string>(); // address with anchor → the page that links to it
  const ids = new Map<string, Set<string>>();
  for (const url of seen) {
    await page.goto(url);
    const found = await page.evaluate(() => ({
      links: [...document.querySelectorAll("a[href]")].map((a) => (a as HTMLAnchorElement).href),
      ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
      pictures: [...document.querySelectorAll("figure.picture img")].map((image) => ({
        src: (image as HTMLImageElement).src,
        alt: (image as HTMLImageElement).alt,
        drawn:
          (image as HTMLImageElement).naturalWidth > 0 ||
          getComputedStyle(image).display === "none",
      })),
    }));
    ids.set(url, new Set(found.ids));
    for (const link of found.links.filter((link) => link.startsWith(start))) {
      const [address = "", anchor] = link.split("#");
      seen.add(address);
      if (anchor) anchors.set(`${address}#${decodeURIComponent(anchor)}`, url);
    }
    for (const { src, alt, drawn } of found.pictures) {
      if (!/\.svg$/.test(src)) problems.push(`${url}: a picture that is no SVG: ${src}`);
      if (alt.length < 20) problems.push(`${url}: a picture without words: ${src}`);
      if (!drawn) problems.push(`${url}: a picture that is not there: ${src}`);
    }
  }
  for (const [target, from] of anchors) {
    const [address = "", anchor = ""] = target.split("#");
    if (!ids.get(address)?.has(anchor)) problems.push(`${from}: no such place: ${target}`);
  }
  await page.close();
  return [...seen];
}

/** No page may be wider than the screen. */
async function look(browser: Browser, pages: string[]): Promise<void> {
  mkdirSync(shots, { recursive: true });
  for (const { width, height, colorScheme } of LOOKS) {
    const context = await browser.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    listen(page);
    for (const [name, ending] of Object.entries(SHOWN)) {
      const url = pages.find((each) => ending.test(each));
      if (url === undefined) {
        problems.push(`there is no page for ${name}`);
        continue;
      }
      await page.goto(url, { waitUntil: "networkidle" });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) problems.push(`${url}: ${wide} px wide on a screen of ${width}`);
      await page.screenshot({ path: `${shots}${name}-${width}-${colorScheme}.png` });
    }
    await context.close();
  }
}

const HELP =
  "npm run docs:check    visits every page that npm run docs has built, in a real browser";

await command({ command: "npm run docs:check", help: HELP }, async () => {
  const chrome = findChrome();
  if (chrome === undefined) throw new Refusal(NO_CHROME);
  const start = await serve(fileURLToPath(new URL("../site/", import.meta.url)));
  const browser = await chromium.launch({ executablePath: chrome, args: CHROME_ARGS });
  const pages = await visitAll(browser, start);
  await look(browser, pages);
  await browser.close();
  for (const problem of problems) console.error(problem.replaceAll(start, "/"));
  console.log(
    `${pages.length} pages visited, ${problems.length} problems; screenshots in ${shots}`,
  );
  process.exit(problems.length > 0 ? 1 : 0);
});
