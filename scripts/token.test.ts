/** `npm run token`: what it prints is a token and nothing else. */
import { execSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nameIn } from "../chapters/v15-packets/token.ts";
import { runScript } from "./lib/script.ts";
import { refuses, scratch } from "./lib/testing.ts";

const SECRET = "0123456789abcdef";
const at = scratch();
const [file, empty, short, none] = ["secret", "empty", "short", "none"].map((name) =>
  join(at, name),
) as [string, string, string, string];
writeFileSync(file, `${SECRET}\n`);
writeFileSync(empty, "\n");
writeFileSync(short, "0123456789abcde\n");

const DAY = 86_400;
test.concurrent.each<[string, string[], number]>([
  ["al", [], 30 * DAY],
  ["张三", ["--for", "90s"], 90],
  ["bob", ["--for", "45m"], 45 * 60],
  ["bob", ["--for", "12h"], 12 * 3600],
  ["bob", ["--for", "36500d"], 36_500 * DAY],
])("%s %j: the token alone, good for %i seconds", async (name, options, seconds) => {
  const before = Math.floor(Date.now() / 1000);
  const { code, stdout, stderr } = await runScript("scripts/token.ts", [
    ...[name, "--secret", file],
    ...options,
  ]);
  const after = Math.floor(Date.now() / 1000);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toMatch(/^\S+\n$/);
  const whose = (now: number) => nameIn(stdout.trim(), Buffer.from(SECRET), now);
  expect([whose(before), whose(before + seconds - 1)]).toEqual([name, name]);
  expect(whose(after + seconds)).toBeUndefined();
});

const MAKES = `; this makes one: node -p "crypto.randomBytes(32).toString('base64')" > FILE`;
const RULE = "1 to 32 visible characters, no white space, none of | : [ ]";
const soon = (time: string) => `--for must be a time such as 90s, 45m, 12h or 30d, not "${time}"`;
refuses(
  "token",
  [["al"], '--secret must be a file, not ""'],
  [["al", "--secret", none], `--secret ${none}: there is no such file${MAKES}`],
  [["al", "--secret", empty], `--secret ${empty} is empty${MAKES}`],
  [["al", "--secret", short], `--secret ${short} has less than 16 bytes${MAKES}`],
  [["al", "--secret", at], `--secret ${at} cannot be read (EISDIR)`],
  [["a b", "--secret", file], `"a b" is not a valid name: ${RULE}`],
  [["127.0.0.1:80", "--secret", file], `"127.0.0.1:80" is not a valid name: ${RULE}`],
  ...["0s", "1w", "-1h", "36501d", ""].map((time): [string[], string] => [
    ["al", "--secret", file, `--for=${time}`],
    soon(time),
  ]),
);

test("what it says makes a secret, in this shell", async () => {
  const made = join(at, "made");
  execSync(MAKES.replace("; this makes one: ", "").replace("FILE", `"${made}"`));
  const { code, stdout } = await runScript("scripts/token.ts", ["al", "--secret", made]);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^YWw\.\d+\.\S{43}\n$/),
  });
});
