/** Mermaid text to SVG, by mermaid-cli; what is unchanged is not drawn again. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { renderMermaid } from "@mermaid-js/mermaid-cli";
import puppeteer from "puppeteer-core";
import { CHROME_ARGS } from "../../../test/harness/chrome.ts";

export const THEMES = ["light", "dark"] as const;
type Theme = (typeof THEMES)[number];

/** Part of what a picture depends on: a change here draws all of them anew. */
const LOOK = {
  fontFamily: "system-ui, sans-serif",
  // As narrow as the names allow: a page is no wider than a phone, or a column of text.
  sequence: { mirrorActors: false, wrap: true, width: 106, actorMargin: 24, messageMargin: 28 },
} as const;

export interface Picture {
  readonly mermaid: string;
  /** Its files' name, without theme and ending. */
  readonly name: string;
}

/** Draws into `folder`, by way of a cache. Gives how many had to be drawn; `progress` hears of each. */
export async function drawPictures(
  pictures: readonly Picture[],
  folder: string,
  cache: string,
  chrome: string,
  progress: (done: number, all: number) => void,
): Promise<number> {
  for (const path of [folder, cache]) mkdirSync(path, { recursive: true });
  const all = pictures.flatMap((picture) => THEMES.map((theme) => ({ ...picture, theme })));
  const cached = (mermaid: string, theme: Theme) => {
    const key = JSON.stringify([mermaid, theme, LOOK]);
    return `${cache}/${createHash("sha256").update(key).digest("hex")}.svg`;
  };
  const missing = all.filter(({ mermaid, theme }) => !existsSync(cached(mermaid, theme)));
  if (missing.length > 0) {
    const browser = await puppeteer.launch({ executablePath: chrome, args: CHROME_ARGS });
    try {
      for (const [done, { mermaid, theme }] of missing.entries()) {
        progress(done, missing.length);
        const { data } = await renderMermaid(browser, mermaid, "svg", {
          backgroundColor: "transparent",
          mermaidConfig: { ...LOOK, theme: theme === "dark" ? "dark" : "neutral" },
        });
        writeFileSync(cached(mermaid, theme), data);
      }
    } finally {
      await browser.close();
    }
  }
  for (const { name, mermaid, theme } of all) {
    const svg = readFileSync(cached(mermaid, theme), "utf8");
    writeFileSync(`${folder}/${name}-${theme}.svg`, inItsOwnSize(svg));
  }
  return missing.length;
}

/** Mermaid's pictures are as wide as their place: a small one would be blown up. */
function inItsOwnSize(svg: string): string {
  const [, width, height] = /viewBox="\S+ \S+ (\S+) (\S+)"/.exec(svg) ?? [];
  return svg.replace(/width="100%"/, `width="${width}" height="${height}"`);
}
