/** Finds what a reader cannot get to see: cells that are cut, and code that is broken into other lines. */

/** A sentence for each. Runs in the page, where nothing else of this file is. */
export function clipped(): string[] {
  /** A font's box is a little larger than what is drawn. */
  const slack = 2;
  const words = (element: Element) => `"${element.textContent?.trim().slice(0, 40)}"`;
  /** The first box around it that cuts off what stands over its edge, unless one can scroll there. */
  const cutter = (element: Element): Element | undefined => {
    for (let at: Element | null = element; at; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      if (overflowX === "hidden" || overflowX === "clip") return at;
      if (overflowX !== "visible") return undefined;
    }
    return undefined;
  };
  const isCut = (cell: Element): boolean => {
    const edge = cutter(cell)?.getBoundingClientRect();
    if (!edge) return false;
    const range = document.createRange();
    range.selectNodeContents(cell);
    return [...range.getClientRects()].some(
      ({ left, right, bottom }) =>
        left < edge.left - slack || right > edge.right + slack || bottom > edge.bottom + slack,
    );
  };
  const seen = (selector: string) =>
    [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility());
  const cells = seen("td, th").filter(isCut);
  const wrapped = seen("pre, pre > code").filter(
    (code) => !["pre", "nowrap"].includes(getComputedStyle(code).whiteSpace),
  );
  return [
    ...cells.map((cell) => `the cell ${words(cell)} is cut`),
    ...wrapped.map((code) => `the code ${words(code)} is broken into other lines`),
  ];
}
