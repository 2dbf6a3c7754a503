/** The command line: which options, which address; the rest is the server's. */
import { constants } from "node:os";
import { parseArgs } from "node:util";
import { History, MOST_LINES } from "./history.ts";
import { FileStore } from "./history-file.ts";
import { MongoStore } from "./history-mongo.ts";
import { PACKETS } from "./packets.ts";
import { Server } from "./server.ts";
import { readSecret } from "./token.ts";
import { Web } from "./web.ts";

const HELP = `options:
  --host HOST              the address to listen on (127.0.0.1)
  --port PORT              the port to listen on; 0 picks a free one (8888)
  --web-port PORT          the page, health, metrics and tasks over HTTP; 0 picks a free port (8889)
  --packet-port PORT       packets instead of lines; 0 picks a free port (8890)
  --secret FILE            whoever comes must log in, with a token signed by what the file holds
  --login-timeout SECONDS  the time for that (30)
  --origin URL             lets pages from there chat too; may be given several times
  --ping-interval SECONDS  asks each WebSocket so often whether it is still there (30)
  --history FILE           keeps what is said to all; none keeps nothing (.data/history.jsonl)
  --mongo URL              keeps it in MongoDB instead, such as mongodb://127.0.0.1:27017/chat
  --keep-days DAYS         MongoDB deletes what is older; 0 keeps everything (0)
  --replay LINES           a newcomer hears so many of the last lines (0)
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
      "packet-port": { type: "string", default: "8890" },
      secret: { type: "string" },
      "login-timeout": { type: "string", default: "30" },
      origin: { type: "string", multiple: true, default: [] },
      "ping-interval": { type: "string", default: "30" },
      history: { type: "string", default: ".data/history.jsonl" },
      mongo: { type: "string" },
      "keep-days": { type: "string", default: "0" },
      replay: { type: "string", default: "0" },
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

type Name =
  | "host"
  | "port"
  | "web-port"
  | "packet-port"
  | "login-timeout"
  | "ping-interval"
  | "idle-timeout"
  | "grace";
type HistoryOptions = Record<"history" | "replay" | "keep-days", string> & {
  readonly mongo?: string;
};
type Options = Record<Name, string> &
  HistoryOptions & { readonly origin: readonly string[]; readonly secret?: string };

async function serve(options: Options): Promise<void> {
  if (options.host === "") throw wrong('--host must be an address or a host name, not ""');
  const grace = whole("grace", options.grace, 0, 2_000_000);
  const idleSeconds = whole("idle-timeout", options["idle-timeout"], 1, 2_000_000);
  const history = await historyBy(options);
  const loginSeconds = whole("login-timeout", options["login-timeout"], 1, 2_000_000);
  const secret = options.secret === undefined ? undefined : await readSecret(options.secret);
  const server = new Server({ idleSeconds, history, secret, loginSeconds });
  const port = whole("port", options.port, 0, 65535);
  const webPort = whole("web-port", options["web-port"], 0, 65535);
  const packetPort = whole("packet-port", options["packet-port"], 0, 65535);
  const pingSeconds = whole("ping-interval", options["ping-interval"], 1, 2_000_000);
  const web = new Web(server, { origins: options.origin.map(origin), pingSeconds });
  await history?.open();
  const url = await web.listen(options.host, webPort); // first: alone, the web does not keep the process running
  const packets = await server.listen(options.host, packetPort, PACKETS);
  const bound = await server.listen(options.host, port);
  const quit = interrupted(); // before the first line: whoever reads that may send a signal at once
  console.log(`listening on ${bound.address}:${bound.port}`);
  console.log(`web on ${url}`);
  console.log(`packets on ${packets.address}:${packets.port}`);
  await quit;
  const { users, cutOff, tasks } = await server.close(grace);
  web.close();
  const late = cutOff > 0 ? ` after ${grace} s` : "";
  const left = count(tasks.length, "task");
  console.log(`closed: ${count(users, "user")}, ${cutOff} cut off${late}, ${left} left`);
  if (tasks.length > 0) console.error(`these tasks did not end: ${tasks.join(", ")}`);
  process.exit(tasks.length > 0 ? 1 : 0); // else the sockets of a frozen database would keep the process running
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

async function historyBy(options: HistoryOptions): Promise<History | undefined> {
  const { history: file, mongo } = options;
  const replay = whole("replay", options.replay, 0, MOST_LINES);
  const keepDays = whole("keep-days", options["keep-days"], 0, 24_855); // 2³¹ seconds, the most that MongoDB takes
  if (file === "") throw wrong('--history must be a file or none, not ""');
  if (mongo !== undefined) return new History(await mongoAt(mongo, keepDays), replay);
  return file === "none" ? undefined : new History(new FileStore(file), replay);
}

async function mongoAt(url: string, keepDays: number): Promise<MongoStore> {
  try {
    return await MongoStore.at(url, keepDays);
  } catch (error) {
    const { message } = error as Error;
    const why = message.replace(/ parse .* with/s, " parse the host of the"); // the driver may quote the password there
    throw wrong(`--mongo must be such as mongodb://127.0.0.1:27017/chat (${why})`);
  }
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
