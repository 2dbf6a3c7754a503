/** The quick faults against the last server, that docs/faults.md says what the faults say, and the command line. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { GROUPS, groupOf } from "../../../test/faults/fault.ts";
import { faults } from "../../../test/faults/index.ts";
import { proveFault } from "../../../test/faults/lab.ts";
import { told } from "../../../test/faults/told.ts";
import { applies } from "../../../test/harness/case.ts";
import { hold } from "../../../test/harness/hold.ts";
import { chapter as targetOf } from "../../../test/harness/target.ts";
import { root } from "../root.ts";
import { runScript } from "../script.ts";
import { plan } from "./options.ts";
import { isAsObserved } from "./page.ts";
import { columns } from "./run.ts";

const SEED = 1;
const all = faults(SEED);
const last = columns.at(-1) as (typeof columns)[number];

describe.concurrent(`quick faults, ${last.folder}`, () => {
  const target = targetOf(last, { probe: true });
  // Those that wrap a case are run as cases anyway.
  const quick = all.filter(({ slow, alone, wraps }) => !slow && !alone && !wraps);
  for (const fault of quick.filter((each) => applies(each, last.id)))
    hold(target, fault, () => proveFault(fault, last.id, target));
});

describe("the faults", () => {
  test("each has an id and a title of its own, and no group is empty", () => {
    expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
    expect(new Set(all.map((fault) => told(fault).title)).size).toBe(all.length);
    expect(new Set(all.map(groupOf))).toEqual(new Set(Object.keys(GROUPS)));
  });

  test("each says where to look, and the word is in the code there", () => {
    const lost = all.flatMap((fault) => {
      const chapter = chapters.findLast(({ id }) => applies(fault, id) && id <= last.id);
      return told(fault)
        .where.split("; ")
        .filter((place) => {
          const [file, ...words] = [...place.matchAll(/`(.*?)`/g)].map(([, each = ""]) => each);
          const path = `${root}chapters/${chapter?.folder}/${file}`;
          const text = existsSync(path) ? readFileSync(path, "utf8") : "";
          return words.length === 0 || !words.every((word) => text.includes(word));
        });
    });
    expect(lost).toEqual([]);
  });

  test("docs/faults.md has them in their order, with their conditions; to mend it: npm run faults -- --write", () => {
    expect(isAsObserved([])).toBe(true);
  });
});

describe.concurrent("npm run faults", () => {
  test("one fault against one chapter: a line, the matrix, the sum", async () => {
    const args = ["v03", "--only", "encoding/gbk", "--seed", "7"];
    const { code, stdout, stderr } = await runScript("scripts/faults.ts", args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^1 fault, 1 run, seed 7$/m);
    expect(stdout).toMatch(/^1\/1 +encoding\/gbk +holds in v03 /m);
    expect(stdout).toMatch(/^encoding\/gbk +✓ +replaced$/m);
    expect(stdout).toMatch(/^1 of 1 hold, 0 fail, 0 skipped, in \d+ s$/m);
  });

  test.each([
    [["v01"], { group: "idle" }, /^nothing to run: no fault of these applies to v01$/],
    [["v09"], {}, /^v09's server is v08's: npm run faults v08$/],
    [[], { group: "flods" }, /^no group "flods"; the nearest is floods$/],
    [[], { only: "encoding/gkb" }, /^no fault "encoding\/gkb"; the nearest is encoding\/gbk$/],
    [[], { seed: "x" }, /^--seed must be a whole number from 0 to 999999999, not "x"$/],
    [["v05"], { write: true }, /^--write needs a run of every fault against every chapter$/],
  ])("%j %j is refused, and says why", (names, values, line) => {
    expect(() => plan({ write: false, ...values }, names)).toThrow(line);
  });
});
