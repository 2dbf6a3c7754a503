/** A tab of a browser that complains of what its pages complain of. */
import type { Browser, Page } from "puppeteer-core";

/** In a window of its own: Chrome does not draw what stands behind something else. */
export async function openTab(
  browser: Browser,
  complain: (problem: string) => void,
): Promise<Page> {
  const page = await (await browser.createBrowserContext()).newPage();
  // What runs in the page was compiled by tsx, whose functions ask for this to keep their names.
  await page.evaluateOnNewDocument("globalThis.__name = (named) => named");
  listen(page, complain);
  return page;
}

/** Everything that a page says in the console, or fails to load. */
function listen(page: Page, complain: (problem: string) => void): void {
  page.on("console", (message) => {
    const told = /^Failed to load resource: the server responded/.test(message.text()); // below
    if (message.type() === "error" && !told) complain(`${page.url()}: console: ${message.text()}`);
  });
  page.on("pageerror", (error) => complain(`${page.url()}: ${error}`));
  page.on("response", (response) => {
    if (response.status() < 400 || response.request().isNavigationRequest()) return; // a page: the tour says who links to it
    complain(`${page.url()}: ${response.status()} ${response.url()}`);
  });
}
