/** The pages of docs/faults/, in the order in which docs/faults.md leads to them: the site's menu has the same. */
import { readFileSync } from "node:fs";
import { root } from "../root.ts";

export function faultPages(text = readFileSync(`${root}docs/faults.md`, "utf8")): string[] {
  const links = text.matchAll(/^### \[.*\]\((faults\/[\w-]+\.md)\)$/gm);
  return [...links].map(([, path]) => `docs/${path}`);
}
