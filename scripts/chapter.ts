/** `npm run chapter v07 -- --port 9000`: says what the chapter adds and how to talk to it, and runs it. */
import { distance } from "fastest-levenshtein";
import { type Chapter, chapters } from "../chapters/manifest.ts";

const [name = "", ...options] = process.argv.slice(2);
const chapter = chapters.find((chapter) => names(chapter).includes(name.toLowerCase()));
// Without the `--`, npm takes the options for its own and hides them in the environment.
const eaten = ["host", "port", "idle_timeout"].find((key) => `npm_config_${key}` in process.env);

if (name === "" || name.startsWith("-")) {
  list();
} else if (!chapter) {
  fail(`no chapter "${name}"; the nearest is ${nearest(name)} (npm run chapter lists them all)`);
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

function introduce({ id, title, adds }: Chapter): void {
  const host = option("host") ?? "127.0.0.1";
  const port = (option("port") ?? "8888").replace(/^0$/, "PORT");
  const elsewhere = [
    ...(host === "127.0.0.1" ? [] : [`--host ${host}`]),
    ...(port === "8888" ? [] : [`--port ${port}`]),
  ];
  const options = elsewhere.length > 0 ? ` -- ${elsewhere.join(" ")}` : "";
  console.log(`V0.${Number(id.slice(1))} ${title}, adds: ${adds}`);
  console.log(`talk to it from another terminal:  npm run client${options}`);
  console.log(`or, where there is netcat:         nc ${host} ${port}`);
}

/** All that a learner may call it. */
function names({ id, folder, title }: Chapter): string[] {
  const number = Number(id.slice(1));
  const numbers = [`${number}`, `0${number}`, `0.${number}`];
  return [...numbers, ...numbers.map((each) => `v${each}`), folder, folder.slice(4), title];
}

function nearest(name: string): string {
  const far = (chapter: Chapter) => Math.min(...names(chapter).map((each) => distance(each, name)));
  return chapters.toSorted((a, b) => far(a) - far(b))[0]?.id ?? "";
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
