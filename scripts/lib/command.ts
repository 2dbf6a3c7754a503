/** Every command of package.json begins here: what is typed is understood, or refused in one line. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { inPlainWords } from "./system.ts";

export type Options = NonNullable<ParseArgsConfig["options"]>;

/** What the user can put right, in one line that says what was wrong and what would be right. */
export class Refusal extends Error {}

export interface Usage<O extends Options> {
  /** As one types it: `npm run diff`. */
  readonly command: string;
  /** What `--help` prints; it begins with an example: `npm run diff v05    the step from …`. None: the program that it runs says it. */
  readonly help?: string;
  readonly options?: O;
  /** How many names may stand before the options: at least, at most. None, if not said. */
  readonly names?: readonly [least: number, most: number];
  /**
   * It runs another program, which gets all that stands behind the name, if it takes one, less `options`; of the
   * program's options, these.
   */
  readonly passesOn?: readonly string[];
}

export type Values<O extends Options> = ReturnType<typeof parseArgs<{ options: O }>>["values"];

/** Runs a command with what was typed behind it; `--help` is every command's. */
export function command<const O extends Options>(
  usage: Usage<O>,
  run: (values: Values<O>, names: readonly string[], passedOn: readonly string[]) => unknown,
): Promise<void> {
  return main(async () => {
    const { help = "", names: [least, most] = [0, 0], passesOn } = usage;
    const options = { ...(usage.options as O), help: { type: "boolean" } } as const;
    const args = process.argv.slice(2);
    const name = most > 0 && args[0]?.startsWith("-") === false ? args[0] : undefined;
    const typed = [usage.command, name ?? [], name && args.length > 1 ? "…" : []].flat().join(" ");
    refuseEaten(typed, [...Object.keys(options), ...(passesOn ?? [])]);
    const all = passesOn && most === 0 && !(help && args.includes("--help"));
    const passedOn = all ? args.splice(0) : passesOn && name !== undefined ? args.splice(1) : [];
    if (usage.options) args.push(...takeOwn(passedOn, options));
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if ((values as { help?: boolean }).help) return console.log(help);
    const surplus = positionals[most];
    if (surplus !== undefined)
      throw new Refusal(`"${surplus}" is one word too many; for help: ${usage.command} -- --help`);
    if (positionals.length < least)
      throw new Refusal(`which one? For example: ${help.split(/ {2,}|\n/)[0]}`);
    await run(values as Values<O>, positionals, passedOn);
  });
}

/** Takes our options, with their values, from what is there for another program. */
function takeOwn(args: string[], options: Options): string[] {
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true });
  const at = tokens.flatMap((token) => {
    if (token.kind !== "option" || !(token.name in options)) return [];
    return token.inlineValue === false ? [token.index, token.index + 1] : [token.index];
  });
  const own = args.filter((_, i) => at.includes(i));
  args.splice(0, args.length, ...args.filter((_, i) => !at.includes(i)));
  return own;
}

/** What goes wrong for the user is said in one line, exit code 1. A fault of ours keeps its stack. */
export async function main(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    const line = inOneLine(error);
    if (line === undefined) throw error;
    console.error(line);
    process.exitCode = 1;
  }
}

/** What to say of a {@link Refusal}, of options that are none, and of what the system refused; of nothing else. */
export function inOneLine(error: unknown): string | undefined {
  const { code = "", syscall, message } = error as NodeJS.ErrnoException;
  if (error instanceof Refusal) return message;
  if (syscall !== undefined) return inPlainWords(error as NodeJS.ErrnoException);
  return code.startsWith("ERR_PARSE_ARGS") ? message.split(/\.\s/)[0] : undefined;
}

/** Without the `--`, npm takes the options for its own and hides them in the environment. */
export function refuseEaten(command: string, options: readonly string[]): void {
  const hidden = (name: string) => `npm_config_${name.replaceAll("-", "_")}` in process.env;
  const eaten = options.find((name) => name !== "jobs" && hidden(name)); // npm has jobs of its own
  if (eaten) throw new Refusal(`put options after --: ${command} -- --${eaten}`);
}

/** The value of an option as a whole number from `min` to `max`. */
export function whole(option: string, value: string, min: number, max: number): number {
  const number = Number(value);
  if (/^\d{1,10}$/.test(value) && number >= min && number <= max) return number;
  throw new Refusal(`--${option} must be a whole number from ${min} to ${max}, not "${value}"`);
}

/** The value of an option as `HOST:PORT`; an IPv6 host may stand in brackets. */
export function address(option: string, value: string): { host: string; port: number } {
  const [, host = "", port = ""] = /^\[?([^[\]]+)\]?:(\d{1,5})$/.exec(value) ?? [];
  if (Number(port) >= 1 && Number(port) <= 65535) return { host, port: Number(port) };
  throw new Refusal(`--${option} must be HOST:PORT, as in 127.0.0.1:8888, not "${value}"`);
}
