/** What keeps somebody from reading a page who sees little, or has no mouse: axe knows the rules. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type axe from "axe-core";
import type { Page } from "puppeteer-core";

/** Read when it is needed: it is one of the maintainers' tools. */
const source = () =>
  readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const THEMES = ["light", "dark"] as const;

/** The rules whose answer can be another in another theme or at another width. */
const LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable"];

/** Line 60 of a diff has the colours of those before it, and there are thousands. */
const SEEN = [".d2h-diff-tbody tr:nth-child(n + 60)"];

/** In both themes, at the width that the page has; `all` rules, or those alone that have to do with looks. */
export async function barriers(page: Page, all: boolean): Promise<string[]> {
  await page.evaluate(source());
  // What scrolls at this width is marked as that with the next picture that Chrome draws.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn))));
  const found: string[] = [];
  for (const theme of THEMES) {
    await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: theme }]);
    const rules = all && theme === THEMES[0] ? [] : LOOKS;
    for (const each of await page.evaluate(ask, rules, SEEN)) found.push(`${theme}: ${each}`);
  }
  await page.emulateMediaFeatures([]);
  return found;
}

/** Runs in the page. */
async function ask(rules: string[], seen: string[]): Promise<string[]> {
  const { run } = (globalThis as unknown as { axe: typeof axe }).axe;
  const { violations } = await run(
    { exclude: seen.map((each) => [each]) },
    {
      resultTypes: ["violations"],
      ...(rules.length > 0 ? { runOnly: { type: "rule", values: rules } } : {}),
    },
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes: [first, ...more] }) => {
      const why = first?.any[0]?.message ?? help;
      return `${id}: ${why}: ${first?.html.slice(0, 80)} (and ${more.length} more)`;
    });
}
