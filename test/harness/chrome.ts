/** Where a Chrome or Chromium is, on whatever system this is. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Undefined when there is none. `CHROME_PATH` says where it is, if it is in no usual place. */
export function findChrome(): string | undefined {
  const { CHROME_PATH, LOCALAPPDATA, PROGRAMFILES } = process.env;
  const windows = [PROGRAMFILES, process.env["PROGRAMFILES(X86)"], LOCALAPPDATA].flatMap((root) => [
    `${root}\\Google\\Chrome\\Application\\chrome.exe`,
    `${root}\\Chromium\\Application\\chrome.exe`,
    `${root}\\Microsoft\\Edge\\Application\\msedge.exe`,
  ]);
  const macOs = ["Google Chrome", "Chromium", "Microsoft Edge"].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  );
  const linux = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const places = { win32: windows, darwin: macOs }[process.platform as string] ?? linux.map(which);
  return [CHROME_PATH, ...places].find((path) => path !== undefined && existsSync(path));
}

export const NO_CHROME =
  "no Chrome or Chromium found: install one (on Debian: apt install chromium), or say where it is with CHROME_PATH";

/** What it is started with: quiet, and also where it runs as root in a container. */
export const CHROME_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function which(program: string): string | undefined {
  try {
    return execFileSync("which", [program], { encoding: "utf8", stdio: "pipe" }).trim();
  } catch {
    return undefined; // not there
  }
}
