/** `npm run chapter v07 -- --port 9000`: says what the chapter adds and how to talk to it, and runs it. */
import { type Chapter, chapters } from "../chapters/manifest.ts";
import { find, unknown, version } from "./find.ts";

const [name = "", ...options] = process.argv.slice(2);
const chapter = find(name);
// Without the `--`, npm takes the options for its own and hides them in the environment.
const eaten = ["host", "port", "idle_timeout", "grace"].find(
  (key) => `npm_config_${key}` in process.env,
);

if (name === "" || name.startsWith("-")) {
  list();
} else if (!chapter) {
  fail(unknown(name));
} else if (eaten) {
  fail(`options go behind --: npm run chapter ${name} -- --${eaten.replace("_", "-")} …`);
} else {
  introduce(chapter);
  process.argv.splice(2, Number.POSITIVE_INFINITY, ...options);
  await import(new URL(`../chapters/${chapter.folder}/main.ts`, import.meta.url).href);
}

function list(): void {
  const width = Math.max(...chapters.map(({ title }) => title.length));
  for (const { id, title, adds } of chapters) console.log(`${id}  ${title.padEnd(width)}  ${adds}`);
  console.log("\nto run one:    npm run chapter v01");
  console.log("its options:   npm run chapter v01 -- --help");
}

function introduce(chapter: Chapter): void {
  const host = option("host") ?? "127.0.0.1";
  const port = (option("port") ?? "8888").replace(/^0$/, "PORT");
  const elsewhere = [
    ...(host === "127.0.0.1" ? [] : [`--host ${host}`]),
    ...(port === "8888" ? [] : [`--port ${port}`]),
  ];
  const options = elsewhere.length > 0 ? ` -- ${elsewhere.join(" ")}` : "";
  console.log(`${version(chapter)} ${chapter.title}, adds: ${chapter.adds}`);
  console.log(`talk to it from another terminal:  npm run client${options}`);
  console.log(`or, where there is netcat:         nc ${host} ${port}`);
}

/** The value of a server option, whether it is written `--port 9000` or `--port=9000`. */
function option(name: string): string | undefined {
  const at = options.findIndex((each) => each === `--${name}` || each.startsWith(`--${name}=`));
  return options[at]?.split("=")[1] ?? (at === -1 ? undefined : options[at + 1]);
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
