/** The chapters repeat their files by design: each different text of a file is tested once. */
import { existsSync, readFileSync } from "node:fs";
import { chapters } from "../../chapters/manifest.ts";

export interface Variant {
  /** `v02`, the first chapter that has this text. */
  readonly id: string;
  readonly url: string;
}

export function variants(file: string): Variant[] {
  const seen = new Set<string>();
  return chapters.flatMap(({ id, folder }) => {
    const url = new URL(`../../chapters/${folder}/${file}`, import.meta.url);
    const text = existsSync(url) ? readFileSync(url, "utf8") : undefined;
    if (text === undefined || seen.has(text)) return [];
    seen.add(text);
    return [{ id, url: url.href }];
  });
}
