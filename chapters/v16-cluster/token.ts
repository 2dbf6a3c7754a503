/** Tokens: whoever has the secret signs a name and an expiry. The server stores nothing of them. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";

const LONGEST = 1024; // the longest name makes one of about 240
const SHORTEST_SECRET = 16; // bytes; a shorter one can be guessed from a single token, without asking the server
const HOW = `node -p "crypto.randomBytes(32).toString('base64')" > FILE`; // in each shell, Windows' too

/** `NAME.EXPIRY.SIGNATURE`; `expiry` in whole seconds since 1970: from then on, the token is no longer good. */
export function sign(name: string, expiry: number, secret: Buffer): string {
  const said = `${Buffer.from(name).toString("base64url")}.${expiry}`;
  return `${said}.${signature(said, secret)}`;
}

/** Whose token it is; undefined for one that is not ours, or misshapen, or no longer good. */
export function nameIn(token: string, secret: Buffer, now = Date.now() / 1000): string | undefined {
  if (token.length > LONGEST) return undefined;
  const [, said, encoded, expiry, signed] =
    /^(([\w-]+)\.(0|[1-9]\d{0,14}))\.([\w-]{43})$/.exec(token) ?? [];
  if (said === undefined || encoded === undefined || signed === undefined) return undefined;
  // The time of === would tell how much of a guess is right. Compared as text: decoded, several last letters are equal.
  if (!timingSafeEqual(Buffer.from(signed), Buffer.from(signature(said, secret)))) return undefined;
  const name = Buffer.from(encoded, "base64url").toString();
  const canonical = Buffer.from(name).toString("base64url") === encoded; // only one way to encode each name is valid
  return canonical && now < Number(expiry) ? name : undefined;
}

/** What stands in the file, but for its last newline. */
export async function readSecret(file: string): Promise<Buffer> {
  if (file === "") throw wrong('must be a file, not ""');
  const bytes = await readFile(file).catch(({ code }: NodeJS.ErrnoException) => {
    if (code === "ENOENT") throw wrong(`${file}: there is no such file; this makes one: ${HOW}`);
    throw wrong(`${file} cannot be read (${code})`);
  });
  const newline = /\r?\n$/.exec(bytes.toString("latin1"))?.[0] ?? "";
  const secret = bytes.subarray(0, bytes.length - newline.length);
  if (secret.length === 0) throw wrong(`${file} is empty; this makes one: ${HOW}`);
  if (secret.length < SHORTEST_SECRET)
    throw wrong(`${file} has less than ${SHORTEST_SECRET} bytes; this makes one: ${HOW}`);
  return secret;
}

function signature(said: string, secret: Buffer): string {
  return createHmac("sha256", secret).update(said).digest("base64url");
}

function wrong(what: string): Error {
  return Object.assign(new Error(`--secret ${what}`), { code: "ERR_OPTION" });
}
