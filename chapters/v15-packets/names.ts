/** What counts as a name. */

// Invisible characters would let names look alike: C, DI, and five blanks that are in neither.
const NAME = /^(?!\p{M})[^|:[\]\s\p{C}\p{DI}\u2800\u{13441}\u{13442}\u{16fe4}\u{1d159}]{1,32}$/u;

export const NAME_RULE = "1 to 32 visible characters, no white space, none of | : [ ]";

export function isName(name: string): boolean {
  return NAME.test(name.normalize("NFKC"));
}
