/** Goes from link to link through the built site: are all links, pictures and texts where they should be? */
import type { Page } from "puppeteer-core";
import { overlaps } from "./overlaps.ts";

/** A phone, and the widths at which TypeDoc begins to lay columns side by side. */
export const WIDTHS = [360, 1200, 1280, 1440];
export const HEIGHT = 900;

/** The pages of the reference all have TypeDoc's one form: they are looked at where one column, and where three, have least room. */
const REFERENCE_WIDTHS = [360, 1200];

/** A tour of the site, on which several tabs share out the pages. */
export class Tour {
  /** The addresses of all pages, in the order in which they were found. */
  readonly pages: string[] = [];
  readonly #start: string;
  readonly #complain: (problem: string) => void;
  /** Address, with its anchor if it has one → the page that links to it. */
  readonly #links = new Map<string, string>();
  readonly #ids = new Map<string, Set<string>>();
  #begun = 0;

  /** `complain` hears what is wrong. */
  constructor(start: string, complain: (problem: string) => void) {
    this.#start = start;
    this.#complain = complain;
    this.#meet(start, start);
  }

  async run([first, ...more]: readonly [Page, ...Page[]]): Promise<void> {
    await this.#visitNext(first); // it leads to the others: before that, there is nothing to share out
    await Promise.all([first, ...more].map((tab) => this.#visitAll(tab)));
    for (const [link, from] of this.#links) {
      const [address = "", anchor] = link.split("#");
      if (anchor && !this.#ids.get(address)?.has(anchor))
        this.#complain(`${from}: no such place: ${link}`);
    }
  }

  /** A tab that finds new pages goes on with them, whether the others have stopped or not. */
  async #visitAll(tab: Page): Promise<void> {
    while (this.#begun < this.pages.length) await this.#visitNext(tab);
  }

  async #visitNext(tab: Page): Promise<void> {
    const url = this.pages[this.#begun++] as string;
    const response = await tab.goto(url);
    if (!response?.ok()) this.#complain(`${this.#links.get(url)}: no such page: ${url}`);
    const { ids, links, pictures } = await tab.evaluate(read);
    this.#ids.set(url, new Set(ids));
    for (const link of links.filter((link) => link.startsWith(this.#start))) this.#meet(link, url);
    for (const { src, alt, drawn } of pictures) {
      if (!/\.svg$/.test(src)) this.#complain(`${url}: a picture that is no SVG: ${src}`);
      if (alt.length < 20) this.#complain(`${url}: a picture without words: ${src}`);
      if (!drawn) this.#complain(`${url}: a picture that is not there: ${src}`);
    }
    const widths = isReference(url.slice(this.#start.length)) ? REFERENCE_WIDTHS : WIDTHS;
    for (const problem of await misplaced(tab, widths)) this.#complain(`${url}: ${problem}`);
  }

  #meet(link: string, from: string): void {
    const [address = "", anchor] = link.split("#");
    if (!this.#links.has(address)) this.pages.push(address);
    for (const each of anchor ? [address, `${address}#${decodeURIComponent(anchor)}`] : [address])
      if (!this.#links.has(each)) this.#links.set(each, from);
  }
}

/** The start and the lists of all there is are in no folder, the guides, the differences and docs/ in `documents`. */
function isReference(path: string): boolean {
  return path.includes("/") && !path.startsWith("documents/");
}

/** No page may be wider than the screen, and no text stand on another, at any of the widths. */
async function misplaced(page: Page, widths: readonly number[]): Promise<string[]> {
  const problems: string[] = [];
  for (const width of widths) {
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
