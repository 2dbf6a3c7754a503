/** What somebody may have meant by a name that there is not. */
import { distance } from "fastest-levenshtein";

/** The one with the fewest letters to change, or that holds the word; the first of several. */
export function nearest(word: string, all: Iterable<string>): string | undefined {
  const typed = word.toLowerCase();
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const each of all) {
    const far = typed !== "" && each.includes(typed) ? 0 : distance(each.toLowerCase(), typed);
    if (far < least) [best, least] = [each, far];
  }
  return best;
}
