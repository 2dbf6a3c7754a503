/** Whatever a remote may be: the site links to it only if a browser can go there, and never says a password. */
import { expect, test } from "vitest";
import { address, editLink, getTheCode } from "./repository.ts";

test.each([
  ["https://github.com/somebody/course.git", "https://github.com/somebody/course"],
  ["git+https://github.com/somebody/course.git\n", "https://github.com/somebody/course"],
  ["https://me:secret@example.org/a/b/", "https://example.org/a/b"],
  ["http://example.org/a.git", "http://example.org/a"],
  ["git@github.com:somebody/course.git", undefined],
  ["ssh://git@example.org/a", undefined],
  ["/home/me/course", undefined],
  ["../course", undefined],
  ["", undefined],
])("%j is %j", (text, url) => {
  expect(address(text)).toBe(url);
});

test("a Codespace is offered where there are some; without an address, nothing is", () => {
  expect(getTheCode("https://github.com/a/b")).toContain('"https://codespaces.new/a/b"');
  expect(getTheCode("https://example.org/a/b")).not.toContain("codespaces");
  expect(editLink("docs/a.md", "https://example.org/a/b")).toContain("/edit/main/docs/a.md");
});
