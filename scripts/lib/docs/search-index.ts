/** What a reader can search: every heading of every text with what stands below it, and the names of the reference. */
import { writeFileSync } from "node:fs";
import {
  type Application,
  DeclarationReflection,
  IndexEvent,
  PageEvent,
  RendererEvent,
} from "typedoc";
import { isCode } from "./code-pages.ts";
import { type Section, sectionsOf, withPlaces } from "./sections.ts";

/** In the place of TypeDoc's own index, which knows no headings and no Chinese, and is loaded with every page. */
export function addSearch(app: Application): void {
  const { renderer } = app;
  const sections: Section[] = [];
  renderer.on(IndexEvent.PREPARE_INDEX, (event) => {
    event.searchResults = [];
  });
  renderer.on(
    PageEvent.END,
    (page) => {
      const { model, url } = page;
      const contents = url.endsWith("/Glossary.html")
        ? withPlaces(page.contents ?? "")
        : (page.contents ?? "");
      const isText = page.isReflectionEvent() && !isCode(model);
      if (isText && (page.model.isDocument() || url === "index.html"))
        sections.push(...sectionsOf(contents, url));
      // It is loaded when somebody searches. TypeDoc's own script asks for an element with this name.
      page.contents = contents.replace(
        /<script [^>]*id="tsd-search-script"><\/script>/,
        '<template id="tsd-search-script"></template>',
      );
    },
    -1, // behind those who still change the page
  );
  renderer.on(RendererEvent.END, ({ outputDirectory }) => {
    const index = { sections, names: namesOf(app) };
    writeFileSync(`${outputDirectory}/assets/search.js`, `searchIndex = ${JSON.stringify(index)};`);
  });
}

/** The newest chapter's first. */
function namesOf({ renderer }: Application): Section[] {
  const router = renderer.router;
  if (!router) throw new Error("TypeDoc has no router any more");
  const names = router
    .getLinkTargets()
    .filter((target) => target instanceof DeclarationReflection)
    .map((target): Section => {
      const { name, parent, signatures } = target;
      const comment = target.comment ?? signatures?.find((each) => each.comment)?.comment;
      const text = comment?.summary.map((part) => part.text).join("") ?? "";
      const of = parent && !parent.isProject() ? parent.getFullName() : "";
      return [of, name, router.getFullUrl(target), text.replace(/\s+/g, " ")];
    });
  return names.reverse();
}
