/** Goes from link to link through the built site: are all links, pictures and texts where they should be? */
import type { Page } from "puppeteer-core";
import { overlaps } from "./overlaps.ts";

/** A phone, and the widths at which TypeDoc begins to lay columns side by side. */
export const WIDTHS = [360, 1200, 1280, 1440];
export const HEIGHT = 900;

/** Gives the addresses of all pages; `complain` hears what is wrong with them. */
export async function visitAll(
  page: Page,
  start: string,
  complain: (problem: string) => void,
): Promise<string[]> {
  const seen = new Set([start]);
  const anchors = new Map<string, string>(); // address with anchor → the page that links to it
  const ids = new Map<string, Set<string>>();
  for (const url of seen) {
    await page.goto(url);
    const found = await page.evaluate(read);
    ids.set(url, new Set(found.ids));
    for (const link of found.links.filter((link) => link.startsWith(start))) {
      const [address = "", anchor] = link.split("#");
      seen.add(address);
      if (anchor) anchors.set(`${address}#${decodeURIComponent(anchor)}`, url);
    }
    for (const { src, alt, drawn } of found.pictures) {
      if (!/\.svg$/.test(src)) complain(`${url}: a picture that is no SVG: ${src}`);
      if (alt.length < 20) complain(`${url}: a picture without words: ${src}`);
      if (!drawn) complain(`${url}: a picture that is not there: ${src}`);
    }
    for (const problem of await misplaced(page)) complain(`${url}: ${problem}`);
  }
  for (const [target, from] of anchors) {
    const [address = "", anchor = ""] = target.split("#");
    if (!ids.get(address)?.has(anchor)) complain(`${from}: no such place: ${target}`);
  }
  return [...seen];
}

/** No page may be wider than the screen, and no text stand on another, on any screen. */
async function misplaced(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const width of WIDTHS) {
    await page.setViewport({ width, height: HEIGHT });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth);
    if (wide > width) problems.push(`${wide} px wide on a screen of ${width}`);
    const [first, ...more] = await page.evaluate(overlaps);
    if (first) problems.push(`at ${width} px ${first} (and ${more.length} more)`);
  }
  return problems;
}

/** Runs in the page. */
function read() {
  const all = <E extends Element>(selector: string) => [...document.querySelectorAll<E>(selector)];
  return {
    links: all<HTMLAnchorElement>("a[href]").map(({ href }) => href),
    ids: all("[id]").map(({ id }) => id),
    pictures: all<HTMLImageElement>("figure.picture img").map((image) => ({
      src: image.src,
      alt: image.alt,
      drawn: image.naturalWidth > 0 || getComputedStyle(image).display === "none",
    })),
  };
}
