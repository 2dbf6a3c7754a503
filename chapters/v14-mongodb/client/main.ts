/** The client's own `main`: its command line, and the choice between menu and pipe. */
import { parseArgs } from "node:util";
import { encode } from "../lines.ts";
import { Chat } from "./chat.ts";
import { Link } from "./link.ts";
import { pipe } from "./pipe.ts";
import { Screen } from "./screen.ts";

const HELP = `options:
  --host HOST     where the server listens (127.0.0.1)
  --port PORT     on which port (8888)
  --name NAME     the name to take at once
  --chapter v04   whose server it is; what that does not know is off the menu (v09)
  --help          show this
At a terminal it shows a menu. From a pipe it sends each line as it is and prints what it hears:
  printf 'hi\\nwho\\n' | npm run -s client`;

/** Names of this computer: only here can the user start the server that is missing. */
const HERE = /^(localhost|127\..*|::1)$/i;

/** Why there is no connection, by the system's error code. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nobody serves there",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the host's name cannot be looked up at the moment",
  ETIMEDOUT: "there was no answer",
  EHOSTUNREACH: "no way leads to that host",
  ENETUNREACH: "no way leads to that host",
};

try {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8888" },
      name: { type: "string", default: "" },
      chapter: { type: "string", default: "v09" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await talk(values);
} catch (error) {
  const { code = "", syscall, message } = error as NodeJS.ErrnoException;
  const mistake = syscall !== undefined || code.startsWith("ERR_PARSE_ARGS");
  if (!mistake) throw error; // a bug in our own code: the stack says where
  fail(message.split(/\.\s/)[0] ?? message);
}

type Options = Record<"host" | "port" | "name" | "chapter", string>;

async function talk({ host, port, name, chapter }: Options): Promise<void> {
  const since = Number(/^v?(\d{1,2})$/.exec(chapter)?.[1]);
  if (host === "") return fail('--host must be a name or an address, not ""');
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535)
    return fail(`--port must be a whole number from 1 to 65535, not "${port}"`);
  if (!(since >= 1)) return fail(`--chapter must be a chapter such as v04, not "${chapter}"`);
  if (name !== "" && since < 5)
    return fail("--name is for v05 and later: before, there are no names");
  const link = new Link(host, Number(port));
  try {
    await link.connect();
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (REASONS[code] === undefined) throw error;
    const own = code === "ECONNREFUSED" && HERE.test(host);
    const help = own ? ` (npm run chapter v09 -- --port ${port} does)` : "";
    return fail(`cannot connect to ${host}:${port}: ${REASONS[code]}${help}`);
  }
  if (process.stdin.isTTY && process.stdout.isTTY) {
    const screen = new Screen(process.stdin, process.stdout);
    await new Chat(link, screen, name, since).run();
  } else {
    if (name !== "") await link.send(encode(`rename|${name}`));
    const well = await pipe(link, process.stdin, process.stdout);
    if (!well) fail("the server was gone before the answers were in");
  }
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
