/** Where vitest is, which runs the tests. */
import { Refusal } from "./command.ts";
import { root } from "./root.ts";

/** Its program; a {@link Refusal} where it would find no file: it takes what stands behind a # for no part of a path. */
export function vitest(folder = root): string {
  if (folder.includes("#"))
    throw new Refusal(`tests cannot run in ${folder}: give it a name without a #`);
  return `${folder}node_modules/vitest/vitest.mjs`;
}
