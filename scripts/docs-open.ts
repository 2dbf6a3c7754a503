/** `npm run docs:open`: shows the site in the browser, from a server of its own on loopback. */
import { existsSync } from "node:fs";
import { command, Refusal } from "./lib/command.ts";
import { serve } from "./lib/docs/serve.ts";
import { root } from "./lib/root.ts";

const HELP = "npm run docs:open    shows the site that npm run docs has built, in your browser";

await command({ command: "npm run docs:open", help: HELP }, async () => {
  const site = `${root}site`;
  if (!existsSync(`${site}/index.html`))
    throw new Refusal("there is no site yet; to build it: npm run docs");
  console.log(`${await serve(site, true)} (Ctrl-C ends it)`);
});
