/** The search: in TypeDoc's own window, over our own index, which is loaded when the window opens. */

/**
 * @typedef {[page: string, heading: string, url: string, text: string]} Section
 * @typedef {{ sections: Section[], names: Section[] }} Index
 * @typedef {{ section: Section, score: number }} Hit
 */

const MOST = 30;
const MOST_A_PAGE = 3;
/** A text that says a word more often is not about it any more. */
const MOST_TIMES = 4;
/** How much of a text is shown before and behind the word. */
const [BEFORE, BEHIND] = [50, 110];

/** What is read first counts most. */
const GUIDE = /^V(\d)\.(\d) /;
const BESIDE = /^(What changed|The code|Mutants|Exercise|Glossary)/;
/** @param {string} title */
const rank = (title) => (GUIDE.test(title) ? 2 : BESIDE.test(title) ? 0.5 : 1);

const base = document.documentElement.dataset.base ?? "./";
const dialog = /** @type {HTMLDialogElement | null} */ (document.getElementById("tsd-search"));
const input = /** @type {HTMLInputElement | null} */ (document.getElementById("tsd-search-input"));
const list = document.getElementById("tsd-search-results");
const status = document.getElementById("tsd-search-status");

/** @returns {Index | undefined} */
const index = () => Reflect.get(window, "searchIndex");

/** A chapter is also found as `v05`, which is what the commands call it. @param {string} title */
const alias = (title) => {
  const [, part, number] = GUIDE.exec(title) ?? [];
  return part === undefined ? "" : `v${part}${number}`;
};

/** @param {string} text */
const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * How much a text speaks of a term: more where words begin with it than where it stands inside of one. So Chinese, which has
 * no blanks between words, is found as well.
 * @param {string} text @param {string} term
 */
function weigh(text, term) {
  const times = Math.min(text.split(term).length - 1, MOST_TIMES);
  const begins = new RegExp(`(?:^|[^\\p{L}\\p{N}])${escaped(term)}`, "u");
  return times === 0 ? 0 : times + (begins.test(text) ? MOST_TIMES : 0);
}

/** Nothing, when one of the terms is neither in the section nor, for the page itself, in its title. @param {Section} section @param {string[]} terms */
function score([page, heading, url, text], terms) {
  const title = url.includes("#") ? "" : `${page} ${alias(page)}`;
  const [called, head, body] = [title, heading, text].map((each) => each.toLowerCase());
  let sum = 0;
  for (const term of terms) {
    const weight =
      8 * weigh(called ?? "", term) + 4 * weigh(head ?? "", term) + weigh(body ?? "", term);
    if (weight === 0) return 0;
    sum += weight;
  }
  return sum * rank(page);
}

/** @param {Section[]} sections @param {string[]} terms */
function best(sections, terms) {
  const hits = sections.map((section) => ({ section, score: score(section, terms) }));
  const ranked = hits.filter((hit) => hit.score > 0).sort((a, b) => b.score - a.score);
  const many = new Map();
  return ranked.filter(({ section: [page] }) => {
    many.set(page, (many.get(page) ?? 0) + 1);
    return many.get(page) <= MOST_A_PAGE;
  });
}

/** The text around the first term, the terms marked. @param {string} text @param {string[]} terms */
function context(text, terms) {
  const places = terms.map((term) => text.toLowerCase().indexOf(term)).filter((at) => at >= 0);
  const at = places.length > 0 ? Math.min(...places) : 0;
  const from = at <= BEFORE ? 0 : text.indexOf(" ", at - BEFORE) + 1 || at - BEFORE;
  const start = Math.min(from, at);
  const blank = text.lastIndexOf(" ", at + BEHIND);
  const end = text.length <= at + BEHIND ? text.length : blank > at ? blank : at + BEHIND;
  const line = document.createElement("small");
  line.append(
    start > 0 ? "… " : "",
    ...marked(text.slice(start, end), terms),
    end < text.length ? " …" : "",
  );
  return line;
}

/** @param {string} text @param {string[]} terms */
function marked(text, terms) {
  const pattern = terms.map(escaped).join("|");
  return text.split(new RegExp(`(${pattern})`, "giu")).map((part, i) => {
    if (i % 2 === 0) return part;
    const mark = document.createElement("mark");
    mark.textContent = part;
    return mark;
  });
}

/** As TypeDoc's keys expect it: an option with a link in it. @param {Section} section @param {number} i @param {string[]} terms */
function option([page, heading, url, text], i, terms) {
  const item = document.createElement("li");
  item.id = `tsd-search:${i}`;
  item.role = "option";
  item.ariaSelected = "false";
  const link = document.createElement("a");
  link.tabIndex = -1;
  link.href = base + url;
  const title = document.createElement("span");
  title.className = "text";
  title.append(...marked(page === heading || !page ? heading : `${page} › ${heading}`, terms));
  link.append(title);
  if (text) link.append(context(text, terms));
  item.append(link);
  return item;
}

function show() {
  const found = index();
  if (!found || !input || !list || !status) return;
  const terms = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const hits =
    terms.length === 0 ? [] : [found.sections, found.names].flatMap((each) => best(each, terms));
  list.replaceChildren(...hits.slice(0, MOST).map(({ section }, i) => option(section, i, terms)));
  status.textContent = terms.length > 0 && hits.length === 0 ? "Nothing is found." : "";
}

function load() {
  if (index() || document.querySelector("script[data-search]")) return show();
  const script = document.createElement("script");
  script.dataset.search = "";
  script.src = `${base}assets/search.js`;
  script.addEventListener("load", show);
  document.head.append(script);
}

if (dialog && input && list) {
  new MutationObserver(() => dialog.open && load()).observe(dialog, { attributeFilter: ["open"] });
  input.addEventListener("input", show);
  input.addEventListener("keydown", ({ key }) => {
    const chosen = input.getAttribute("aria-activedescendant");
    if (key === "Enter" && !chosen) list.querySelector("a")?.click();
  });
  list.addEventListener("click", () => dialog.close()); // it may lead to a place on this page
}
