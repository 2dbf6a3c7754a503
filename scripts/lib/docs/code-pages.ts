/** What TypeDoc has no pages for: each file of each chapter. And the pieces of code in the guides, with a link to their lines. */
import {
  type Application,
  DocumentReflection,
  JSX,
  KindRouter,
  PageEvent,
  PageKind,
  type ProjectReflection,
  type RouterTarget,
  Slugger,
} from "typedoc";
import { chapters } from "../../../chapters/manifest.ts";
import { version } from "../find.ts";
import { root } from "../root.ts";
import { anchorOf, type CodeFile, codeOf, pageOf } from "./code.ts";
import { filePage, type Highlight, snippet } from "./code-html.ts";
import { tree } from "./code-tree.ts";
import type { Snippet } from "./snippets.ts";

const pages = new Map<RouterTarget, CodeFile>();

export const isCode = (model: RouterTarget) => pages.has(model);

/** TypeDoc's own, and a page for each file, which is in no side bar. */
class CodeRouter extends KindRouter {
  override buildPages(project: ProjectReflection) {
    const guides = new Map(project.documents?.map((guide) => [guide.name, guide]));
    const own = chapters.flatMap((chapter) =>
      codeOf(chapter).map((code) => {
        const guide = guides.get(`${version(chapter)} ${chapter.title}`) ?? project;
        const text = [{ kind: "text", text: "<!-- code -->" }] as const;
        const model = new DocumentReflection(code.file, guide, [...text], {});
        model.name = `${code.file}, ${version(chapter)}`;
        pages.set(model, code);
        this.fullUrls.set(model, pageOf(code));
        this.sluggers.set(model, new Slugger(this.sluggerConfiguration));
        return { url: pageOf(code), kind: PageKind.Document, model };
      }),
    );
    return [...super.buildPages(project), ...own];
  }
}

/** Where the reference says that something is defined. */
export const REFERENCE_TO_CODE = {
  disableGit: true,
  basePath: `${root}chapters`,
  sourceLinkTemplate: "code:{path}#L{line}",
  gitRevision: "main",
} as const;

/** `router: "code"` must be among the options. */
export function addCode(app: Application, snippets: readonly Snippet[]): void {
  const { renderer } = app;
  const highlight: Highlight = (text, language) =>
    renderer.markedPlugin.getHighlighted(text, language);
  renderer.defineRouter("code", CodeRouter);
  renderer.hooks.on("pageSidebar.begin", ({ page: { model } }) => {
    const code = pages.get(model);
    const html = code ? `<h3>${version(code.chapter)}</h3>${tree(code.chapter, code.file)}` : "";
    return JSX.createElement(JSX.Raw, { html });
  });
  renderer.on(PageEvent.END, (page) => {
    const code = pages.get(page.model);
    const whole = (html: string) =>
      code
        ? html.replace("<!-- code -->", () => filePage(code, rangesOf(code, snippets), highlight))
        : html;
    page.contents = withLinks(
      withSnippets(whole(page.contents ?? ""), snippets, highlight),
      page.url,
    );
  });
}

function rangesOf(code: CodeFile, snippets: readonly Snippet[]): ReadonlySet<string> {
  const here = snippets.filter(({ place }) => place.code === code && place.from !== place.to);
  return new Set(here.map(({ place: { from, to } }) => anchorOf(from, to)));
}

function withSnippets(html: string, snippets: readonly Snippet[], highlight: Highlight): string {
  return html.replace(/<pre data-snippet="(\d+)"><\/pre>/g, (_, at: string) => {
    const { place, lit } = snippets[Number(at)] as Snippet;
    return snippet(place, lit, highlight);
  });
}

function withLinks(html: string, url: string): string {
  const up = "../".repeat(url.split("/").length - 1);
  return html.replace(
    /href="code:([^"#]+)(#[^"]*)?"/g,
    (_, file: string, anchor = "") => `href="${up}code/${file}.html${anchor}"`,
  );
}
