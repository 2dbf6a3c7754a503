/** The whole course as one page, for print: its texts one behind the other, with a table of contents. */

/** A text of the site, as it is built. */
export interface Text {
  /** Its file in `documents/`. */
  readonly file: string;
  readonly html: string;
}

/** Where each chapter and its sections begin, in the order of the book. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly level: 1 | 2;
}

/** What is in `<main>`, its ids made unique, and its links to other texts of the book turned into jumps. */
export function chapterOf({ file, html }: Text, files: readonly string[]): string {
  const [, main = ""] = /<main[^>]*>(.*)<\/main>/s.exec(html) ?? [];
  const place = (name: string) => `t${files.indexOf(name)}`;
  return main
    .replace(/ id="([^"]+)"/g, ` id="${place(file)}-$1"`)
    .replace(/ href="([^"#]*)(?:#([^"]*))?"/g, (same, page: string, anchor: string | undefined) => {
      const name = page === "" ? file : decodeURIComponent(page);
      if (!files.includes(name)) return same;
      return ` href="#${place(name)}${anchor ? `-${anchor}` : ""}"`;
    })
    .replace(/ loading="lazy"/g, "");
}

export function entriesOf(body: string): Entry[] {
  const headings = body.matchAll(/<h([12])[^>]* id="([^"]+)"[^>]*>(.*?)<\/h\1>/gs);
  return [...headings].map(([, level, id = "", inner = ""]) => ({
    id,
    title: inner.replace(/<[^>]*>/g, "").trim(),
    level: level === "1" ? 1 : 2,
  }));
}

/** `pages` says on which page each entry is, as far as that is known yet. */
export function book(texts: readonly Text[], pages: ReadonlyMap<string, number>): string {
  const files = texts.map(({ file }) => file);
  const bodies = texts.map((text, i) => `<section id="t${i}">${chapterOf(text, files)}</section>`);
  const lines = entriesOf(bodies.join("")).map(
    ({ id, title, level }) =>
      `<li class="level${level}"><a href="#${id}">${title}</a><span>${pages.get(id) ?? 0}</span></li>`,
  );
  const styles = ["style", "highlight", "custom"].map(
    (name) => `<link rel="stylesheet" href="../assets/${name}.css">`,
  );
  return `<!doctype html><html lang="en" data-base="../" data-theme="light"><meta charset="utf-8">
<title>One chat server, told in versions</title>${styles.join("")}
<style>${STYLE}</style>
<main class="tsd-typography"><h1>One chat server, told in versions</h1>
<nav class="contents"><ol>${lines.join("")}</ol></nav>${bodies.join("")}</main></html>`;
}

const STYLE = `section { break-before: page }
.contents ol { list-style: none; padding: 0; columns: 2; column-gap: 2rem; font-size: 8.5pt }
.contents li { display: flex; justify-content: space-between; gap: 1rem; margin: 1px 0 }
.contents .level1 { font-weight: bold; margin-top: 6px }
.contents .level2 { padding-left: 1rem }`;

/**
 * The page on which each named place of a PDF is, from 1. Chrome writes a dictionary of names (`/t1-title [7 0 R /XYZ …]`)
 * and lists the pages in `/Kids`; both stand in the file as text.
 */
export function pagesOf(pdf: Buffer): Map<string, number> {
  const text = pdf.toString("latin1");
  const objects = new Map(
    [...text.matchAll(/^(\d+) 0 obj\s*(.*?)\s*endobj/gms)].map(([, id = "", body = ""]) => [
      id,
      body,
    ]),
  );
  const order: string[] = [];
  const walk = (id: string): void => {
    const [, kids] = /\/Kids\s*\[(.*?)\]/s.exec(objects.get(id) ?? "") ?? [];
    if (kids === undefined) order.push(id);
    else for (const [, kid = ""] of kids.matchAll(/(\d+) 0 R/g)) walk(kid);
  };
  walk(/\/Pages (\d+) 0 R/.exec(text)?.[1] ?? "");
  const places = text.matchAll(/\/([^\s/[\]()<>]+)\s*\[\s*(\d+) 0 R\s*\/XYZ/g);
  return new Map([...places].map(([, name = "", id = ""]) => [name, order.indexOf(id) + 1]));
}
