/** Searches the built site as a reader does. */
import type { Page } from "puppeteer-core";

/** A notion, a command, a chapter, a name from the system: readers look for all of these. */
export const WORDS = ["backpressure", "rename", "v05", "SIGTERM"];

/** The addresses of what is offered for a word, best first. */
export async function search(page: Page, start: string, word: string): Promise<string[]> {
  await page.goto(start);
  await page.click("#tsd-search-trigger");
  await page.waitForSelector("#tsd-search-status:empty"); // until then it loads its index
  await page.type("#tsd-search-input", word);
  await page.waitForSelector("#tsd-search-results li, #tsd-search-status:not(:empty)");
  return page.$$eval("#tsd-search-results a", (links) =>
    links.map((link) => (link as HTMLAnchorElement).href),
  );
}
