/** The parts of a page that are made, not written: `<!-- KIND WHAT -->`, a blank line, the part, a blank line, `<!-- /KIND -->`. */

/** The same text with each part of these kinds made anew, and set in as far as its marker is. */
export function renewMarked<Kind extends string>(
  text: string,
  make: Readonly<Record<Kind, (what: string) => string>>,
): string {
  const kinds = Object.keys(make).join("|");
  const marked = new RegExp(`^( *)<!-- (${kinds}) ([^\\n]+) -->\\n.*?<!-- /\\2 -->`, "gms");
  return text.replace(marked, (_, indent: string, kind: Kind, what: string) =>
    `<!-- ${kind} ${what} -->\n\n${make[kind](what)}\n\n<!-- /${kind} -->`
      .split("\n")
      .map((line) => (line ? indent + line : line))
      .join("\n"),
  );
}
