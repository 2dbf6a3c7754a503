/** The quick faults against the last server, that docs/faults.md and its pages say what the faults say, and the command line. */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { chapters } from "../../../chapters/manifest.ts";
import { sources } from "../../../chapters/sources.ts";
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

  test("docs/faults.md and its pages have them in their order, with their conditions; to mend it: npm run faults -- --all --write", () => {
    expect(isAsObserved([])).toBe(true);
  });

  test("a chapter in which one does not hold is missing in the table", () => {
    const fault = all[0] as (typeof all)[number];
    const cell = { fault, chapter: last.id, outcome: "fails", seconds: 0, grown: 0 } as const;
    expect(isAsObserved([cell])).toBe(false);
  });
});

describe("what npm run faults runs", () => {
  const none = { all: false, write: false };
  const ofHttp = (names: string[], all: boolean) =>
    plan({ ...none, all, only: "commands/http-request" }, names).runs.map(
      ({ chapter }) => chapter.id,
    );

  test("each fault against its first chapter and the newest; with --all, against every server", () => {
    const { runs } = plan(none, []);
    for (const fault of all) {
      const applying = columns.map(({ id }) => id).filter((id) => applies(fault, id));
      const met = runs.filter((run) => run.fault.id === fault.id).map(({ chapter }) => chapter.id);
      expect({ [fault.id]: met }).toEqual({
        [fault.id]: [...new Set([applying[0], applying.at(-1)])],
      });
    }
    expect(ofHttp([], true)).toEqual(columns.map(({ id }) => id));
  });

  test("against the chapters that are named, whether they are ends or not", () => {
    expect(ofHttp(["v02", "v05", "v07"], false)).toEqual(["v02", "v05", "v07"]);
  });

  test("no server twice: a chapter with the server of the one before is left out, byte for byte", () => {
    const servers = chapters.map(({ folder }) => {
      const files = [...sources(`${root}chapters/${folder}`)];
      return JSON.stringify(files.filter(([file]) => !file.startsWith("client/")));
    });
    const own = chapters.filter((_, i) => servers[i] !== servers[i - 1]);
    expect(columns.map(({ id }) => id)).toEqual(own.map(({ id }) => id));
    expect(own.length).toBeLessThan(chapters.length);
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
    [["v01"], { group: "idle" }, /^there is nothing to run: none of these faults applies to v01$/],
    [["v09"], {}, /^v09's server is v08's: npm run faults v08$/],
    [[], { group: "flods" }, /^no group "flods"; the nearest is floods$/],
    [[], { only: "encoding/gkb" }, /^no fault "encoding\/gkb"; the nearest is encoding\/gbk$/],
    [[], { seed: "x" }, /^--seed must be a whole number from 0 to 999999999, not "x"$/],
    [
      ["v05"],
      { all: true, write: true },
      /^--write needs a run of every fault against every chapter: /,
    ],
    [[], { write: true }, /^--write needs a run of every fault against every chapter: /],
  ])("%j %j is refused, and says why", (names, values, line) => {
    expect(() => plan({ all: false, write: false, ...values }, names)).toThrow(line);
  });
});
