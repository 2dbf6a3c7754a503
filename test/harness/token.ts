/** Tokens, made by the tests' own hands: who has the secret says whose name it is, and until when. */
import { createHmac } from "node:crypto";

/** What stands in the file that `{secret}` is. */
export const secret = "the tests' own secret, forty bytes of it";

const HOUR = 3600;

/** Of a name; `expiry` in seconds since 1970, an hour from now if nothing is said. */
export function token(
  name: string,
  expiry: number | string = Math.floor(Date.now() / 1000) + HOUR,
  key = secret,
): string {
  const said = `${Buffer.from(name).toString("base64url")}.${expiry}`;
  return `${said}.${createHmac("sha256", key).update(said).digest("base64url")}`;
}
