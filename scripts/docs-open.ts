/** `npm run docs:open`: shows the site in the browser, from a server of its own on loopback. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { serve } from "./lib/docs/serve.ts";

const site = fileURLToPath(new URL("../site/", import.meta.url));
if (!existsSync(`${site}index.html`)) {
  console.error("there is no site yet: npm run docs builds it");
  process.exitCode = 1;
} else {
  const url = await serve(site);
  console.log(`${url} (Ctrl-C ends it)`);
  const opener = { win32: "explorer", darwin: "open" }[process.platform as string] ?? "xdg-open";
  // Without a browser to open, the address above is all one needs.
  spawn(opener, [url], { stdio: "ignore" }).on("error", () => {});
}
