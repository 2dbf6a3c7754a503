/** Where the course can be had, for the links of the site: its address stands in no file but package.json. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { root } from "../root.ts";

/** `repository` of package.json; until it is set, the git remote that it was cloned from. None, if that is no address for browsers. */
export function repository(): string | undefined {
  known ??= { url: address(packaged() ?? remote()) };
  return known.url;
}

let known: { url: string | undefined } | undefined; // each page asks

function packaged(): string | undefined {
  const { repository } = JSON.parse(readFileSync(`${root}package.json`, "utf8"));
  return repository?.url ?? repository;
}

function remote(): string {
  const args = ["-C", root, "remote", "get-url", "origin"];
  return spawnSync("git", args, { encoding: "utf8" }).stdout ?? "";
}

/** An address as a browser takes it, without a password that may stand in it. */
export function address(text: string): string | undefined {
  const plain = text.trim().replace(/^git\+/, "");
  if (!URL.canParse(plain)) return undefined;
  const url = new URL(plain);
  if (!/^https?:$/.test(url.protocol)) return undefined;
  return `${url.origin}${url.pathname}`.replace(/(\.git)?\/*$/, "");
}

/** For the first screen of the site: how to get the code. Nothing, when nobody knows from where. */
export function getTheCode(url = repository()): string {
  if (url === undefined) return "";
  const [, place] = /^https:\/\/github\.com\/([^/]+\/[^/]+)$/.exec(url) ?? [];
  const codespace = place
    ? ` Or open it in the browser, with everything installed: <a href="https://codespaces.new/${place}">a Codespace</a>.`
    : "";
  return `<p class="get-the-code">Get the code from <a href="${url}">its repository</a>:
<code>git clone ${url}</code>.${codespace}</p>\n\n`;
}

/** Where a page can be changed, for those who find a mistake in it. */
export function editLink(path: string, url = repository()): string {
  return url === undefined
    ? ""
    : `\n\n<p class="edit"><a href="${url}/edit/main/${path}">Edit this page</a></p>\n`;
}
