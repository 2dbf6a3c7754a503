/** Differences at a terminal: red and green, with the words that differ marked. */
import { styleText } from "node:util";
import { diffWordsWithSpace } from "diff";

type Style = Parameters<typeof styleText>[0];
const colours = process.stdout.hasColors?.() ?? false;

export const paint = (style: Style, text: string): string =>
  colours ? styleText(style, text) : text;

/** A file's difference as `diff -u` has it, line by line. */
export function coloured(patch: string): string[] {
  const lines = patch.trimEnd().split("\n");
  const shown: string[] = [];
  for (let i = 0; i < lines.length; ) {
    const removed = block(lines, i, "-");
    const added = block(lines, i + removed.length, "+");
    if (removed.length + added.length === 0) {
      const line = lines[i++] ?? "";
      shown.push(line.startsWith("@@") ? paint("cyan", line) : line);
    } else {
      shown.push(...marked(removed, added));
      i += removed.length + added.length;
    }
  }
  return shown;
}

/** The lines from `at` on that begin with the sign. */
function block(lines: readonly string[], at: number, sign: "-" | "+"): string[] {
  let end = at;
  while (lines[end]?.startsWith(sign)) end++;
  return lines.slice(at, end);
}

/** Red and green; where a line replaces another, the words that differ stand out. */
function marked(removed: readonly string[], added: readonly string[]): string[] {
  const pairs = removed.length === added.length;
  const line = (text: string, style: "red" | "green", other: string | undefined) => {
    if (other === undefined) return paint(style, text);
    const [before, after] = style === "red" ? [text, other] : [other, text];
    const parts = diffWordsWithSpace(before.slice(1), after.slice(1));
    const own = parts.filter((part) => (style === "red" ? !part.added : !part.removed));
    const words = own.map(({ value, added, removed }) =>
      paint(added || removed ? [style, "inverse"] : style, value),
    );
    return paint(style, text.slice(0, 1)) + words.join("");
  };
  return [
    ...removed.map((text, i) => line(text, "red", pairs ? added[i] : undefined)),
    ...added.map((text, i) => line(text, "green", pairs ? removed[i] : undefined)),
  ];
}
