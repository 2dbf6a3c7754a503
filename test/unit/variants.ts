/** The chapters repeat their files by design: each different text of a file is tested once. */
import { fileURLToPath } from "node:url";
import { chapters } from "../../chapters/manifest.ts";
import { sources } from "../../chapters/sources.ts";

export interface Variant {
  /** `v02`, the first chapter that has this text. */
  readonly id: string;
  readonly url: string;
}

export function variants(file: string): Variant[] {
  const seen = new Set<string>();
  return chapters.flatMap(({ id, folder }) => {
    const url = new URL(`../../chapters/${folder}/`, import.meta.url);
    const text = sources(fileURLToPath(url)).get(file);
    if (text === undefined || seen.has(text)) return [];
    seen.add(text);
    return [{ id, url: new URL(file, url).href }];
  });
}
