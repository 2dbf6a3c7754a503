/** The workflows, as far as they can be tried without GitHub: a slip in them shows only when they are needed. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parseDocument } from "yaml";
import { root } from "./root.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}

interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions: unknown;
  readonly defaults?: { readonly run: { readonly shell: string } };
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly "runs-on": string;
        readonly "timeout-minutes": number;
        readonly steps: readonly Step[];
      }
    >
  >;
}

const files = [".github/workflows", "docs/classroom"].flatMap((folder) =>
  readdirSync(root + folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .map((file) => `${folder}/${file}`),
);
const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as {
  scripts: Record<string, string>;
};

describe.each(files)("%s", (file) => {
  const text = readFileSync(root + file, "utf8");
  const document = parseDocument(text);
  const { name, on, permissions, defaults, jobs } = document.toJS() as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test("is YAML", () => {
    expect([...document.errors, ...document.warnings].map(({ message }) => message)).toEqual([]);
  });

  test("has what a workflow needs: a name, when, what it may, and jobs that end", () => {
    expect({ name, on, permissions }).toEqual({
      name: expect.stringMatching(/^\w+$/),
      on: expect.anything(),
      permissions: expect.objectContaining({ contents: "read" }),
    });
    for (const job of Object.values(jobs)) {
      expect(job["runs-on"]).toMatch(/^(ubuntu-latest|\$\{\{ matrix\.os \}\})$/);
      expect(job["timeout-minutes"]).toBeLessThanOrEqual(60);
      expect(job.steps.length).toBeGreaterThan(0);
    }
  });

  test("each step either runs something or uses an action, of a version", () => {
    for (const { uses, run } of steps) {
      expect([uses, run].filter((each) => each !== undefined).length).toBe(1);
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
    }
  });

  test("a pipe that fails is a step that fails, which GitHub's default shell does not say", () => {
    const piped = steps.some(({ run = "" }) => /[^|]\|[^|]/.test(run));
    if (piped) expect(defaults?.run.shell).toBe("bash");
  });

  test("where nodes meet, there is a nats-server: else their cases would be skipped", () => {
    const without = Object.entries(jobs).filter(([, { steps }]) => {
      const runs = steps.map(({ run = "" }) => run);
      const meet = runs.findIndex((run) => /npm (test -- --all|run (faults|diagrams))\b/.test(run));
      return meet !== -1 && !runs.slice(0, meet).some((run) => /install .*nats-server/.test(run));
    });
    expect(without.map(([name]) => name)).toEqual([]);
  });

  test("each expression is closed", () => {
    const open = text.match(/\$\{\{(?![^{}]*\}\})/g) ?? [];
    expect(open).toEqual([]);
  });

  test("each command of ours is one", () => {
    const spoken = steps.flatMap(({ run = "" }) =>
      [...run.matchAll(/\bnpm (?:run (?:-s )?)?([\w:-]+)/g)].map(([, name = ""]) => name),
    );
    expect(spoken.length).toBeGreaterThan(0);
    expect(spoken.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  test.skipIf(process.platform === "win32")("what it runs is bash's", () => {
    for (const { run = "" } of steps) {
      const { stderr } = spawnSync("bash", ["-n"], { input: run, encoding: "utf8" });
      expect(stderr).toBe("");
    }
  });
});
