/** The course as a book: its links stay in it, and its pages are found again in what Chrome prints. */
import { expect, test } from "vitest";
import { book, chapterOf, pagesOf } from "./book.ts";

const text = (file: string, inner: string) => ({ file, html: `x<main id="text">${inner}</main>y` });

test("a link to another text becomes a jump, one out of the book stays", () => {
  const one = text(
    "V0.1_a.html",
    '<h1 id="a">A</h1><a href="V0.2_b.html#b">b</a><a href="c.html">c</a>',
  );
  expect(chapterOf(one, ["V0.1_a.html", "V0.2_b.html"])).toBe(
    '<h1 id="t0-a">A</h1><a href="#t1-b">b</a><a href="c.html">c</a>',
  );
});

test("the table of contents has the page of each heading", () => {
  const made = book(
    [text("a.html", '<h1 id="a">A <a href="#a">#</a></h1>')],
    new Map([["t0-a", 7]]),
  );
  expect(made).toContain('<a href="#t0-a">A #</a><span>7</span>');
});

test("a place of the PDF is on the page that its name leads to", () => {
  const pdf = `%PDF-1.4
1 0 obj
<</Type /Catalog /Pages 2 0 R>>
endobj
2 0 obj
<</Kids [5 0 R 3 0 R]>>
endobj
3 0 obj
<</Type /Page>>
endobj
4 0 obj
<</t0-a [3 0 R /XYZ 0 9 0] /t1-b [5 0 R /XYZ 0 9 0]>>
endobj
5 0 obj
<</Type /Page>>
endobj`;
  expect([...pagesOf(Buffer.from(pdf))]).toEqual([
    ["t0-a", 2],
    ["t1-b", 1],
  ]);
});
