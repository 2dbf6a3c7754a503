/** What a page takes over the wire: itself, and all that it loads, as a server on the web compresses it. */
import { gzipSync } from "node:zlib";

/** So that its first text is there within a second, at the 1.6 Mbit/s of a slow phone, and its pictures soon after. */
export const MOST_BYTES = 300_000;

export class Scales {
  /** Styles and scripts are the same on all pages. */
  readonly #known = new Map<string, Promise<number>>();

  /** In bytes. `loaded` are the addresses of what the page loads. */
  async weigh(html: string, loaded: readonly string[]): Promise<number> {
    const parts = [...new Set(loaded)].map((url) => this.#part(url));
    const sizes = await Promise.all(parts);
    return sizes.reduce((sum, size) => sum + size, gzipSync(html).length);
  }

  #part(url: string): Promise<number> {
    const size = this.#known.get(url) ?? fetched(url);
    this.#known.set(url, size);
    return size;
  }
}

async function fetched(url: string): Promise<number> {
  const response = await fetch(url);
  return response.ok ? gzipSync(await response.arrayBuffer()).length : 0; // what is not there is a problem of its own
}
