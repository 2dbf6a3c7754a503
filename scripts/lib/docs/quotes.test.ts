/** A guide that quotes what is not there: each fault is found, and nothing else. */
import { existsSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CHROME_ARGS, findChrome } from "../../../test/harness/chrome.ts";
import { root } from "../root.ts";
import { scratch } from "../testing.ts";
import { quotes } from "./quotes.ts";
import { serve } from "./serve.ts";
import { openTab } from "./tab.ts";

const chrome = findChrome();
const driver = existsSync(`${root}node_modules/puppeteer-core`); // one of the maintainers' tools

const quote = (caption: string, code: string) =>
  `<figure class="snippet"><figcaption>${caption}</figcaption><pre><code>${code}\n</code></pre></figure>`;
const link = (to: string) => `<a href="code.html#${to}">code</a>`;
const line = (n: number, text: string) => `<span id="L${n}">${text}</span>\n`;
/** Nothing lights up on it: that is a fault, too. */
const CODE = `<pre class="code">${line(1, "{")}${line(2, "  a {")}${line(3, "    b")}</pre>`;

test.skipIf(!chrome || !driver)("what is quoted stands where its link leads", async () => {
  const { launch } = await import("puppeteer-core");
  const browser = await launch({ executablePath: chrome as string, args: CHROME_ARGS });
  try {
    const folder = scratch();
    writeFileSync(`${folder}/code.html`, CODE);
    const good = [quote(link("L2-L3"), "a {\n  b"), quote(link("L1"), "{")];
    const bad = [quote("no link", "b"), quote(link("L2"), "b"), quote(link("L9"), "b")];
    writeFileSync(`${folder}/guide.html`, [...good, ...bad].join(""));
    const start = await serve(folder);
    const page = await openTab(browser, () => {});
    const { count, problems } = await quotes(page, [`${start}guide.html`]);
    expect(count).toBe(4);
    expect(problems.map((each) => each.replaceAll(start, ""))).toEqual([
      "guide.html: a piece of code without a link",
      "guide.html: what is quoted is not at code.html#L2",
      "guide.html: what is quoted is not at code.html#L9",
      "code.html#L2-L3 does not show its lines",
    ]);
  } finally {
    await browser.close();
  }
});
