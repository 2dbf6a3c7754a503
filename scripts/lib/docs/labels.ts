/** The labels of a sequence diagram: each stands between two lifelines, never on one. */

/** So many letters fit between two lifelines that stand next to each other. */
const MOST_LETTERS = 18;
/** As long as `[alice]alice:offline`: its letters are narrow. */
const LONGEST_WORD = 20;

/** Mermaid breaks a label where its arrow ends; this breaks it for the space between two lifelines. */
export function breakLabels(mermaid: string): string {
  if (!mermaid.startsWith("sequenceDiagram")) return mermaid;
  return mermaid.replace(
    /^( *\w+-[-)>x]+\w+: )(.*)$/gm,
    (_, arrow: string, label: string) => arrow + linesOf(label).join("<br/>"),
  );
}

function linesOf(label: string): string[] {
  const lines: string[] = [];
  for (const word of label.split(" ").flatMap(cut)) {
    const longer = `${lines.at(-1)} ${word}`;
    if (lines.length > 0 && widthOf(longer) <= MOST_LETTERS) lines.splice(-1, 1, longer);
    else lines.push(word);
  }
  return lines;
}

/** In letters: ⏎ and ✚ are as wide as two. */
const widthOf = (text: string): number => lettersOf(text).length + (/[⏎✚]/.test(text) ? 1 : 0);

/** `#35;` is one. */
const lettersOf = (text: string): string[] => text.match(/#\w+;|./gu) ?? [];

/** A word that is too long for a line of its own. */
function cut(word: string): string[] {
  const letters = lettersOf(word);
  if (letters.length <= LONGEST_WORD) return [word];
  return [letters.slice(0, MOST_LETTERS).join(""), ...cut(letters.slice(MOST_LETTERS).join(""))];
}

/**
 * Moves each label to the space that is nearest to where its arrow begins: Mermaid puts it in the middle, often on the
 * lifeline of somebody who has nothing to do with it. Runs in a page that shows the picture, where nothing else of this
 * file is.
 */
export function placeLabels(): void {
  const number = (element: Element, name: string) => Number(element.getAttribute(name));
  const lifelines = [...document.querySelectorAll("line.actor-line")]
    .map((line) => number(line, "x1"))
    .sort((a, b) => a - b);
  let label: SVGTextElement[] = [];
  for (const element of document.querySelectorAll("text.messageText, [data-et=message]")) {
    if (element instanceof SVGTextElement) {
      label.push(element);
      continue;
    }
    if (!(element instanceof SVGLineElement)) label = []; // to oneself, a curve beside one's lifeline: so is its label
    const [from, to] = [number(element, "x1"), number(element, "x2")];
    const [left, right] = [Math.min(from, to), Math.max(from, to)];
    const inside = lifelines.filter((x) => x > left + 10 && x < right - 10); // an arrow's head ends before the line
    const edges = [left, ...inside, right];
    const spaces = edges.slice(1).map((edge, i) => ({ middle: (edge + (edges[i] ?? 0)) / 2 }));
    const { middle = 0 } = (from < to ? spaces[0] : spaces.at(-1)) ?? {};
    for (const line of label) {
      line.setAttribute("x", `${middle}`);
      for (const part of line.querySelectorAll("tspan")) part.setAttribute("x", `${middle}`);
    }
    label = [];
  }
}

/** A sentence for each label that stands on a lifeline. Runs in a page that shows the picture. */
export function crossedLabels(): string[] {
  const slack = 1; // a letter's box is a little wider than the letter
  const lifelines = [...document.querySelectorAll("line.actor-line")].map((line) =>
    line.getBoundingClientRect(),
  );
  return [...document.querySelectorAll("text.messageText")].flatMap((label) => {
    const { left, right } = label.getBoundingClientRect();
    const isCrossed = lifelines.some(({ x }) => x > left + slack && x < right - slack);
    return isCrossed ? [`the label "${label.textContent}" stands on a lifeline`] : [];
  });
}
