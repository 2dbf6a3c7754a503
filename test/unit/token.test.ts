/** Tokens: none but what was signed gets a name, and no string is too strange to be refused. */
import { createHmac } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { variants } from "./variants.ts";

type Tokens = typeof import("../../chapters/v15-packets/token.ts");

const NOW = 1_800_000_000;
const name = fc.string({ unit: "grapheme", minLength: 1, maxLength: 32 });
const expiry = fc.integer({ min: NOW + 1, max: NOW * 2 });
const secret = fc.uint8Array({ minLength: 16, maxLength: 99 }).map((bytes) => Buffer.from(bytes));
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

const folder = mkdtempSync(join(tmpdir(), "secret-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(variants("token.ts"))("$id", async ({ url }) => {
  const { nameIn, readSecret, sign }: Tokens = await import(url);

  /** What the owner of the secret could sign, but this course never does. */
  const signedBy = (key: Buffer, said: string) =>
    `${said}.${createHmac("sha256", key).update(said).digest("base64url")}`;
  const KEY = Buffer.alloc(32, "k");

  test("a token is name, expiry and signature, as the protocol tells it", () => {
    // openssl dgst -sha256 -hmac kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk says the same
    const token = "5byg5LiJ.1800000000.MNKBKA_bemJqQw_yupDgArAz7-z5nfFyJXyFqW_dN_Y";
    expect(sign("张三", NOW, KEY)).toBe(token);
    expect(nameIn(token, KEY, NOW - 1)).toBe("张三");
  });

  test("what was signed has its name, until the second comes in which it expires", () => {
    fc.assert(
      fc.property(name, expiry, secret, (name, expiry, secret) => {
        const token = sign(name, expiry, secret);
        expect(nameIn(token, secret, NOW)).toBe(name);
        expect(nameIn(token, secret, expiry - 0.001)).toBe(name);
        expect(nameIn(token, secret, expiry)).toBeUndefined();
      }),
    );
  });

  test("without a time it is today's", () => {
    const today = Math.floor(Date.now() / 1000);
    expect(nameIn(sign("al", today + 600, KEY), KEY)).toBe("al");
    expect(nameIn(sign("al", today - 1, KEY), KEY)).toBeUndefined();
  });

  test("another name, expiry or secret under the same signature is refused", () => {
    const two = fc.tuple(name, expiry, secret);
    fc.assert(
      fc.property(two, two, ([name, expiry, secret], [other, later, foreign]) => {
        fc.pre(name !== other && expiry !== later && !secret.equals(foreign));
        const token = sign(name, expiry, secret);
        const [, , signature] = token.split(".");
        const [else_, then] = sign(other, later, secret).split(".");
        const [own, at] = token.split(".");
        expect(nameIn(`${else_}.${at}.${signature}`, secret, NOW)).toBeUndefined();
        expect(nameIn(`${own}.${then}.${signature}`, secret, NOW)).toBeUndefined();
        expect(nameIn(token, foreign, NOW)).toBeUndefined();
      }),
    );
  });

  test("no bit of it may flip, no letter may be another, and none may be missing", () => {
    const token = sign("张三", NOW + 9, KEY);
    for (const i of token.split("").keys()) {
      const at = (letter: string) => token.slice(0, i) + letter + token.slice(i + 1);
      const flipped = Array.from({ length: 8 }, (_, bit) =>
        String.fromCharCode(token.charCodeAt(i) ^ (1 << bit)),
      );
      for (const letter of [...LETTERS, ...flipped, ""]) {
        if (letter === token[i]) continue;
        expect([at(letter), nameIn(at(letter), KEY, NOW)]).toEqual([at(letter), undefined]);
      }
      expect(nameIn(token.slice(0, i), KEY, NOW)).toBeUndefined();
      expect(nameIn(token.slice(i + 1), KEY, NOW)).toBeUndefined();
    }
  });

  test.each<[string, (name: string, expiry: number, signature: string) => string]>([
    ["a blank before", (n, e, s) => ` ${n}.${e}.${s}`],
    ["a newline behind", (n, e, s) => `${n}.${e}.${s}\n`],
    ["a part too many", (n, e, s) => `${n}.${e}.${s}.`],
    ["padding", (n, e, s) => `${n}.${e}.${s}=`],
    ["base64's own letters", (n, e, s) => `${n}.${e}.${s.replace(/[-_]/g, "+")}`],
    ["spare bits of the signature", (n, e, s) => `${n}.${e}.${s.slice(0, -1)}${next(s)}`],
  ])("%s makes it another token", (_, change) => {
    const token = sign("张三", NOW + 1, KEY);
    const [n = "", e, s = ""] = token.split(".");
    expect(s).toMatch(/[-_]/);
    const changed = change(n, Number(e), s);
    expect(changed).not.toBe(token);
    expect([changed, nameIn(changed, KEY, NOW)]).toEqual([changed, undefined]);
  });

  test("of a name and an expiry there is one writing, whoever signs the others", () => {
    expect(nameIn(signedBy(KEY, `Ym9i.${NOW + 9}`), KEY, NOW)).toBe("bob");
    const others = [
      ...[`YWw.0${NOW + 9}`, `YWw.${NOW + 9}.0`, `YWw.${NOW + 9}e1`, "YWw.Infinity", "YWw.-1"],
      ...[`YWx.${NOW + 9}`, `YWw=.${NOW + 9}`, `YWw=.${NOW}1`, `_w.${NOW + 9}`, `.${NOW + 9}`],
      ...[`YWw.${NOW}${"0".repeat(99)}`, `Y.${NOW + 9}`, `Y Ww.${NOW + 9}`],
    ];
    for (const said of others)
      expect([said, nameIn(signedBy(KEY, said), KEY, NOW)]).toEqual([said, undefined]);
  });

  test("the longest name fits; what is longer than 1 KiB is not looked at", () => {
    const long = "\u{1f600}".repeat(32);
    expect(nameIn(sign(long, NOW + 9, KEY), KEY, NOW)).toBe(long);
    const most = "a".repeat(726);
    const token = sign(most, NOW + 9, KEY);
    expect([token.length, nameIn(token, KEY, NOW)]).toEqual([1023, most]);
    expect(nameIn(sign(`${most}aa`, NOW + 9, KEY), KEY, NOW)).toBeUndefined();
  });

  test("no string makes it throw", () => {
    const piece = fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[\w-]*$/));
    const dotted = fc.array(piece, { maxLength: 5 }).map((pieces) => pieces.join("."));
    fc.assert(fc.property(dotted, (token) => nameIn(token, KEY, NOW) === undefined));
    expect(nameIn("a.".repeat(2 ** 20), KEY, NOW)).toBeUndefined();
  });

  const written = (bytes: string | Buffer) => {
    const file = join(folder, `${Math.random()}`);
    writeFileSync(file, bytes);
    return file;
  };

  test.each([
    ["none", "0123456789abcdef", "0123456789abcdef"],
    ["one", "0123456789abcdef\n", "0123456789abcdef"],
    ["Windows' own", "0123456789abcdef\r\n", "0123456789abcdef"],
    ["two", "0123456789abcdef\n\n", "0123456789abcdef\n"],
  ])("the secret is the file less its last newline: %s", async (_, text, expected) => {
    expect((await readSecret(written(text))).toString()).toBe(expected);
  });

  test("its bytes need be no text", async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect(await readSecret(written(bytes))).toEqual(bytes);
  });

  const MAKES = `; this makes one: node -p "crypto.randomBytes(32).toString('base64')" > FILE`;
  test.each([
    ["none", () => "", 'must be a file, not ""'],
    ["missing", () => join(folder, "no"), `FILE: there is no such file${MAKES}`],
    ["a folder", () => folder, "FILE cannot be read (EISDIR)"],
    ["empty", () => written(""), `FILE is empty${MAKES}`],
    ["a newline alone", () => written("\r\n"), `FILE is empty${MAKES}`],
    ["short", () => written("0123456789abcde\n"), `FILE has less than 16 bytes${MAKES}`],
  ])("a secret file that is %s is refused in one line", async (_, file, line) => {
    const path = file();
    const message = `--secret ${line.replace(/^FILE/, () => path)}`;
    await expect(readSecret(path)).rejects.toMatchObject({ code: "ERR_OPTION", message });
  });

  const canForbid = process.platform !== "win32" && process.getuid?.() !== 0;
  test.skipIf(!canForbid)("nor is one that we may not read (not as root)", async () => {
    const file = written("0123456789abcdef");
    chmodSync(file, 0);
    await expect(readSecret(file)).rejects.toMatchObject({
      code: "ERR_OPTION",
      message: `--secret ${file} cannot be read (EACCES)`,
    });
  });
});

/** Another last letter that base64 reads as the same bytes. */
function next(signature: string): string {
  return LETTERS[LETTERS.indexOf(signature.at(-1) ?? "") + 1] ?? "";
}
