/** `npm run docs:open`: shows the site in the browser, from a server of its own on loopback. */
import { existsSync } from "node:fs";
import { serve } from "./lib/docs/serve.ts";
import { root } from "./lib/root.ts";

const site = `${root}site`;
if (!existsSync(`${site}/index.html`)) {
  console.error("there is no site yet: npm run docs builds it");
  process.exitCode = 1;
} else console.log(`${await serve(site, true)} (Ctrl-C ends it)`);
