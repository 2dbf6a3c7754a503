/** `npm run docs:check`: visits every page of the built site in a real browser, wide and narrow, light and dark. */
import { mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import puppeteer, { type Page } from "puppeteer-core";
import { CHROME_ARGS, findChrome, NO_CHROME } from "../test/harness/chrome.ts";
import { command, Refusal } from "./lib/command.ts";
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
  reference: /v07-timeout-kick_room\.Room\.html$/,
};

const problems: string[] = [];
const complain = (problem: string) => problems.push(problem);

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

/** What a guide says must be found, not only what the code calls it. */
async function searchAll(page: Page, start: string): Promise<void> {
  for (const word of WORDS) {
    const hits = await search(page, start, word);
    const documents = hits.filter((hit) => hit.startsWith(`${start}documents/`));
    console.log(`search for ${word}: ${documents.length} of ${hits.length} are texts`);
    if (documents.length < 2 || documents[0] !== hits[0])
      complain(
        `a search for ${word} finds ${documents.length} texts, or something else before them`,
      );
  }
}

const HELP =
  "npm run docs:check    visits every page that npm run docs has built, in a real browser";

await command({ command: "npm run docs:check", help: HELP }, async () => {
  const chrome = findChrome();
  if (chrome === undefined) throw new Refusal(NO_CHROME);
  const start = await serve(`${root}site`);
  const browser = await puppeteer.launch({ executablePath: chrome, args: CHROME_ARGS });
  const page = await openTab(browser, complain);
  const others = Array.from({ length: availableParallelism() - 1 }, () =>
    openTab(browser, complain),
  );
  const tour = new Tour(start, complain);
  await tour.run([page, ...(await Promise.all(others))]);
  await look(page, tour.pages);
  await searchAll(page, start);
  await browser.close();
  for (const problem of problems.sort()) console.error(problem.replaceAll(start, "/"));
  console.log(
    `${tour.pages.length} pages visited, ${problems.length} problems; screenshots in ${shots}`,
  );
  process.exit(problems.length > 0 ? 1 : 0);
});
