/** Cases as tests of vitest's. */
import { test } from "vitest";
import type { Conditions } from "./need.ts";
import { unreachable } from "./run.ts";
import type { Target } from "./target.ts";

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
