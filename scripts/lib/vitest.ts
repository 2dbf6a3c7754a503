/** Where vitest is, which runs the tests. */
import { Refusal } from "./command.ts";
import { root } from "./root.ts";

/** Its program; a {@link Refusal} where it would find no file: it takes what stands behind a # for no part of a path. */
export function vitest(folder = root): string {
  if (folder.includes("#"))
    throw new Refusal(`tests cannot run in ${folder}: give it a name without a #`);
  return `${folder}node_modules/vitest/vitest.mjs`;
}

/** What its reporter `json` writes, as far as it is read here. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    /** Why a file could not be loaded. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly title: string;
      readonly fullName: string;
      readonly status: string;
      readonly duration?: number;
      readonly failureMessages: readonly string[] | null;
    }[];
  }[];
}
