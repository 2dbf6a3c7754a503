/** The chat page, and what a browser may do on it: only what stands in it. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A checkout on Windows may have other line ends; the hashes below are of what a browser makes of them. */
export const PAGE = readFileSync(new URL("page.html", import.meta.url), "utf8").replaceAll(
  "\r\n",
  "\n",
);

/** Whatever a user says, no script and no style but the page's own is ever obeyed. */
export const PAGE_HEADERS = {
  connection: "close",
  "content-type": "text/html; charset=utf-8",
  "content-security-policy": [
    "default-src 'none'",
    `script-src '${hash("script")}'`,
    `style-src '${hash("style")}'`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'", // in somebody else's frame, clicks could be stolen
  ].join("; "),
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
} as const;

function hash(tag: "script" | "style"): string {
  const [, text = ""] = new RegExp(`<${tag}>(.*?)</${tag}>`, "s").exec(PAGE) ?? [];
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
