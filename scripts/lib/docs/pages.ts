/** The pages of the site, from the guides as they are: titles, pictures, links, and the diffs. */
import { existsSync, readFileSync } from "node:fs";
import { Slugger } from "typedoc";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { compare } from "../compare.ts";
import { version } from "../find.ts";
import { root } from "../root.ts";
import { changedLines } from "../source.ts";
import { codeOf } from "./code.ts";
import { beside, codePage } from "./code-index.ts";
import { fileLink } from "./code-tree.ts";
import { diffHtml, prose } from "./diff-page.ts";
import { chapterTasks, extraTasks, linkTasks, mutantTasks, type Task } from "./exercise-pages.ts";
import { faultPages } from "./fault-pages.ts";
import { front, type Page } from "./page.ts";
import type { Picture } from "./pictures.ts";
import { editLink } from "./repository.ts";
import { type Snippet, withCaptions } from "./snippets.ts";
import { startText } from "./start.ts";
import { inWords } from "./words.ts";

const DOCS = [
  "docs/protocol.md",
  "docs/exercises.md",
  "docs/typescript.md",
  "docs/from-go.md",
  "docs/original-faults.md",
  "docs/mutants.md",
  "docs/faults.md",
  "docs/testing.md",
  "docs/mongodb.md",
  "docs/nats.md",
  "docs/performance.md",
  "docs/teaching.md",
  "docs/glossary.md",
  "CONTRIBUTING.md",
];

/** In the order of the sidebar; the diffs are children of their chapters. */
export function makePages() {
  const pictures: Picture[] = [];
  const snippets: Snippet[] = [];
  const [tasks, more, mutants] = [chapterTasks(), extraTasks(), mutantTasks()];
  const guides = chapters.map((chapter) => guidePage(chapter, pictures, snippets, mutants));
  const intro = relink(withPictures(startText(read("README.md")), "start", pictures));
  const start = { file: "start.md", text: intro + editLink("README.md") };
  const all = chapters.toReversed().flatMap(codeOf);
  const docPage = (path: string, children: string[] = []) =>
    textPage(path, children, (text, name) =>
      linkTasks(withPictures(withCaptions(text, all, snippets), name, pictures), slug),
    );
  const faults = faultPages().map((path) => docPage(path));
  const below: Readonly<Record<string, readonly string[]>> = {
    "docs/exercises.md": more.map(fileOf),
    "docs/mutants.md": mutants.map(fileOf),
    "docs/faults.md": faults.map(({ file }) => file),
  };
  const docs = DOCS.filter((path) => existsSync(root + path)).map((path) =>
    docPage(path, [...(below[path] ?? [])]),
  );
  const diffs = chapters.slice(1).map((chapter, i) => diffPage(chapters[i] as Chapter, chapter));
  const code = chapters.map(codePage);
  const work = [...tasks, ...more, ...mutants].map(taskPage);
  return {
    start,
    documents: [...guides, ...docs],
    children: [...diffs, ...faults, ...code, ...work],
    pictures,
    snippets,
  };
}

const slug = (heading: string) => new Slugger({ lowercase: true }).slug(heading);

function read(file: string): string {
  return readFileSync(root + file, "utf8");
}

