/** `npm run chapter v07 -- --port 9000`: says what the chapter adds and how to talk to it, and runs it. */
import { chapters } from "../chapters/manifest.ts";
import { command } from "./lib/command.ts";
import { chapterOf, version } from "./lib/find.ts";
import { serve } from "./lib/learn/serve.ts";
import { root } from "./lib/root.ts";
import { howToTalk, SERVER_OPTIONS } from "./lib/talk.ts";

const HELP = `npm run chapter v07                    runs the server of v07
npm run chapter v07 -- --port 9000     gives the server the options that come after --
npm run chapter v07 -- --help          lists these options, with their defaults
npm run chapter                        lists the chapters`;

await command(
  { command: "npm run chapter", help: HELP, names: [0, 1], passesOn: SERVER_OPTIONS },
  async (_, [name], options) => {
    if (name === undefined) return list();
    const chapter = chapterOf(name);
    const intro = `${version(chapter)} ${chapter.title}, adds: ${chapter.adds}\n${howToTalk(options, chapter)}`;
    await serve(`${root}chapters/${chapter.folder}`, options, intro);
  },
);

function list(): void {
  const width = Math.max(...chapters.map(({ title }) => title.length));
  for (const { id, title, adds } of chapters) console.log(`${id}  ${title.padEnd(width)}  ${adds}`);
  console.log("\nto run one:    npm run chapter v01");
  console.log("its options:   npm run chapter v01 -- --help");
}
