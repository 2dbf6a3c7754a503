/** A patch on a file that has changed under it. */
import { applyPatch, createTwoFilesPatch, FILE_HEADERS_ONLY, parsePatch } from "diff";
import { expect, test } from "vitest";
import { lines, SAME, withGit } from "./course.ts";
import { refit } from "./refit.ts";

withGit("refit", () => {
  const FILE = "chapters/v02-two/steps.ts";
  const old = lines("one", "two", "three", "four", "five", "six", "seven", "eight", "nine");
  const patchOf = (from: string, to: string, file = FILE) =>
    createTwoFilesPatch(`a/${file}`, `b/${file}`, from, to, undefined, undefined, {
      context: 3,
      headerOptions: FILE_HEADERS_ONLY,
    });
  const fitted = (patch: string, now: string) =>
    refit(patch, new Map([[FILE, old]]), new Map([[FILE, now]]));

  test("a patch that still applies is left as it is, were its line numbers wrong", () => {
    const patch = `A story.\n${patchOf(old, old.replace("nine();\n", ""))}`;
    expect(fitted(patch, lines("zero") + old)).toEqual({ patch });
    expect(fitted(patch, old)).toEqual({ patch });
  });

  test("one whose surroundings have changed does the same to the new text; its story stays", () => {
    const story = "What breaks, and why nobody sees it.\n--- not a file\n\n";
    const patch = story + patchOf(old, old.replace("five();", "5();"));
    const now = old.replace("three();", "THREE();");
    expect(applyPatch(now, patch.slice(story.length))).toBe(false);
    const result = fitted(patch, now);
    if ("conflict" in result) throw new Error(result.conflict);
    expect(result.patch.startsWith(`${story}--- a/${FILE}\n+++ b/${FILE}\n@@ `)).toBe(true);
    expect(applyPatch(now, result.patch.slice(story.length))).toBe(now.replace("five();", "5();"));
  });

  test("of a patch on two files, the other one stays as it is", () => {
    const other = "chapters/v02-two/same.ts";
    const patch =
      patchOf(old, old.replace("five();", "5();")) +
      patchOf(SAME, SAME.replace("20", "200"), other);
    const now = old.replace("four();", "four(4);").replace("three();", "THREE();");
    const texts = (text: string) =>
      new Map([
        [FILE, text],
        [other, SAME],
      ]);
    const conflict = refit(patch, texts(old), texts(now));
    expect(conflict).toEqual({ conflict: `${FILE}: both change the same lines` });
    const result = refit(patch, texts(old), texts(old.replace("three();", "THREE();")));
    const [first, second] = parsePatch("patch" in result ? result.patch : "");
    expect(first?.hunks[0]?.lines).toContain(" THREE();");
    expect(second?.hunks).toEqual(parsePatch(patch)[1]?.hunks);
  });

  test("what no machine can decide is said", () => {
    const patch = patchOf(old, old.replace("five();", "5();"));
    expect(fitted(patch, old.replace("five();", "FIVE();"))).toEqual({
      conflict: `${FILE}: both change the same lines`,
    });
    expect(fitted(patch, old.replace("five();", "5();"))).toEqual({
      conflict: `${FILE}: the change does what the patch did: nothing is left of it`,
    });
    expect(fitted(patchOf("x();\n", "y();\n"), lines("zero"))).toEqual({
      conflict: `${FILE}: it did not fit before the change either`,
    });
    expect(fitted("--- a\n+++ b\n@@ what @@\n", old)).toEqual({
      conflict: expect.stringMatching(/^it cannot be read: /),
    });
    expect(refit(patch, new Map([[FILE, old]]), new Map())).toEqual({
      conflict: `${FILE} has come or gone`,
    });
  });
});
