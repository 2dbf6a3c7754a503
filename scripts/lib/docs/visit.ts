/** Goes from link to link through the built site: are all links, pictures and texts where they should be? */
import type { Page } from "puppeteer-core";
import { chapters } from "../../../chapters/manifest.ts";
import { barriers } from "./barriers.ts";
import { clipped } from "./clipped.ts";
import { crossedLabels } from "./labels.ts";
import { overlaps } from "./overlaps.ts";
import { MOST_BYTES, Scales } from "./weight.ts";

/** A desk: three columns. A phone: least room for what is long. */
const [WIDE, NARROW] = [1440, 360];
/**
 * A large screen, the widths at which TypeDoc begins to lay columns side by side, and a phone. The phone is last, so that
 * the next page is loaded on it.
 */
export const WIDTHS = [2560, WIDE, 1280, 1200, 770, NARROW];
export const HEIGHT = 900;

/** `README.md` in a text is a file; md is Moldova, too. */
const NO_SITE = /^https?:\/\/[^/]*\.md(?:[/?#]|$)/;

/** A tour of the site, on which several tabs share out the pages. */
export class Tour {
  /** The addresses of all pages, in the order in which they were found. */
  readonly pages: string[] = [];
  readonly #start: string;
  readonly #complain: (problem: string) => void;
  /** Address, with its anchor if it has one → the page that links to it. */
  readonly #links = new Map<string, string>();
  /** Address → the page that shows it. */
  readonly #pictures = new Map<string, string>();
  readonly #ids = new Map<string, Set<string>>();
  /** What has been looked at in all widths, without the chapters' names. */
  readonly #seen = new Set<string>();
  readonly #scales = new Scales();
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
    await first.goto(this.#start); // only a page of the site may ask for its pictures
    for (const [picture, from] of this.#pictures) {
      await first.evaluate(show, picture);
      for (const problem of await first.evaluate(crossedLabels))
        this.#complain(`${from}: ${picture}: ${problem}`);
    }
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
    await tab.evaluate(loadPictures);
    const { ids, links, loaded, pictures } = await tab.evaluate(read);
    this.#ids.set(url, new Set(ids));
    for (const link of links.filter((link) => link.startsWith(this.#start))) this.#meet(link, url);
    for (const link of links.filter((link) => NO_SITE.test(link)))
      this.#complain(`${url}: a file that is taken for a site: ${link}`);
    for (const { src, alt, drawn } of pictures) {
      if (!/\.svg$/.test(src)) this.#complain(`${url}: a picture that is no SVG: ${src}`);
      if (alt.length < 20) this.#complain(`${url}: a picture without words: ${src}`);
      if (!drawn) this.#complain(`${url}: a picture that is not there: ${src}`);
      else this.#pictures.set(src, url);
    }
    const html = (await response?.text()) ?? "";
    const own = loaded.filter((part) => part.startsWith(this.#start));
    const bytes = await this.#scales.weigh(html, own);
    if (bytes > MOST_BYTES)
      this.#complain(`${url}: ${bytes >> 10} KiB over the wire, ${MOST_BYTES >> 10} at most`);
    const isNew = this.#isNew(html);
    const look = isNew ? await lookClosely(tab) : await misplaced(tab, NARROW);
    for (const problem of look) this.#complain(`${url}: ${problem}`);
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

async function lookClosely(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const width of WIDTHS) {
    problems.push(...(await misplaced(page, width)));
    if (width !== WIDE && width !== NARROW) continue;
    for (const barrier of await barriers(page, width === WIDE))
      problems.push(`at ${width} px, ${barrier}`);
  }
  return problems;
}

/** No page may be wider than the screen, no text stand on another, and none be cut. */
async function misplaced(page: Page, width: number): Promise<string[]> {
  const problems: string[] = [];
  if (page.viewport()?.width !== width) await page.setViewport({ width, height: HEIGHT });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  if (wide > width) problems.push(`${wide} px wide on a screen of ${width}`);
  for (const find of [overlaps, clipped]) {
    const [first, ...more] = await page.evaluate(find);
    if (first) problems.push(`at ${width} px ${first} (and ${more.length} more)`);
  }
  return problems;
}

/** Runs in a page of the site, which is no more than this picture afterwards. */
async function show(picture: string) {
  document.body.innerHTML = await (await fetch(picture)).text();
}

/** Runs in the page: pictures further down wait until one comes near them. */
async function loadPictures() {
  const images = [...document.querySelectorAll<HTMLImageElement>("img[loading=lazy]")];
  for (const image of images) image.loading = "eager";
  await Promise.allSettled(images.map((image) => image.decode()));
}

/** Runs in the page. */
function read() {
  const all = <E extends Element>(selector: string) => [...document.querySelectorAll<E>(selector)];
  return {
    links: all<HTMLAnchorElement>("a[href]").map(({ href }) => href),
    ids: all("[id]").map(({ id }) => id),
    loaded: performance.getEntriesByType("resource").map(({ name }) => name),
    pictures: all<HTMLImageElement>("figure.picture img").map((image) => ({
      src: image.src,
      alt: image.alt,
      drawn: image.naturalWidth > 0 || getComputedStyle(image).display === "none",
    })),
  };
}
