/** What of a page can be searched, and where it leads. */
import { expect, test } from "vitest";
import { plain, sectionsOf, withPlaces } from "./sections.ts";

const page = (body: string) =>
  `<div class="side">no</div><div class="col-content">${body}</div><div class="col-sidebar">no</div>`;

test("each heading is a section, with the text below it", () => {
  const html = page(`<h1 id="a" class="x">A &amp; B<a><svg>no</svg></a></h1>
    <p>one <code>who</code>s</p><h2 id="b">B</h2><pre><code>x<br/>y</code><button type="button">Copy</button></pre>`);
  expect(sectionsOf(html, "a.html")).toEqual([
    ["A & B", "A & B", "a.html", "one whos"],
    ["A & B", "B", "a.html#b", "x y"],
  ]);
});

test("each term of a glossary is a section", () => {
  const rows = `<h1 id="g">Glossary</h1><table><tr>\n<th>term</th></tr><tr>\n<td>back-off, two</td>\n<td>退避</td></tr></table>`;
  expect(sectionsOf(page(withPlaces(rows)), "g.html")).toEqual([
    ["Glossary", "Glossary", "g.html", "term"],
    ["Glossary", "back-off, two", "g.html#term-back-off-two", "退避"],
  ]);
});

test("what is folded away to be read later is not found", () => {
  expect(plain(`a<details class="later"><summary>b</summary>c</details> &lt;d&gt; &quot;`)).toBe(
    'a <d> "',
  );
});
