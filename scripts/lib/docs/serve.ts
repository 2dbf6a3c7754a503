/** A folder as a web site, on loopback, by what comes with vitest: a learner has it already. */
import { preview } from "vite";

/** Gives its address, and with `open` shows it in the browser, if there is one. */
export async function serve(folder: string, open = false): Promise<string> {
  const { resolvedUrls } = await preview({
    configFile: false,
    appType: "mpa", // what is not there is a 404, not the first page
    logLevel: "silent", // without a browser to open, the address is all one needs
    build: { outDir: folder },
    preview: { host: "127.0.0.1", port: 0, open },
  });
  const [url = ""] = resolvedUrls?.local ?? [];
  return url;
}
