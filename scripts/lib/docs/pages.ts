/** The pages of the site, from the guides as they are: titles, pictures, links, and the diffs. */
import { existsSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { compare } from "../compare.ts";
import { version } from "../find.ts";
import { root } from "../root.ts";
import { changedLines } from "../source.ts";
import { diffHtml, prose } from "./diff-page.ts";
import type { Picture } from "./pictures.ts";
import { inWords } from "./words.ts";

export interface Page {
  /** Its file in the staging folder. */
  readonly file: string;
  readonly text: string;
}

const DOCS = [
  "docs/protocol.md",
  "docs/exercises.md",
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
  const guides = chapters.map((chapter) => guidePage(chapter, pictures));
  const start = { file: "start.md", text: relink(read("README.md").replace(/^# .*\n/, "")) };
  const docs = DOCS.filter((path) => existsSync(root + path)).map((path) => {
    const name = basename(path, ".md").toLowerCase();
    const [title = name, ...body] = read(path).split("\n");
    const text = relink(withPictures(body.join("\n"), name, pictures));
    return { file: `${name}.md`, text: front(title.replace(/^# /, ""), "Pages") + text };
  });
  const children = chapters.slice(1).map((chapter, i) => diffPage(chapters[i] as Chapter, chapter));
  return { start, documents: [...guides, ...docs], children, pictures };
}

function read(file: string): string {
  return readFileSync(root + file, "utf8");
}

/** What TypeDoc wants to know of a page, and its heading. */
function front(title: string, group: string, children: string[] = []): string {
  const list = children.map((file) => `\n  - ./${file}`).join("");
  const below = list ? `children:${list}\n` : "";
  return `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n${below}---\n\n# ${title}\n\n`;
}

function guidePage(chapter: Chapter, pictures: Picture[]): Page {
  const at = chapters.indexOf(chapter);
  const [before, after] = [chapters[at - 1], chapters[at + 1]];
  const path = `chapters/${chapter.folder}/README.md`;
  const body = existsSync(root + path) ? read(path) : `# ${version(chapter)} ${chapter.title}\n`;
  const [, ...lines] = body.trimEnd().split("\n");
  if (/^\[v\d\d\]\(/.test(lines.at(-1) ?? "")) lines.pop();
  const title = `${version(chapter)} ${chapter.title}`;
  const link = (other: Chapter) => `[${version(other)} ${other.title}](./${other.id}.md)`;
  const nav = [
    before ? `← ${link(before)}` : "",
    before ? `[what changed](./diff-${chapter.id}.md)` : "",
    after ? `${link(after)} →` : "",
  ].filter(Boolean);
  const text = withPictures(lines.join("\n"), chapter.id, pictures);
  const children = before ? [`diff-${chapter.id}.md`] : [];
  const end = `\n\n<nav class="neighbours">\n\n${nav.join(" · ")}\n\n</nav>\n`;
  return {
    file: `${chapter.id}.md`,
    text: front(title, "Chapters", children) + relink(text) + end,
  };
}

/** Every Mermaid block becomes a figure: light, dark, and in words. */
function withPictures(text: string, page: string, pictures: Picture[]): string {
  const captioned = /(?:<!-- picture (\S+) -->\n\n)?([^\n]*)\n\n```mermaid\n(.*?)\n```/gs;
  return text.replace(captioned, (_, id: string | undefined, caption: string, mermaid: string) => {
    const name = `${page}-${id ?? pictures.length}`;
    pictures.push({ name, mermaid });
    const alt = prose(caption).replaceAll('"', "&quot;");
    const image = (theme: string) =>
      `<img class="only-${theme}" src="./pictures/${name}-${theme}.svg" alt="${alt}">`;
    const words = inWords(mermaid).map((line) => `<li>${prose(line)}</li>`);
    return `<figure class="picture">
<figcaption>${prose(caption)}</figcaption>
${image("light")}
${image("dark")}
<details><summary>In words</summary><ol>
${words.join("\n")}
</ol></details>
</figure>`;
  });
}

function diffPage(from: Chapter, to: Chapter): Page {
  const parts = compare(from, to).map((diff) => {
    const { added, removed } = changedLines(diff.before, diff.after);
    // Code is no Markdown: neither an empty line in it ends anything, nor is `](` a link.
    const html = diffHtml(diff, from, to)
      .replace(/\n\s*\n/g, "\n")
      .replaceAll("](", "]&#40;");
    return `## ${diff.file}\n\n${diff.why ?? ""} (code lines: +${added} −${removed})\n\n${html}\n`;
  });
  const title = `What changed in ${version(to)}`;
  const intro = `From [${version(from)}](./${from.id}.md) to [${version(to)}](./${to.id}.md), which adds: ${to.adds}.
Any other two: \`npm run diff ${from.id} v07\`, and with \`-- --html FILE\` as a page like this one.\n\n`;
  return { file: `diff-${to.id}.md`, text: front(title, "Chapters") + intro + parts.join("\n") };
}

/** Links between the files of the repository become links between the pages of the site. */
function relink(text: string): string {
  return text
    .replace(
      /\]\((?:\.\.?\/)*(?:chapters\/)?(v\d\d)-[^)/]*\/README\.md(#[^)]*)?\)/g,
      "](./$1.md$2)",
    )
    .replace(/\]\((?:\.\.?\/)*docs\/([\w-]+\.md)(#[^)]*)?\)/g, "](./$1$2)")
    .replace(/\]\((?:\.\.?\/)*CONTRIBUTING\.md\)/g, "](./contributing.md)")
    .replace(/\]\((?:\.\.?\/)*README\.md\)/g, "](./start.md)")
    .replace(/\[([^\]]*)\]\((?!https?:|#|\.\/)[^)]*\)/g, "$1"); // what is no page of the site
}
