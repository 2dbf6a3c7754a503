/** Finds text that is printed over other text: text is compared with text, and column with column. */

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

interface Run extends Box {
  readonly text: string;
}

/** What stands over what, a sentence each. Runs in the page, where nothing else of this file is. */
export function overlaps(): string[] {
  /** What TypeDoc lays side by side. */
  const columns = [".site-menu", ".col-content", ".page-menu"];
  /** Of a line's height: lines that follow closely touch, since a font is higher than its letters. */
  const mostShared = 0.25;
  const shown = (element: Element) =>
    element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const cut = (a: Box, b: Box): Box => ({
    left: Math.max(a.left, b.left),
    right: Math.min(a.right, b.right),
    top: Math.max(a.top, b.top),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const width = ({ left, right }: Box) => right - left;
  const height = ({ top, bottom }: Box) => bottom - top;
  const everywhere = { left: -1e9, right: 1e9, top: -1e9, bottom: 1e9 };

  /** Where something in this element can be seen: what scrolls hides the rest. */
  const windows = new Map<Element, Box>();
  const windowOf = (element: Element | null): Box => {
    if (!element) return everywhere;
    const known = windows.get(element);
    if (known) return known;
    const outer = windowOf(element.parentElement);
    const open = getComputedStyle(element).overflow === "visible";
    const window = open ? outer : cut(outer, element.getBoundingClientRect());
    windows.set(element, window);
    return window;
  };
  /** One for each line of each piece of text. */
  const runsOf = (text: Text): Run[] => {
    const parent = text.parentElement;
    if (!parent || text.data.trim() === "" || !shown(parent)) return [];
    const range = document.createRange();
    range.selectNodeContents(text);
    const boxes = [...range.getClientRects()].map((box) => cut(box, windowOf(parent)));
    const seen = boxes.filter((box) => width(box) > 1 && height(box) > 1);
    return seen.map((box) => ({ ...box, text: text.data.trim().slice(0, 40) }));
  };
  const runs: Run[] = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) runs.push(...runsOf(walker.currentNode as Text));
  runs.sort((a, b) => a.top - b.top);

  const found: string[] = [];
  for (const [i, run] of runs.entries()) {
    for (let j = i + 1; j < runs.length && (runs[j] as Run).top < run.bottom; j++) {
      const other = runs[j] as Run;
      const both = cut(run, other);
      const lower = Math.min(height(run), height(other));
      if (width(both) > 2 && height(both) > lower * mostShared)
        found.push(`"${run.text}" is printed over "${other.text}"`);
    }
  }
  const boxes = columns.flatMap((column) => {
    const element = document.querySelector(column);
    return element && shown(element)
      ? [{ ...cut(everywhere, element.getBoundingClientRect()), text: column }]
      : [];
  });
  for (const [i, box] of boxes.entries()) {
    for (const other of boxes.slice(i + 1)) {
      const both = cut(box, other);
      if (width(both) > 1 && height(both) > 1) found.push(`${box.text} stands over ${other.text}`);
    }
  }
  return found;
}
