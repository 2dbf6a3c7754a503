/** `npm run token -- NAME --secret FILE`: a token with which NAME may come in, at a server with the same secret. */
import { isName, NAME_RULE } from "../chapters/v15-packets/names.ts";
import { readSecret, sign } from "../chapters/v15-packets/token.ts";
import { command, Refusal } from "./lib/command.ts";

const HELP = `npm run token -- NAME --secret FILE    prints a token for NAME, for a server that has the same secret
  --secret FILE    the secret that signs the token; you must give it
  --for TIME       how long the token is valid: 90s, 45m, 12h or 30d (30d)
npm prints two lines above the token; npm run -s token … does not.`;

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 };
const LONGEST = 36_500; // days: whoever wants a longer one has mistyped

const options = {
  secret: { type: "string", default: "" },
  for: { type: "string", default: "30d" },
} as const;

const usage = { command: "npm run token", help: HELP, options, names: [1, 1] } as const;

await command(usage, async (values, [name = ""]) => {
  if (!isName(name)) throw new Refusal(`"${name}" is not a valid name: ${NAME_RULE}`);
  const seconds = secondsIn(values.for);
  const secret = await readSecret(values.secret).catch(({ message }: Error) => {
    throw new Refusal(message);
  });
  console.log(sign(name, Math.floor(Date.now() / 1000) + seconds, secret));
});

function secondsIn(time: string): number {
  const [, count = "", unit = ""] = /^(\d{1,10})([smhd])$/.exec(time) ?? [];
  const seconds = Number(count) * (SECONDS[unit] ?? 0);
  if (seconds > 0 && seconds <= LONGEST * 86_400) return seconds;
  throw new Refusal(`--for must be a time such as 90s, 45m, 12h or 30d, not "${time}"`);
}
