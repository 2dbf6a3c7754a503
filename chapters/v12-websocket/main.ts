/** The command line: which options, which address; the rest is the server's. */
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { Server } from "./server.ts";
import { Web } from "./web.ts";

const HELP = `options:
  --host HOST              the address to listen on (127.0.0.1)
  --port PORT              the port to listen on; 0 picks a free one (8888)
  --web-port PORT          the page, health, metrics and tasks over HTTP; 0 picks a free port (8889)
  --origin URL             lets pages from there chat too; may be given several times
  --ping-interval SECONDS  asks each WebSocket so often whether it is still there (30)
  --idle-timeout SECONDS   kick whoever sends nothing for so long (300)
  --grace SECONDS          at the end, time for everybody to take what was said (5)
  --help                   show this`;

// The log may have nobody who reads it, or a full disk under it: the chat goes on.
process.stdout.on("error", ({ message }) => console.error(`cannot print: ${message}`));
process.stderr.on("error", () => {}); // nobody is left to tell

try {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8888" },
      "web-port": { type: "string", default: "8889" },
      origin: { type: "string", multiple: true, default: [] },
      "ping-interval": { type: "string", default: "30" },
      "idle-timeout": { type: "string", default: "300" },
      grace: { type: "string", default: "5" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await serve(values);
} catch (error) {
  const { code = "", syscall, message } = error as NodeJS.ErrnoException;
  const mistake = syscall !== undefined || /^ERR_(PARSE_ARGS|OPTION)/.test(code);
  if (!mistake) throw error; // a bug in our own code: the stack says where
  console.error(message.split(/\.\s/)[0]);
  process.exitCode = 1;
}

type Name = "host" | "port" | "web-port" | "ping-interval" | "idle-timeout" | "grace";
type Options = Record<Name, string> & { readonly origin: readonly string[] };

async function serve(options: Options): Promise<void> {
  if (options.host === "") throw wrong('--host must be an address or a host name, not ""');
  const grace = whole("grace", options.grace, 0, 2_000_000);
  const idleSeconds = whole("idle-timeout", options["idle-timeout"], 1, 2_000_000);
  const server = new Server({ idleSeconds });
  const port = whole("port", options.port, 0, 65535);
  const webPort = whole("web-port", options["web-port"], 0, 65535);
  const pingSeconds = whole("ping-interval", options["ping-interval"], 1, 2_000_000);
  const web = new Web(server, { origins: options.origin.map(origin), pingSeconds });
  const url = await web.listen(options.host, webPort); // first: alone, the web does not keep the process running
  const bound = await server.listen(options.host, port);
  const quit = interrupted(); // before the first line: whoever reads that may send a signal at once
  console.log(`listening on ${bound.address}:${bound.port}`);
  console.log(`web on ${url}`);
  await quit;
  const { users, cutOff, tasks } = await server.close(grace);
  web.close();
  const late = cutOff > 0 ? ` after ${grace} s` : "";
  const left = count(tasks.length, "task");
  console.log(`closed: ${count(users, "user")}, ${cutOff} cut off${late}, ${left} left`);
  if (tasks.length === 0) return;
  console.error(`these tasks did not end: ${tasks.join(", ")}`);
  process.exit(1);
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** Go's `signal.Notify` and `<-quit`: the first signal. A second one ends the process at once. */
function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    let closing = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        if (closing) process.exit(128 + constants.signals[signal]);
        closing = true;
        resolve();
      });
    }
  });
}

/** The value of an option as a whole number from `min` to `max`. */
function whole(name: string, value: string, min: number, max: number): number {
  if (/^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max)
    return Number(value);
  throw wrong(`--${name} must be a whole number from ${min} to ${max}, not "${value}"`);
}

/** The value of `--origin`, as a browser would say it. */
function origin(value: string): string {
  if (/^https?:/i.test(value) && URL.canParse(value)) {
    const { origin, href } = new URL(value);
    if (href === `${origin}/`) return origin;
  }
  throw wrong(`--origin must be such as https://chat.example.org, not "${value}"`);
}

function wrong(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_OPTION" });
}
