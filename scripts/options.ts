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
