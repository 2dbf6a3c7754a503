/** `npm run docs`: the guides, the diffs and the reference as a site, in `site/`. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { Application, OptionDefaults } from "typedoc";
import { chapters } from "../chapters/manifest.ts";
import { findChrome, NO_CHROME } from "../test/harness/chrome.ts";
import { command, Refusal } from "./lib/command.ts";
import { browserScripts } from "./lib/docs/browser.ts";
import { addCode, REFERENCE_TO_CODE } from "./lib/docs/code-pages.ts";
import { CODE_STYLE } from "./lib/docs/code-style.ts";
import { diffScript, diffStyle } from "./lib/docs/diff-page.ts";
import { makePages } from "./lib/docs/pages.ts";
import { drawPictures } from "./lib/docs/pictures.ts";
import { repository } from "./lib/docs/repository.ts";
import { addSearch } from "./lib/docs/search-index.ts";
import { LOADER, STYLE } from "./lib/docs/style.ts";
import { dress, markdown, THEME } from "./lib/docs/theme.ts";
import { root } from "./lib/root.ts";

const HELP = `npm run docs    builds the site in site/: the guides, the diffs and the reference
                npm run docs:open shows it, npm run docs:check looks at every page
  --texts       leave out the reference; this is faster when you write texts (off)`;

const options = { texts: { type: "boolean", default: false } } as const;

await command({ command: "npm run docs", help: HELP, options }, async ({ texts }) => {
  const staging = `${root}.cache/pages`;
  const site = `${root}site`;

  const started = Date.now();
  const say = (text: string) =>
    console.log(`${((Date.now() - started) / 1000).toFixed(1)} s  ${text}`);

  const chrome = findChrome();
  if (chrome === undefined) throw new Refusal(NO_CHROME);

  const { start, documents, children, pictures, snippets } = makePages();
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const { file, text } of [start, ...documents, ...children])
    writeFileSync(`${staging}/${file}`, text);
  say(`${documents.length + children.length + 1} pages`);

  const drawn = await drawPictures(
    pictures,
    `${staging}/pictures`,
    `${root}.cache/pictures`,
    chrome,
    (done, all) => {
      if (done % 10 === 0) say(`drawing pictures: ${done} of ${all}`);
    },
  );
  say(`${pictures.length} pictures, ${drawn} of these drawn anew`);

  const part = (file: string) => readFileSync(`${root}scripts/lib/docs/${file}`, "utf8");
  writeFileSync(
    `${staging}/site.css`,
    [diffStyle(), STYLE, part("layout.css"), CODE_STYLE, part("print.css")].join("\n"),
  );
  writeFileSync(`${staging}/site.js`, LOADER + part("reader.js") + browserScripts());
  const url = repository();
  const app = await Application.bootstrapWithPlugins({
    name: "One chat server, told in versions",
    entryPoints: (texts ? [] : chapters).map(({ folder }) => `${root}chapters/${folder}/**/*.ts`),
    exclude: ["**/main.ts"],
    tsconfig: `${root}tsconfig.json`,
    readme: `${staging}/${start.file}`,
    projectDocuments: documents.map(({ file }) => `${staging}/${file}`),
    out: site,
    favicon: `${root}docs/favicon.svg`,
    customCss: `${staging}/site.css`,
    customJs: `${staging}/site.js`,
    navigationLinks: url ? { Repository: url } : {},
    router: "code",
    ...REFERENCE_TO_CODE,
    theme: THEME,
    markdownItLoader: markdown,
    hideGenerator: true,
    highlightLanguages: [...OptionDefaults.highlightLanguages, "go", "diff"],
    sort: ["documents-first", "source-order"],
    sortEntryPoints: false,
    categorizeByGroup: false,
    navigation: { includeGroups: true },
    groupOrder: ["Chapters", "Pages", "Modules"],
    locales: { en: { kind_plural_module: "Reference" } },
    githubPages: true,
    skipErrorChecking: true, // npm run types does it
    logLevel: "Warn",
    plugin: [dress],
  });
  addCode(app, snippets);
  addSearch(app);
  const project = await app.convert();
  if (project === undefined)
    throw new Error("TypeDoc could not read the chapters: see its words above");
  await app.generateDocs(project, site);
  writeFileSync(`${site}/assets/diff.js`, diffScript());
  if (app.logger.hasErrors()) process.exit(1);
  say(`done: ${site}/index.html, or npm run docs:open`);
});
