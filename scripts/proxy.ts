/** `npm run proxy`: stands between clients and a server, and is a bad network to both. */
import { parseArgs } from "node:util";
import { bad, refuse, whole } from "./lib/options.ts";
import { type Address, listen, type Options } from "./lib/proxy/proxy.ts";

const HELP = `usage: npm run proxy -- --to HOST:PORT [options]
Clients connect to the proxy, the proxy connects to the server, and what they say to each other goes
through it.
  --to HOST:PORT        the server
  --host HOST           the address for clients (127.0.0.1)
  --port PORT           the port for clients; 0 picks a free one (9999)
what it does to the bytes, in both directions:
  --slice N             cuts them into pieces of 1 to N bytes, each written on its own
  --join MS             waits MS milliseconds, and passes on what has come by then as one piece
  --delay MS            holds up each piece for 0 to MS milliseconds; the order stays
what it does to a connection:
  --stall-after BYTES   a client that does not read: when so many bytes have gone to it, the proxy
                        reads no more from the server until the client ends its side
  --reset-after BYTES   a network that breaks: when the server has got so many bytes from a client,
                        both of them get a reset
  --seed N              cuts and delays as in an earlier run
  --log                 shows every piece that goes through
  --help                show this`;

const MOST = 2 ** 31 - 1;

try {
  const { values } = parseArgs({
    options: {
      to: { type: "string" },
      host: { type: "string", default: "127.0.0.1" },
      port: { type: "string", default: "9999" },
      slice: { type: "string" },
      join: { type: "string" },
      delay: { type: "string" },
      "stall-after": { type: "string" },
      "reset-after": { type: "string" },
      seed: { type: "string", default: `${Math.floor(Math.random() * MOST)}` },
      log: { type: "boolean", default: false },
      help: { type: "boolean" },
    },
  });
  if (values.help) console.log(HELP);
  else await run(values);
} catch (error) {
  refuse(error);
}

type Amount = "slice" | "join" | "delay" | "stall-after" | "reset-after";
type Values = Record<"host" | "port" | "seed", string> &
  Partial<Record<Amount | "to", string>> & { readonly log: boolean };

async function run(values: Values): Promise<void> {
  if (values.host === "") throw bad('--host must be an address or a host name, not ""');
  const options: Options = {
    to: address(values.to),
    slice: amount(values, "slice", 1, MOST, Number.POSITIVE_INFINITY),
    joinMs: amount(values, "join", 0, 60_000, 0),
    delayMs: amount(values, "delay", 0, 60_000, 0),
    stallAfter: amount(values, "stall-after", 1, MOST, Number.POSITIVE_INFINITY),
    resetAfter: amount(values, "reset-after", 1, MOST, Number.POSITIVE_INFINITY),
    seed: whole("seed", values.seed, 0, MOST),
    log: values.log ? (line) => console.log(line) : () => {},
  };
  const at = await listen(
    { host: values.host, port: whole("port", values.port, 0, 65535) },
    options,
  );
  const show = ({ host, port }: Address) => `${host.includes(":") ? `[${host}]` : host}:${port}`;
  console.log(`listening on ${show(at)}, to ${show(options.to)}, seed ${options.seed}`);
}

function amount(values: Values, name: Amount, min: number, max: number, none: number): number {
  const value = values[name];
  return value === undefined ? none : whole(name, value, min, max);
}

function address(to: string | undefined): Address {
  const [, host = "", port = ""] = /^\[?([^\]]+?)\]?:(\d{1,5})$/.exec(to ?? "") ?? [];
  if (host !== "" && Number(port) >= 1 && Number(port) <= 65535)
    return { host, port: Number(port) };
  const wrong = to === undefined ? "is missing" : `is not a server's address: "${to}"`;
  throw bad(`--to ${wrong}; one is 127.0.0.1:8888`);
}
