/** Patches on chapters (the mutants, the solutions of exercises) that a change has pulled the ground from under. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apply, aside, BYTES, git, type Place } from "./git.ts";

/**
 * Fits them to the code as the index has it, from what it was in the tree `before`. What still
 * applies stays as it is. Gives a line for each other one, with `by hand` in it where no machine can tell.
 */
export function refitAll({ folder: root, index }: Place, before: string): string[] {
  const now = git({ folder: root, index }, ["write-tree"]).trim();
  return aside(root, now, (place) =>
    patches(root).flatMap((file) => {
      const text = readFileSync(join(root, file), BYTES);
      const story = text.slice(0, /^(diff --git |--- .*\n\+\+\+ )/m.exec(text)?.index ?? 0);
      const patch = text.slice(story.length);
      if (apply(place, patch, "-p0", "--check").status === 0) return [];
      const fitted = refit(root, patch, before, now);
      if (fitted.why !== undefined) return [`${file}  by hand: ${fitted.why}`];
      if (!index) writeFileSync(join(root, file), story + fitted.patch, BYTES);
      return [`${file}  ${index ? "would be refitted" : "refitted"}`];
    }),
  );
}

/** What the patch did to the tree `before`, done to the tree `now`; or why not. */
function refit(root: string, patch: string, before: string, now: string) {
  const whole = aside(root, before, (place) =>
    apply(place, patch, "-p0").status === 0 ? diff(place, before, "--full-index") : undefined,
  );
  if (whole === undefined) return { why: "it did not fit before the change either" };
  return aside(root, now, (place) => {
    const { status, stderr } = apply(place, whole, "--3way");
    if (stderr.includes("does not exist in index"))
      return { why: "its file is not there any more" };
    if (status !== 0) return { why: "both change the same lines" };
    const left = diff(place, now, "--no-prefix");
    if (left === "") return { why: "the change does what it did: nothing is left of it" };
    const plain = left.replace(/^(diff --git|index) .*\n/gm, ""); // as the other patches have it
    return { patch: plain.replace(/^(@@ .* @@).*/gm, "$1") };
  });
}

function diff(place: Place, tree: string, option: string): string {
  return git(place, ["diff-index", "--cached", "-p", "--relative", option, tree], BYTES);
}

function patches(root: string): string[] {
  return ["mutants", "extras"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => {
      const files = readdirSync(join(root, folder), { encoding: "utf8", recursive: true });
      return files.map((file) => `${folder}/${file.replaceAll("\\", "/")}`).sort();
    })
    .filter((file) => file.endsWith(".patch"));
}
