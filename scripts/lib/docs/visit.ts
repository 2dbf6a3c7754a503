/** Goes from link to link through the built site: are all links, pictures and texts where they should be? */
import type { Page } from "puppeteer-core";
import { chapters } from "../../../chapters/manifest.ts";
import { overlaps } from "./overlaps.ts";

/** A phone: least room for what is long. */
const NARROW = 360;
/** The widths at which TypeDoc begins to lay columns side by side. The phone is last, so that the next page is loaded on it. */
export const WIDTHS = [1440, 1280, 1200, NARROW];
export const HEIGHT = 900;

/** A tour of the site, on which several tabs share out the pages. */
export class Tour {
  /** The addresses of all pages, in the order in which they were found. */
  readonly pages: string[] = [];
  readonly #start: string;
  readonly #complain: (problem: string) => void;
  /** Address, with its anchor if it has one → the page that links to it. */
  readonly #links = new Map<string, string>();
  readonly #ids = new Map<string, Set<string>>();
  /** What has been looked at in all widths, without the chapters' names. */
  readonly #seen = new Set<string>();
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
    const widths = this.#isNew((await response?.text()) ?? "") ? WIDTHS : [NARROW];
    for (const problem of await misplaced(tab, widths)) this.#complain(`${url}: ${problem}`);
  }

  /** The reference tells of a file in each chapter that has it: mostly the same, and only the chapter's name may need more room. */
  #isNew(html: string): boolean {
    const text = chapters.reduce((rest, { folder }) => rest.replaceAll(folder, "chapter"), html);
    const before = this.#seen.size;
    return this.#seen.add(text).size > before;
  }

  #meet(link: string, from: string): void {
    const [address = "", anchor] = link.split("#");
    if (!this.#links.has(address)) this.pages.push(address);
    for (const each of anchor ? [address, `${address}#${decodeURIComponent(anchor)}`] : [address])
      if (!this.#links.has(each)) this.#links.set(each, from);
  }
}

/** No page may be wider than the screen, and no text stand on another, at any of the widths. */
async function misplaced(page: Page, widths: readonly number[]): Promise<string[]> {
  const problems: string[] = [];
  for (const width of widths) {
    if (page.viewport()?.width !== width) await page.setViewport({ width, height: HEIGHT });
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
