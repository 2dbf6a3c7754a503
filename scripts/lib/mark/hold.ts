/** Holds one submission against one chapter: in a copy, within its time, whatever it does. */
import fs from "node:fs";
import { cp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";
import { type Bounds, bounded } from "./bounded.ts";
import { isPartOf, recipe, type Submission } from "./submission.ts";
import { runAs, type User } from "./user.ts";
import { type Judgement, judgement, mustHaveWorked, none } from "./verdict.ts";

export interface Terms {
  /** Seconds for all of it, building included. */
  readonly limit: number;
  /** Starts every submission, whatever it says itself. */
  readonly cmd?: string | undefined;
  /** More options for `npm run check`. */
  readonly check: readonly string[];
  /** How many of its cases run side by side. */
  readonly casesAtOnce: number;
  readonly signal: AbortSignal;
}

/** What becomes of it; nothing that it has started runs any more. */
export async function hold(
  submission: Submission,
  terms: Terms,
  user: User | undefined,
): Promise<Judgement> {
  const desk = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "mark-")));
  try {
    const folder = await copy(submission.folder, join(desk, "submission"), user);
    return await inFolder(folder, submission, terms, user);
  } catch (error) {
    if (error instanceof Refusal || (error as NodeJS.ErrnoException).code)
      return none((error as Error).message);
    throw error;
  } finally {
    await rm(desk, { recursive: true, force: true });
  }
}

async function inFolder(
  folder: string,
  submission: Submission,
  { limit, cmd, check, casesAtOnce, signal }: Terms,
  user: User | undefined,
): Promise<Judgement> {
  const end = Date.now() + limit * 1000;
  const bounds = (): Bounds => ({
    cwd: folder,
    limitMs: Math.max(1, end - Date.now()),
    signal,
    uid: user?.uid,
    env: {
      TSX_TSCONFIG_PATH: `${root}tsconfig.json`, // not the submission's, which could replace our files
      EXERCISES: join(folder, "..", "exercises"), // what passes is not the teacher's own progress
    },
  });
  const prefix = user ? runAs(user, folder) : [];
  const { build, cmd: own } = cmd === undefined ? recipe(folder) : { build: [], cmd };
  for (const line of build) {
    const ended = await bounded([...prefix, ...shell(line)], bounds());
    mustHaveWorked(line, ended, limit);
  }
  const server = [...prefix.map((word) => `"${word}"`), own].join(" ");
  const checker = ["scripts/run.mjs", "scripts/check.ts"].map((file) => root + file);
  const options = ["--cmd", server, "--all", "--json", "--jobs", `${casesAtOnce}`, ...check];
  const argv = [process.execPath, ...checker, submission.chapter, ...options];
  return judgement(submission, await bounded(argv, bounds()), limit);
}

function shell(line: string): string[] {
  return process.platform === "win32" ? ["cmd", "/d", "/s", "/c", line] : ["/bin/sh", "-c", line];
}

/** So that nothing it writes stays, and another user may read it. Links are copied, not followed. */
async function copy(from: string, to: string, user: User | undefined): Promise<string> {
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (file) => isPartOf(from, file),
  });
  const has = (file: string) => fs.existsSync(join(to, file));
  if (has("main.ts") && !has("run.txt") && !has("package.json"))
    fs.writeFileSync(join(to, "package.json"), '{ "type": "module" }\n'); // as in the course
  if (user) {
    fs.chmodSync(join(to, ".."), 0o711); // to pass through, not to look around
    for (const file of ["", ...fs.readdirSync(to, { encoding: "utf8", recursive: true })])
      fs.lchownSync(join(to, file), user.uid, user.gid);
  }
  return to;
}
