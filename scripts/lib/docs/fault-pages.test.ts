/** The menu has every page of faults, in the order of docs/faults.md. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { GROUPS } from "../../../test/faults/fault.ts";
import { root } from "../root.ts";
import { faultPages } from "./fault-pages.ts";

test("each page of docs/faults/ is there once, in the order of docs/faults.md", () => {
  expect(faultPages()).toEqual(Object.keys(GROUPS).map((group) => `docs/faults/${group}.md`));
  const files = readdirSync(`${root}docs/faults`).map((file) => `docs/faults/${file}`);
  expect(faultPages().toSorted()).toEqual(files.toSorted());
});
