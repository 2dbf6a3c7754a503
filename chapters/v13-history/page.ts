/** The chat page, and what a browser may do on it: only what stands in the page itself. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A checkout on Windows may have \r\n at line ends. A browser reads that as \n, and hashes the text with \n. */
export const PAGE = readFileSync(new URL("page.html", import.meta.url), "utf8").replaceAll(
  "\r\n",
  "\n",
);

/** Whatever a user says, the browser runs only the page's own script and style. */
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
