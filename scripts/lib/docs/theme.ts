/** What the site changes in TypeDoc's pages, by TypeDoc's own hooks: the way through the course, and what finds the text. */
import {
  type Application,
  DefaultTheme,
  DefaultThemeRenderContext,
  JSX,
  type NavigationElement,
  PageEvent,
} from "typedoc";
import { neighbours, siteMenu } from "./way.ts";

const raw = (html: string) => JSX.createElement(JSX.Raw, { html });

class CourseContext extends DefaultThemeRenderContext {
  override sidebar = () => raw(siteMenu(this));
}

/** The menu is ours: it needs no script, and opens no page that one has not asked for. */
class CourseTheme extends DefaultTheme {
  override ContextClass = CourseContext;
  override buildNavigation(): NavigationElement[] {
    return [];
  }
}

/** The name of the theme, for TypeDoc's option. */
export const THEME = "course";

export function dress({ renderer }: Application): void {
  renderer.defineTheme(THEME, CourseTheme);
  renderer.hooks.on("body.begin", () => raw('<a class="skip" href="#text">To the text</a>'));
  renderer.hooks.on("content.begin", (context) =>
    raw(`${neighbours(context, "top")}<main id="text" tabindex="-1">`),
  );
  renderer.hooks.on("content.end", (context) => raw(`</main>${neighbours(context, "bottom")}`));
  renderer.hooks.on("pageSidebar.begin", () => raw('<nav aria-label="On this page">'));
  renderer.hooks.on("pageSidebar.end", () => raw("</nav>"));
  renderer.on(PageEvent.END, (page) => {
    page.contents = mend(page.contents ?? "");
    // TypeDoc knows the places that a page's headings make, and warns of others.
    for (const [, id = ""] of page.contents.matchAll(/ id="(picture-[^"]+)"/g))
      renderer.router?.getSlugger(page.model).slug(id);
  });
}

/** What no hook reaches. */
function mend(html: string): string {
  return (
    html
      // TypeDoc hides a page until all of its scripts are there, half a second at most: words need none of them.
      .replace(/document\.body\.style\.display="none";setTimeout\(.*?,500\)(?=<\/script>)/, "")
      .replace(/<script async src="[^"]*" id="tsd-(nav|hierarchy)-script"><\/script>/g, "")
      // A link in what opens and closes cannot be reached by the keyboard.
      .replace(/(<summary[^>]*>(?:(?!<\/summary>).)*?)<a [^>]*"tsd-anchor-icon">.*?<\/a>/gs, "$1")
  );
}

interface Rules {
  readonly renderer: { rules: Record<string, () => string> };
  readonly linkify: { set(options: { fuzzyLink: boolean }): void };
}

/** Tables scroll inside themselves; and `README.md` is a file, not a site in Moldova. */
export function markdown({ renderer, linkify }: Rules): void {
  renderer.rules.table_open = () => '<div class="scroll"><table>\n';
  renderer.rules.table_close = () => "</table></div>\n";
  linkify.set({ fuzzyLink: false });
}
