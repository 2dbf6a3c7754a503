/** Cases as tests of vitest's. */
import { test } from "vitest";
import type { Case } from "./case.ts";
import { unreachable } from "./run.ts";
import type { Target } from "./target.ts";

/** Skipped, visibly, where the target cannot give what the case needs. */
export function hold(target: Target, each: Case, run: () => Promise<void>): void {
  const missing = unreachable(each, target);
  test.skipIf(missing)(missing ? `${each.id} (it needs ${missing})` : each.id, run);
}
