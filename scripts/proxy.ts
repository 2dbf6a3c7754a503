/** `npm run proxy`: stands between clients and a server, and is a bad network to both. */
import { type Address, listen } from "../test/harness/proxy.ts";
import { address, command, Refusal, whole } from "./lib/command.ts";

const HELP = `npm run proxy -- --to HOST:PORT    stands between clients and that server, like a bad network
  --to HOST:PORT        the server; you must give it
  --host HOST           the address for clients (127.0.0.1)
  --port PORT           the port for clients; 0 picks a free one (9999)
what it does to the bytes, in both directions:
  --slice N             cut them into pieces of 1 to N bytes, and write each piece by itself (whole)
  --join MS             wait MS milliseconds, then pass on all that has come as one piece (0)
  --delay MS            delay each piece by 0 to MS milliseconds; the order stays the same (0)
what it does to a connection:
  --stall-after BYTES   like a client that does not read: after so many bytes for a client, the proxy
                        stops reading from the server until that client ends its side (never)
  --reset-after BYTES   like a network that breaks: after so many bytes from a client, the client and
                        the server both get a reset (never)
  --seed N              cut and delay as in an earlier run (random)
  --log                 show every piece that goes through (off)`;

const MOST = 2 ** 31 - 1;

const options = {
  to: { type: "string", default: "" },
  host: { type: "string", default: "127.0.0.1" },
  port: { type: "string", default: "9999" },
  slice: { type: "string" },
  join: { type: "string", default: "0" },
  delay: { type: "string", default: "0" },
  "stall-after": { type: "string" },
  "reset-after": { type: "string" },
  seed: { type: "string", default: `${Math.floor(Math.random() * MOST)}` },
  log: { type: "boolean", default: false },
} as const;

await command({ command: "npm run proxy", help: HELP, options }, async (values) => {
  if (values.host === "") throw new Refusal('--host must be an address or a host name, not ""');
  const to = address("to", values.to);
  const seed = whole("seed", values.seed, 0, MOST);
  const port = whole("port", values.port, 0, 65535);
  const abuse = {
    slice: limit("slice", values.slice),
    joinMs: whole("join", values.join, 0, 60_000),
    delayMs: whole("delay", values.delay, 0, 60_000),
    stallAfter: limit("stall-after", values["stall-after"]),
    resetAfter: limit("reset-after", values["reset-after"]),
  };
  const log = values.log ? console.log : undefined;
  const at = await listen({ host: values.host, port }, { ...abuse, to, seed, log });
  const show = ({ host, port }: Address) => `${host.includes(":") ? `[${host}]` : host}:${port}`;
  console.log(`listening on ${show(at)}, to ${show(to)}, seed ${seed}`);
});

/** So many bytes; without the option, no end of them. */
function limit(option: string, value: string | undefined): number {
  return value === undefined ? Number.POSITIVE_INFINITY : whole(option, value, 1, MOST);
}
