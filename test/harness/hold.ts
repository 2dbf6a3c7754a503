/** Cases as tests of vitest's. */
import { describe, test } from "vitest";
import type { Case } from "./case.ts";
import type { Conditions } from "./need.ts";
import { unreachable } from "./run.ts";
import type { Target } from "./target.ts";

/** `npm test` alone: what the newest server keeps is asked of it only, and the rest is left to `npm test -- --all`. */
export const brief = process.env.PROVE === "brief";

/** Skipped, visibly, where the target cannot give what the case needs. */
export function hold(
  target: Target,
  each: Pick<Conditions, "needs" | "args"> & { readonly id: string },
  run: () => Promise<unknown>,
): void {
  const missing = unreachable(each, target);
  test.skipIf(missing)(missing ? `${each.id} (it needs ${missing})` : each.id, async () => {
    await run();
  });
}

/** Those that flood one by one, and the others side by side. */
export function holdAll(
  title: string,
  target: Target,
  cases: readonly Case[],
  run: (test: Case) => Promise<unknown>,
): void {
  const add = (each: Case) => hold(target, each, () => run(each));
  const alone = cases.filter((each) => each.alone);
  if (alone.length > 0) describe(`${title}, one by one`, () => alone.forEach(add));
  describe.concurrent(title, () => cases.filter((each) => !each.alone).forEach(add));
}
