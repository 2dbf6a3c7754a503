/** Searches the built site as a reader does. */
import type { Page } from "puppeteer-core";

/** A notion, a command, a chapter, a name from the system, a Chinese word: readers look for all of these. */
export const WORDS = ["backpressure", "rename", "v05", "SIGTERM", "背压"];

interface Hit {
  readonly href: string;
  readonly title: string;
  /** The line in which the word stands. */
  readonly context: string;
}

/** Looks for a word, and goes where the first hit leads. Gives what is wrong. */
export async function search(page: Page, start: string, word: string): Promise<string[]> {
  await page.goto(start);
  await page.click("#tsd-search-trigger");
  await page.waitForSelector("#tsd-search-status:empty"); // until then it loads its index
  await page.type("#tsd-search-input", word);
  await page.waitForSelector("#tsd-search-results li, #tsd-search-status:not(:empty)");
  const hits = await page.$$eval("#tsd-search-results a", (links) =>
    links.map((link): Hit => {
      const text = (part: string) => link.querySelector(part)?.textContent ?? "";
      const { href } = link as HTMLAnchorElement;
      return { href, title: text(".text"), context: text("small") };
    }),
  );
  const problems = judged(hits, word);
  if (problems.length === 0) problems.push(...(await follow(page, hits[0] as Hit)));
  return problems.map((problem) => `a search for ${word} ${problem}`);
}

function judged(hits: readonly Hit[], word: string): string[] {
  const isText = ({ href }: Hit) => /\/(documents\/|index\.html)/.test(href);
  const isChapter = ({ title }: Hit) => /^V\d\.\d /.test(title);
  const [first] = hits;
  if (!first) return ["finds nothing"];
  const problems = [];
  if (hits.some(isChapter) && !isChapter(first))
    problems.push(`finds ${first.title} before a chapter`);
  const name = hits.findIndex((hit) => !isText(hit));
  if (name !== -1 && hits.slice(name).some(isText)) problems.push("finds the reference first");
  const shown = word === "v05" ? "V0.5" : word; // a chapter is found by its command's name, too
  if (!`${first.title}${first.context}`.toLowerCase().includes(shown.toLowerCase()))
    problems.push(`does not show it: ${first.title}`);
  if (hits.some((hit) => isText(hit) && hit.context === ""))
    problems.push("finds texts, and shows nothing of them");
  return problems;
}

async function follow(page: Page, { href }: Hit): Promise<string[]> {
  await Promise.all([page.waitForNavigation(), page.keyboard.press("Enter")]);
  const anchor = new URL(href).hash.slice(1);
  const there = await page.evaluate(
    (id) => id === "" || document.getElementById(id) !== null,
    anchor,
  );
  return page.url() === href && there
    ? []
    : [`leads to ${page.url()}, where there is no #${anchor}`];
}
