/** The texts of a page, heading by heading. */

/** The title of its page, its own heading, its address, and its text. */
export type Section = readonly [page: string, heading: string, url: string, text: string];

/** Where a section begins: a heading, or a row that has a place of its own. */
const BEGINNING = /<(h[1-6]|tr)(?: [^>]*)? id="([^"]*)"[^>]*>(.*?)<\/(?:\1|td)>/gs;
const BLOCK =
  /<\/?(?:p|div|ul|ol|li|table|tr|td|th|pre|br|figure|figcaption|summary|details|h\d)\b[^>]*>/g;

export function sectionsOf(html: string, url: string): Section[] {
  const [, content = ""] = html.split(/class="col-(?:content|sidebar)"/);
  const body = content.replace(/<[^<>]*$/, "");
  const beginnings = [...body.matchAll(BEGINNING)];
  const page = plain(beginnings[0]?.[3] ?? "");
  return beginnings.map((beginning, i) => {
    const [whole, , id = "", title = ""] = beginning;
    const end = beginnings[i + 1]?.index ?? body.length;
    const text = plain(body.slice(beginning.index + whole.length, end));
    return [page, plain(title), i === 0 ? url : `${url}#${id}`, text];
  });
}

/** Each term of the glossary gets a place to go to. */
export function withPlaces(html: string): string {
  const place = (term: string) => term.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "-");
  return html.replace(
    /<tr>(\s*<td>)(.*?)<\/td>/g,
    (_, begin: string, term: string) => `<tr id="term-${place(plain(term))}">${begin}${term}</td>`,
  );
}

/** What is read, and neither folded away nor said twice. */
export function plain(html: string): string {
  return html
    .replace(/<details class="later">.*?<\/details>/gs, " ")
    .replace(/<table class="d2h-diff-table">.*?<\/table>/gs, " ")
    .replace(/<nav class="neighbours">.*?<\/nav>/gs, " ")
    .replace(/<(button|svg|small)\b.*?<\/\1>/gs, "")
    .replace(BLOCK, " ")
    .replace(/<[^>]*>/g, "")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#(?:39|x27);/g, "'")
    .replace(/&#40;/g, "(")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}
