/** `npm run docs:check`: visits every page of the built site in a real browser, wide and narrow, light and dark. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { pathToFileURL } from "node:url";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { chapters } from "../chapters/manifest.ts";
import { CHROME_ARGS, findChrome, NO_CHROME } from "../test/harness/chrome.ts";
import { command, Refusal } from "./lib/command.ts";
import { codeOf, pageOf } from "./lib/docs/code.ts";
import { quotes, wholeFiles } from "./lib/docs/quotes.ts";
import { search, WORDS } from "./lib/docs/search.ts";
import { serve } from "./lib/docs/serve.ts";
import { openTab } from "./lib/docs/tab.ts";
import { HEIGHT, Tour, WIDTHS } from "./lib/docs/visit.ts";
import { root } from "./lib/root.ts";

const shots = `${root}.cache/screenshots/`;

/** Pages that are shown to whoever wants to look: a name and what their address ends with. */
const SHOWN = {
  start: /\/$/,
  v02: /V0\.2_broadcast\.html$/,
  v07: /V0\.7_timeout_kick\.html$/,
  v09: /V0\.9_client\.html$/,
  faults: /What_a_client_can_do_to_a_server\.html$/,
  diff: /What_changed_in_V0\.6\.html$/,
  sources: /\/code\/v07-timeout-kick\/room\.ts\.html$/,
  exercise: /Exercise_V0\.5__rename\.html$/,
  mutants: /Mutants_of_V0\.2\.html$/,
  reference: /v07-timeout-kick_room\.Room\.html$/,
};

let problems = 0;
let start = "";
const complain = (problem: string) => {
  problems += 1;
  console.error(problem.replaceAll(start, "/"));
};

async function look(page: Page, pages: string[]): Promise<void> {
  mkdirSync(shots, { recursive: true });
  for (const [name, ending] of Object.entries(SHOWN)) {
    const url = pages.find((each) => ending.test(each));
    if (url === undefined) {
      complain(`there is no page for ${name}`);
      continue;
    }
    await page.goto(url, { waitUntil: "networkidle0" });
    for (const theme of ["light", "dark"]) {
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
      for (const width of WIDTHS) {
        await page.setViewport({ width, height: HEIGHT });
        await page.screenshot({ path: `${shots}${name}-${width}-${theme}.png` });
      }
    }
  }
}

/** What the texts say must be found, on the web and on a reader's own disk. */
async function searchAll(browser: Browser, served: Page, start: string): Promise<void> {
  const fromDisk = await openTab(browser, () => {}); // Chrome complains of TypeDoc's icons there
  for (const word of WORDS) {
    for (const problem of await search(served, start, word)) complain(problem);
    const file = pathToFileURL(`${root}site/index.html`).href;
    for (const problem of await search(fromDisk, file, word)) complain(`from disk, ${problem}`);
  }
  console.log(`searched for ${WORDS.join(", ")}, also from disk`);
}

async function quoteAll(page: Page, pages: readonly string[]): Promise<void> {
  const texts = pages.filter((url) => url.includes("/documents/"));
  const { count, problems } = await quotes(page, texts);
  console.log(`${count} pieces of code in ${texts.length} texts`);
  const { origin } = new URL(page.url());
  const files = chapters
    .flatMap(codeOf)
    .map((code) => ({ url: `${origin}/${pageOf(code)}`, text: code.text }));
  for (const problem of [...problems, ...(await wholeFiles(page, files))]) complain(problem);
}

const HELP =
  "npm run docs:check    visits every page that npm run docs has built, in a real browser";

await command({ command: "npm run docs:check", help: HELP }, async () => {
  const chrome = findChrome();
  if (chrome === undefined) throw new Refusal(NO_CHROME);
  start = await serve(`${root}site`);
  const browser = await puppeteer.launch({ executablePath: chrome, args: CHROME_ARGS });
  const page = await openTab(browser, complain);
  const others = Array.from({ length: availableParallelism() - 1 }, () =>
    openTab(browser, complain),
  );
  const tour = new Tour(start, complain);
  await tour.run([page, ...(await Promise.all(others))]);
  await look(page, tour.pages);
  await quoteAll(page, tour.pages);
  await searchAll(browser, page, start);
  await browser.close();
  console.log(`${tour.pages.length} pages visited, ${problems} problems; screenshots in ${shots}`);
  process.exit(problems > 0 ? 1 : 0);
});
