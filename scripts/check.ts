/** `npm run check v05`: holds a learner's server, in any language, against a chapter's cases. */
import { check } from "./lib/check/check.ts";
import { OPTIONS_HELP, options } from "./lib/check/options.ts";
import { command } from "./lib/command.ts";

const HELP = `npm run check v05    runs the cases of v05 against your server in exercises/v05 (npm run exercise v05 makes it)
${OPTIONS_HELP}`;

await command(
  { command: "npm run check", help: HELP, names: [1, 1], options },
  async (asked, [name = ""]) => {
    process.on("SIGINT", () => process.exit(130)); // and the servers end with us
    process.exitCode = (await check(asked, name)) ? 0 : 1;
  },
);
