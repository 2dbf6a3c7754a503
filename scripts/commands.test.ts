/** Every command of package.json takes what is typed in one way, and says what is wrong in one line. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Options, Usage } from "./lib/command.ts";
import { read, tryToWrite, write } from "./lib/files.ts";
import { root } from "./lib/root.ts";
import { refuses, scratch } from "./lib/testing.ts";

const known = vi.hoisted((): { usage?: Usage<Options> } => ({}));

// Nothing runs here: a command that is imported only says how it is typed.
vi.mock(import("./lib/command.ts"), async (original) => ({
  ...(await original()),
  command: async (usage: Usage<Options>) => {
    known.usage = usage;
  },
}));
const { command, inOneLine } =
  await vi.importActual<typeof import("./lib/command.ts")>("./lib/command.ts");

const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
const maintainers = existsSync(`${root}node_modules/typescript`);
const usages: Usage<Options>[] = [];
for (const [name, line] of Object.entries<string>(scripts)) {
  const file = / (scripts\/[\w-]+\.ts)$/.exec(line)?.[1];
  if (file === undefined) continue;
  if (line.includes(" --dev ") && !maintainers) continue;
  delete known.usage;
  await import(root + file);
  const { usage } = known as { usage?: Usage<Options> };
  usages.push(usage ?? { command: `npm run ${name}`, help: "it does not begin with command()" });
}

const said = { out: "", err: "" };
beforeEach(() => {
  Object.assign(said, { out: "", err: "" });
  vi.spyOn(console, "log").mockImplementation((text) => {
    said.out += `${text}\n`;
  });
  vi.spyOn(console, "error").mockImplementation((text) => {
    said.err += `${text}\n`;
  });
});
const { argv } = process;
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.argv = argv;
  process.exitCode = undefined;
});

/** What the command says to these words, and its exit code. */
async function type(usage: Usage<Options>, ...words: string[]) {
  process.argv = ["node", "script", ...words];
  await command(usage, () => console.log("it ran"));
  return { ...said, code: process.exitCode ?? 0 };
}

describe.each(usages.map((usage) => [usage.command, usage] as const))("%s", (name, usage) => {
  const { names: [least, most] = [0, 0], options = {}, passesOn = [], help } = usage;
  const all = [...Object.keys(options), ...passesOn].filter((option) => option !== "jobs");
  test.each(all)("--%s is missed when npm has taken it", async (option) => {
    vi.stubEnv(`npm_config_${option.replaceAll("-", "_")}`, "true");
    const { code, out, err } = await type(usage, ...Array(least).fill("v04"));
    const typed = least > 0 ? `${name} v04` : name;
    expect({ code, out }).toEqual({ code: 1, out: "" });
    expect(err).toBe(`put options after --: ${typed} -- --${option}\n`);
  });
  if (help === undefined) return; // the program that it runs says all the rest

  test("--help says how it is typed, and each option with its default", async () => {
    const { code, out, err } = await type(usage, "--help");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(new RegExp(`^${name}( |$)`, "m"));
    for (const option of Object.keys(options))
      expect(out).toMatch(
        new RegExp(`^  --${option} (.*\n(?=   ))*.*(\\(.+\\)|you must give it)`, "m"),
      );
  });

  const nonsense: [string[], string] = [["--nonsense"], "Unknown option '--nonsense'"];
  const wrong: [words: string[], said: string][] = [
    ...(passesOn.length > 0 && most === 0 ? [] : [nonsense]),
  ];
  if (least > 0) wrong.push([[], `which one? For example: ${help.split("  ")[0]}`]);
  const words = Array.from({ length: Math.min(most, 9) + 1 }, (_, i) => `n${i}`);
  if (most < 9 && passesOn.length === 0)
    wrong.push([words, `"n${most}" is one word too many; for help: ${name} -- --help`]);
  test.each(wrong)("%j is refused in one line", async (words, said) => {
    const { code, out, err } = await type(usage, ...words);
    expect({ code, out, err }).toEqual({ code: 1, out: "", err: `${said}\n` });
  });
});

// As a learner types it: a process says the same.
refuses("diff", [
  ["v04"],
  "put options after --: npm run diff v04 -- --stat",
  { npm_config_stat: "true" },
]);

describe("what the system refuses is said in plain words", () => {
  const line = (act: () => unknown) => {
    try {
      act();
    } catch (error) {
      return inOneLine(error);
    }
    throw new Error("it was not refused");
  };

  test("a file, a folder, a part of a path", () => {
    const at = scratch();
    const [file, none] = [join(at, "a.txt"), join(at, "none")];
    tryToWrite(file);
    expect(read(file)).toBe("");
    expect(line(() => read(none))).toBe(`cannot read ${none}: there is no such file`);
    expect(line(() => write(join(none, "a.txt"), ""))).toBe(
      `cannot write ${join(none, "a.txt")}: there is no folder ${none}`,
    );
    expect(line(() => write(at, ""))).toBe(
      `cannot write ${at}: it is a folder, and it must be a file`,
    );
  });

  test.each([
    ["ENOTDIR mkdir", "cannot make HERE: a part of this path is a file, and not a folder"],
    ["EACCES open", "cannot open HERE: you do not have permission"],
    ["ENOSPC write", "cannot write HERE: the disk is full"],
    ["ENOENT spawn HERE", "cannot start HERE: there is no such program"],
    ["EMFILE open", "the system's own words"],
  ])("%s", (what, expected) => {
    const [code = "", ...syscall] = what.split(" ");
    expect(refused({ code, syscall: syscall.join(" "), path: "HERE" })).toBe(expected);
  });

  test.each([
    ["EADDRINUSE", "another program is using this port already; use another port"],
    ["EACCES", "only the administrator may use ports below 1024; use a higher one"],
    ["EADDRNOTAVAIL", "this machine does not have this address; it has 127.0.0.1"],
  ])("%s", (code, expected) => {
    const line = refused({ code, syscall: "listen", address: "::1", port: 80 });
    expect(line).toBe(`cannot listen on [::1]:80: ${expected}`);
  });

  test("a fault of ours is none of it: its stack says where", () => {
    expect(refused({ code: "ERR_INVALID_ARG_TYPE" })).toBeUndefined();
  });
});

function refused(more: object) {
  return inOneLine(Object.assign(new Error("the system's own words"), more));
}
