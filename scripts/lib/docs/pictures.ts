/** Mermaid text to SVG, by mermaid-cli; what is unchanged is not drawn again. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { renderMermaid } from "@mermaid-js/mermaid-cli";
import puppeteer from "puppeteer-core";
import { CHROME_ARGS } from "../../../test/harness/chrome.ts";
import { breakLabels, placeLabels } from "./labels.ts";
import { openTab } from "./tab.ts";

/** Part of what a picture depends on: a change here draws all of them anew. */
const LOOK = {
  theme: "neutral", // greys: turned round, they fit a dark page
  fontFamily: "system-ui, sans-serif",
  // As narrow as the longest name allows, broadcaster, and the longest word between two of them, [alice]alice:offline: a
  // page is no wider than a phone, or a column of text.
  sequence: {
    ...{ mirrorActors: false, wrap: true, width: 118, actorMargin: 34, messageMargin: 28 },
    diagramMarginX: 8,
  },
} as const;

export interface Picture {
  readonly mermaid: string;
  /** Its file's name, without its ending. */
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
  const cached = ({ mermaid }: Picture) => {
    const key = JSON.stringify([breakLabels(mermaid), placeLabels.toString(), LOOK]);
    return `${cache}/${createHash("sha256").update(key).digest("hex")}.svg`;
  };
  const missing = pictures.filter((picture) => !existsSync(cached(picture)));
  if (missing.length > 0) {
    const browser = await puppeteer.launch({ executablePath: chrome, args: CHROME_ARGS });
    try {
      const page = await openTab(browser, (problem) => console.error(problem));
      await page.goto("about:blank"); // what openTab prepares is for new pages
      for (const [done, picture] of missing.entries()) {
        progress(done, missing.length);
        const { data } = await renderMermaid(browser, breakLabels(picture.mermaid), "svg", {
          backgroundColor: "transparent",
          mermaidConfig: LOOK,
        });
        await page.setContent(new TextDecoder().decode(data));
        await page.evaluate(placeLabels);
        const svg = await page.$eval("svg", (svg) => new XMLSerializer().serializeToString(svg));
        writeFileSync(cached(picture), svg);
      }
    } finally {
      await browser.close();
    }
  }
  for (const picture of pictures) {
    const svg = readFileSync(cached(picture), "utf8");
    writeFileSync(`${folder}/${picture.name}.svg`, inFewDigits(inItsOwnSize(withoutSymbols(svg))));
  }
  return missing.length;
}

/** Mermaid's pictures are as wide as their place: a small one would be blown up. */
function inItsOwnSize(svg: string): string {
  const [, width, height] = /viewBox="\S+ \S+ (\S+) (\S+)"/.exec(svg) ?? [];
  return svg.replace(/width="100%"/, `width="${width}" height="${height}"`);
}

/** Mermaid adds some that no picture of ours uses: a computer, a database, a clock. */
function withoutSymbols(svg: string): string {
  return svg.replace(/<defs><symbol .*?<\/symbol><\/defs>/gs, "");
}

/** Nobody sees a thousandth of a pixel, and a rounded box has hundreds of them. In `1.25.5`, there are two numbers. */
function inFewDigits(svg: string): string {
  return svg.replace(
    /(?<= d="[^"]*)(?<![\d.])-?\d+\.\d+/g,
    (number) => `${Number(Number(number).toFixed(1))}`,
  );
}
