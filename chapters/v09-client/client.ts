/** The client's own `main`: its command line, and which of its two faces it shows. */
import { parseArgs } from "node:util";
import { Chat } from "./chat.ts";
import { encode } from "./lines.ts";
import { Link } from "./link.ts";
import { pipe } from "./pipe.ts";
import { Screen } from "./screen.ts";

const HELP = `options:
  --host HOST    where the server listens (127.0.0.1)
  --port PORT    on which port (8888)
  --name NAME    the name to take at once
  --help         show this
At a terminal it shows a menu. From a pipe it sends each line as it is and prints what it hears:
  printf 'hi\\nwho\\n' | npm run -s client`;

try {
  const { values } = parseArgs({
    options: {
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "8888" },
      name: { type: "string", default: "" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) console.log(HELP);
  else await talk(values);
} catch (error) {
  const { code = "", syscall, message } = error as NodeJS.ErrnoException;
  const mistake = syscall !== undefined || code.startsWith("ERR_PARSE_ARGS");
  if (!mistake) throw error; // a fault of ours: the stack says where
  fail(message.split(/\.\s/)[0] ?? message);
}

async function talk({ host, port, name }: Record<"host" | "port" | "name", string>): Promise<void> {
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) {
    return fail(`--port must be a whole number from 1 to 65535, not "${port}"`);
  }
  const link = new Link(host, Number(port));
  try {
    await link.connect();
  } catch {
    return fail(
      `cannot connect to ${host}:${port}: nobody serves there (npm run chapter v09 does)`,
    );
  }
  if (process.stdin.isTTY && process.stdout.isTTY) {
    await new Chat(link, new Screen(process.stdin, process.stdout), name).run();
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
