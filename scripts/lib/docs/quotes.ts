/** Does what a guide quotes stand where its link leads? */
import type { Page } from "puppeteer-core";

/** Looks at all pieces of code on these pages. Gives how many there are, and what is wrong. */
export async function quotes(
  page: Page,
  pages: readonly string[],
): Promise<{ count: number; problems: string[] }> {
  if (pages[0]) await page.goto(pages[0]); // only from the site may a script ask for its pages
  const found = await page.evaluate(compare, pages);
  const [first] = found.links;
  if (first) found.problems.push(...(await lit(page, first)));
  return { count: found.links.length, problems: found.problems };
}

/** Shows each of these pages all of its file? Gives what is wrong. */
export async function wholeFiles(
  page: Page,
  files: readonly { readonly url: string; readonly text: string }[],
): Promise<string[]> {
  const shown = await page.evaluate(
    async (urls) => {
      const texts = urls.map(async (url) => {
        const html = await (await fetch(url)).text();
        const code = new DOMParser()
          .parseFromString(html, "text/html")
          .querySelector("pre.code code");
        return code?.textContent;
      });
      return Promise.all(texts);
    },
    files.map(({ url }) => url),
  );
  const differs = files.filter(({ text }, i) => shown[i] !== text.trimEnd());
  return differs.map(({ url }) => `${url} does not show its file as it is`);
}

/** Runs in the page. */
async function compare(pages: readonly string[]) {
  const parser = new DOMParser();
  const texts = new Map<string, Promise<Document>>();
  const load = (url: string) => {
    const text =
      texts.get(url) ??
      fetch(url)
        .then((got) => got.text())
        .then((html) => parser.parseFromString(html, "text/html"));
    texts.set(url, text);
    return text;
  };
  const plain = (lines: readonly string[]) => {
    const indent = Math.min(
      ...lines.filter((line) => line.trim()).map((line) => line.search(/\S/)),
    );
    return lines.map((line) => line.slice(indent)).join("\n");
  };
  const [links, problems]: [string[], string[]] = [[], []];
  for (const url of pages) {
    for (const figure of (await load(url)).querySelectorAll("figure.snippet")) {
      const href = figure.querySelector("figcaption a")?.getAttribute("href");
      if (!href) {
        problems.push(`${url}: a piece of code without a link`);
        continue;
      }
      const link = new URL(href, url);
      const [, from = 0, to = from] = /^#L(\d+)(?:-L(\d+))?$/.exec(link.hash)?.map(Number) ?? [];
      links.push(link.href);
      const there = await load(link.href.replace(/#.*/, ""));
      const lines = Array.from(
        { length: (to || from) - from + 1 },
        (_, i) => there.getElementById(`L${from + i}`)?.textContent?.trimEnd() ?? "",
      );
      const quoted = figure.querySelector("code")?.textContent?.trimEnd().split("\n") ?? [];
      if (plain(lines) !== plain(quoted.map((line) => line.trimEnd())))
        problems.push(`${url}: what is quoted is not at ${link.href}`);
    }
  }
  return { links, problems };
}

/** The page's script runs as soon as the page is there. */
const LIT = { timeout: 3000 };

/** A reader sees the lines, and that it is these. */
async function lit(page: Page, link: string): Promise<string[]> {
  await page.goto(link);
  const lines = await page.waitForSelector("pre.code .lit", LIT).catch(() => null);
  const seen = await lines?.isIntersectingViewport();
  return seen ? [] : [`${link} does not show its lines`];
}
