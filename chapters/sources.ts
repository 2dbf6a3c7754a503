/** The code of a chapter, or of any folder that is laid out like one. */
import { readdirSync, readFileSync } from "node:fs";

/** The texts of its code, by their path in it: `user.ts`, `client/main.ts`, `page.html`. */
export function sources(folder: string): Map<string, string> {
  const files = readdirSync(folder, { encoding: "utf8", recursive: true })
    .map((file) => file.replaceAll("\\", "/")) // as Windows has it
    .filter((file) => /\.(ts|html)$/.test(file))
    .sort();
  return new Map(files.map((file) => [file, readFileSync(`${folder}/${file}`, "utf8")]));
}
