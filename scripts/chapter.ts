/** `npm run chapter v07 -- --port 9000`: says what the chapter adds and how to talk to it, and runs it. */
import { chapters } from "../chapters/manifest.ts";
import { find, unknown, version } from "./lib/find.ts";
import { eatenByNpm, howToTalk } from "./lib/talk.ts";

const [name = "", ...options] = process.argv.slice(2);
const chapter = find(name);
const eaten = eatenByNpm();

if (name === "" || name.startsWith("-")) {
  list();
} else if (!chapter) {
  fail(unknown(name));
} else if (eaten) {
  fail(`options go behind --: npm run chapter ${name} -- --${eaten} …`);
} else {
  process.stdout.on("error", () => {}); // the server goes on without whoever read this
  console.log(`${version(chapter)} ${chapter.title}, adds: ${chapter.adds}`);
  console.log(howToTalk(options));
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
  await import(new URL(`../chapters/${chapter.folder}/main.ts`, import.meta.url).href);
}

function list(): void {
  const width = Math.max(...chapters.map(({ title }) => title.length));
  for (const { id, title, adds } of chapters) console.log(`${id}  ${title.padEnd(width)}  ${adds}`);
  console.log("\nto run one:    npm run chapter v01");
  console.log("its options:   npm run chapter v01 -- --help");
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
