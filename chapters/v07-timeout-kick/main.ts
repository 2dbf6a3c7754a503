/** The command line: which options, which address; the rest is the server's. */
import { parseArgs } from "node:util";
import { Server } from "./server.ts";

const HELP = `options:
  --host HOST              the address to listen on (127.0.0.1)
  --port PORT              the port to listen on; 0 picks a free one (8888)
  --idle-timeout SECONDS   kick whoever sends nothing for so long (300)
  --help                   show this`;

// The log may have nobody who reads it, or a full disk under it: the chat goes on.
process.stdout.on("error", ({ message }) => console.error(`cannot print: ${message}`));
process.stderr.on("error", () => {}); // nobody is left to tell

try {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8888" },
      "idle-timeout": { type: "string", default: "300" },
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

async function serve(options: Record<"host" | "port" | "idle-timeout", string>): Promise<void> {
  if (options.host === "") throw wrong('--host must be an address or a host name, not ""');
  const idleSeconds = whole("idle-timeout", options["idle-timeout"], 1, 2_000_000);
  const server = new Server({ idleSeconds });
  const port = whole("port", options.port, 0, 65535);
  const bound = await server.listen(options.host, port);
  console.log(`listening on ${bound.address}:${bound.port}`);
}

/** The value of an option as a whole number from `min` to `max`. */
function whole(name: string, value: string, min: number, max: number): number {
  if (/^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max)
    return Number(value);
  throw wrong(`--${name} must be a whole number from ${min} to ${max}, not "${value}"`);
}

function wrong(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_OPTION" });
}
