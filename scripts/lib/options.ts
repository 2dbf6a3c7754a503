/** The command lines of the commands: what is wrong is said in one line, and that is the end. */
import { type ParseArgsConfig, parseArgs } from "node:util";

/** As `parseArgs`, but bad input ends the program. `command` is how one types it: `npm run check`. */
export function options<const Config extends ParseArgsConfig>(command: string, config: Config) {
  // Without the `--`, npm takes the options for its own and hides them in the environment.
  const hidden = (name: string) => `npm_config_${name.replaceAll("-", "_")}` in process.env;
  const eaten = Object.keys(config.options ?? {}).find((name) => name !== "jobs" && hidden(name));
  if (eaten) fail(`options go behind --: ${command} … -- --${eaten}`);
  try {
    return parseArgs(config);
  } catch (error) {
    return fail((error as Error).message.split(/\.\s/)[0] ?? "");
  }
}

export function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

/** The value of an option as a whole number from `min` to `max`. */
export function whole(option: string, value: string, min: number, max: number): number {
  if (/^\d{1,10}$/.test(value) && Number(value) >= min && Number(value) <= max)
    return Number(value);
  throw bad(`--${option} must be a whole number from ${min} to ${max}, not "${value}"`);
}

/** For `throw`: what the user did wrong, and what would be right. */
export function bad(message: string): Error {
  return Object.assign(new Error(message), { code: "ERR_OPTION" });
}

/** Says an error of the user, or of the system, in one line. Throws one of ours again: the stack says where. */
export function refuse(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  console.error(message.split(/\.\s/)[0]);
  process.exitCode = 1;
}
