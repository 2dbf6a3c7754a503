/** The way through the site: what comes before and behind a page, and the menu of all texts. */
import type { DefaultThemeRenderContext, DocumentReflection, Reflection } from "typedoc";

/** The course, and what goes beyond it; nobody needs the second to finish the first. */
const PARTS = [
  { title: "The course", is: (title: string) => /^V0\./.test(title) },
  { title: "What a real service needs next", is: (title: string) => /^V[1-9]/.test(title) },
] as const;

type Context = DefaultThemeRenderContext;

interface Stop {
  readonly title: string;
  readonly url: string;
}

const asText = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const link = ({ title, url }: Stop, attributes = "") =>
  `<a href="${url}"${attributes}>${asText(title)}</a>`;

const stopAt = (context: Context, document: DocumentReflection): Stop => ({
  title: document.name,
  url: context.urlTo(document) ?? "",
});

/** A child comes behind its parent; what comes behind the last child is what comes behind the parent. */
export function around<T>(
  roots: readonly T[],
  childrenOf: (each: T) => readonly T[],
  at: T,
): { readonly before: T | undefined; readonly after: T | undefined } {
  const parent = roots.find((root) => childrenOf(root).includes(at));
  const list = parent === undefined ? roots : childrenOf(parent);
  const place = list.indexOf(at);
  const before = list[place - 1] ?? parent;
  const after = list[place + 1] ?? (parent && roots[roots.indexOf(parent) + 1]);
  return place < 0 ? { before: undefined, after: roots[0] } : { before, after };
}

const texts = ({ page }: Context): readonly DocumentReflection[] => page.project.documents ?? [];
const childrenOf = (document: DocumentReflection) => document.children ?? [];

/** The page of a file of the code: it is in no menu, and leads back to its chapter's guide. */
const isFile = (model: Reflection): model is Reflection & { parent: DocumentReflection } =>
  model.isDocument() && !!model.parent?.isDocument() && !childrenOf(model.parent).includes(model);

/** Previous and next; the reference is no path, and its pages only lead back. */
export function neighbours(context: Context, where: "top" | "bottom"): string {
  const { model } = context.page;
  const start = { title: "Start", url: context.relativeURL("index.html") };
  const isStart = context.page.url === "index.html";
  const isText = isStart || model.isDocument();
  const { before, after } = around(texts(context), childrenOf, model as DocumentReflection);
  const back = isFile(model) ? model.parent : before;
  const steps = [
    isStart ? "" : `← ${link(isText && back ? stopAt(context, back) : start, ' rel="prev"')}`,
    ...(isText && !isStart ? childrenOf(model as DocumentReflection).slice(0, 1) : []).map(
      (child) => link(stopAt(context, child)),
    ),
    isText && after && !isFile(model) ? `${link(stopAt(context, after), ' rel="next"')} →` : "",
  ];
  const shown = steps.filter(Boolean).map((step) => `<span>${step}</span>`);
  return `<nav class="neighbours" aria-label="Neighbours, ${where}">${shown.join("")}</nav>`;
}

/** All texts by part; below the one that is shown, what belongs to it. */
export function siteMenu(context: Context): string {
  const { model, url } = context.page;
  const entry = (document: DocumentReflection): string => {
    const below = childrenOf(document);
    const open = [model, model.parent].includes(document); // the page of a file is of a guide, too
    return item(context, document, open ? below.map(entry) : []);
  };
  const chapters = PARTS.map(({ title, is }) => ({
    title,
    list: texts(context).filter(({ name }) => is(name)),
  }));
  const pages = texts(context).filter(({ name }) => !PARTS.some(({ is }) => is(name)));
  const parts = [...chapters, { title: "Pages", list: pages }];
  const lists = parts.map(
    ({ title, list }) => `<p>${title}</p><ul>${list.map(entry).join("")}</ul>`,
  );
  const top = (title: string, page: string) =>
    link({ title, url: context.relativeURL(page) }, url === page ? ' aria-current="page"' : "");
  return `<nav class="course" aria-label="All pages">
<p>${top("Start", "index.html")}</p>
${lists.join("\n")}
<p>${top("Reference", "modules.html")}</p>${reference(context)}
</nav>`;
}

function item(context: Context, target: Reflection, below: readonly string[]): string {
  const { model } = context.page;
  const here = target === model ? ' aria-current="page"' : "";
  const open = below.length > 0 ? ' class="open"' : "";
  const list = open ? `<ul>${below.join("")}</ul>` : "";
  const url = context.urlTo(target) ?? "";
  return `<li>${link({ title: target.name, url }, here + open)}${list}</li>`;
}

/** The modules of the chapter that is shown, and what is in the one that is. */
function reference(context: Context): string {
  let shown: Reflection | undefined = context.page.model;
  while (shown && !shown.isProject() && !shown.parent?.isProject()) shown = shown.parent;
  if (!shown || shown.isProject() || shown.isDocument()) return "";
  const chapter = (name: string) => name.split("/")[0];
  const modules = context.page.project.children ?? [];
  const items = modules
    .filter(({ name }) => chapter(name) === chapter(shown.name))
    .map((module) => {
      const inside = module === shown ? (module.children ?? []) : [];
      return item(
        context,
        module,
        inside.map((each) => item(context, each, [])),
      );
    });
  return `<ul>${items.join("")}</ul>`;
}
