/** Holds one chapter against every case that applies to it: those of its own and of all before it. */
import { describe, test } from "vitest";
import { chapters } from "../chapters/manifest.ts";
import { cases } from "./cases/index.ts";
import { applies, type Case } from "./harness/case.ts";
import { can, command, Server } from "./harness/server.ts";

export function prove(id: string): void {
  const chapter = chapters.find((chapter) => chapter.id === id);
  if (!chapter) throw new Error(`no chapter ${id} in chapters/manifest.ts`);
  const argv = command(chapter.folder);
  const add = (each: Case) => {
    const missing = each.needs?.filter((need) => !can.includes(need)) ?? [];
    const why = missing.length > 0 ? ` (this system does not show ${missing.join(", ")})` : "";
    test.skipIf(missing.length > 0)(`${each.id}${why}`, () => Server.prove(id, argv, each));
  };
  const all = cases.filter((each) => applies(each, id));
  const alone = all.filter((each) => each.alone);
  const together = all.filter((each) => !each.alone);
  if (alone.length > 0) describe(`${chapter.folder}, one by one`, () => alone.forEach(add));
  describe.concurrent(chapter.folder, () => together.forEach(add));
}