/** A page of docs/, or one below it: `docs/faults/web.md` is `faults-web.md`. */
function textPage(
  path: string,
  children: string[],
  dress: (text: string, name: string) => string,
): Page {
  const name = path
    .replace(/^docs\/|\.md$/g, "")
    .replace("/", "-")
    .toLowerCase();
  const [title = name, ...body] = read(path).split("\n");
  const text = relink(dress(body.join("\n"), name));
  const head = front(title.replace(/^# /, ""), "Pages", children);
  return { file: `${name}.md`, text: head + text + editLink(path) };
}

function guidePage(
  chapter: Chapter,
  pictures: Picture[],
  snippets: Snippet[],
  mutants: readonly Task[],
): Page {
  const path = `chapters/${chapter.folder}/README.md`;
  const body = existsSync(root + path) ? read(path) : `# ${version(chapter)} ${chapter.title}\n`;
  const [, ...lines] = body.trimEnd().split("\n");
  if (/^\[v\d\d\]\(/.test(lines.at(-1) ?? "")) lines.pop();
  const title = `${version(chapter)} ${chapter.title}`;
  const captioned = withCaptions(`${lines.join("\n")}\n`, codeOf(chapter), snippets, true);
  const text = withPictures(captioned, chapter.id, pictures);
  const { children, links } = beside(chapter, mutants);
  return {
    file: `${chapter.id}.md`,
    text: `${front(title, "Chapters", children)}${links}\n\n${relink(text)}${editLink(path)}`,
  };
}

/** Every Mermaid block becomes a figure, also in words; one that was shown before is only linked. */
function withPictures(text: string, page: string, pictures: Picture[]): string {
  const captioned = /(?:<!-- picture (\S+) -->\n\n)?([^\n]*)\n\n```mermaid\n(.*?)\n```/gs;
  return text.replace(captioned, (_, id: string | undefined, caption: string, mermaid: string) => {
    const name = `${page}-${id ?? pictures.length}`;
    const shown = pictures.find((each) => each.mermaid === mermaid && !each.name.startsWith(page));
    if (shown) {
      const [where = ""] = shown.name.split("-");
      return `${caption} Nothing in it is new: [it is drawn in ${where}](./${where}.md#picture-${shown.name}).`;
    }
    pictures.push({ name, mermaid });
    return figure(name, caption, mermaid);
  });
}

function figure(name: string, caption: string, mermaid: string): string {
  const alt = prose(caption).replaceAll('"', "&quot;");
  const words = inWords(mermaid).map((line) => `<li>${prose(line)}</li>`);
  return `<figure class="picture">
<a id="picture-${name}"></a>
<figcaption>${prose(caption)}</figcaption>
<img loading="lazy" src="./pictures/${name}.svg" alt="${alt}">
<button type="button" class="larger">Larger</button>
<details><summary>In words</summary><ol>
${words.join("\n")}
</ol></details>
</figure>`;
}

function diffPage(from: Chapter, to: Chapter): Page {
  const parts = compare(from, to).map((diff) => {
    const { added, removed } = changedLines(diff.before, diff.after);
    // Code is no Markdown: neither an empty line in it ends anything, nor is `](` a link.
    const html = diffHtml(diff, from, to)
      .replace(/\n\s*\n/g, "\n")
      .replaceAll("](", "]&#40;");
    const whole = diff.after ? ` <a href="${fileLink(to, diff.file)}">The whole file</a>` : "";
    return `## ${diff.file}\n\n${diff.why ?? ""} (code lines: +${added} −${removed})${whole}\n\n${html}\n`;
  });
  const title = `What changed in ${version(to)}`;
  const intro = `From [${version(from)}](./${from.id}.md) to [${version(to)}](./${to.id}.md), which adds: ${to.adds}.
Any other two: \`npm run diff ${from.id} v07\`, and with \`-- --html FILE\` as a page like this one.\n\n`;
  return { file: `diff-${to.id}.md`, text: front(title, "Chapters") + intro + parts.join("\n") };
}

const fileOf = ({ id }: Task) => `${id}.md`;

const taskPage = ({ id, title, text, path }: Task): Page => ({
  file: `${id}.md`,
  text: front(title, "Pages") + relink(text) + (path ? editLink(path) : ""),
});

/** Links between the files of the repository become links between the pages of the site. */
function relink(text: string): string {
  return text
    .replace(
      /\]\((?:\.\.?\/)*(?:chapters\/)?(v\d\d)-[^)/]*\/README\.md(#[^)]*)?\)/g,
      "](./$1.md$2)",
    )
    .replace(/\]\((?:\.\/)?(?:docs\/)?faults\/([\w-]+\.md)/g, "](./faults-$1")
    .replace(/\]\((?:\.\.?\/)*docs\/([\w-]+\.md)(#[^)]*)?\)/g, "](./$1$2)")
    .replace(/\]\(\.\.\/([\w-]+\.md)/g, "](./$1") // from a page below docs/
    .replace(/\]\((?:\.\.?\/)*CONTRIBUTING\.md\)/g, "](./contributing.md)")
    .replace(/\]\((?:\.\.?\/)*README\.md\)/g, "](./start.md)")
    .replace(/\[([^\]]*)\]\((?!https?:|#|\.\/)[^)]*\)/g, "$1"); // what is no page of the site
}
