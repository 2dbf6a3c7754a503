/** Whose a process is, so that what outlives its parent can be found and ended. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { setTimeout as pass } from "node:timers/promises";

/** In the environment of a program, and so of all that it starts, unless it takes it out. */
export const MARK = "CHAT_COURSE_MARK";

const END_MS = 10_000; // even a loaded system has ended a process by then
const LOOK_MS = 20;

/** A process is theirs for any one of these reasons. */
export interface Whose {
  /** It holds this value of {@link MARK}. */
  readonly mark?: string;
  /** It works in this folder, which only Linux tells. */
  readonly folder?: string;
  /** It runs as this user. */
  readonly uid?: number | undefined;
}

/** Ends them all, and gives the ids of those that would not end. On Windows it finds nobody. */
export async function endAll(whose: Whose): Promise<readonly number[]> {
  for (const end = Date.now() + END_MS; ; await pass(LOOK_MS)) {
    const left = running(whose);
    if (left.length === 0 || Date.now() > end) return left;
    for (const pid of left) kill(pid);
  }
}

/** Ids of those that run; what has ended and was not collected does not. */
export function running(whose: Whose): number[] {
  if (process.platform === "win32") return [];
  return process.platform === "linux" ? inProc(whose) : fromPs(whose);
}

function inProc({ mark, folder, uid }: Whose): number[] {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const theirs = (pid: string) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    if (/^State:\s+Z/m.test(status)) return false;
    if (uid !== undefined && Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]) === uid) return true;
    if (folder !== undefined && readlinkSync(`/proc/${pid}/cwd`).startsWith(folder)) return true;
    const holds = () => readFileSync(`/proc/${pid}/environ`, "latin1").includes(`${MARK}=${mark}`);
    return mark !== undefined && holds();
  };
  const found = pids.filter((pid) => {
    try {
      return theirs(pid);
    } catch {
      return false; // it has ended meanwhile, or is none of ours
    }
  });
  return found.map(Number);
}

/** macOS shows the environment behind the command. */
function fromPs({ mark, uid }: Whose): number[] {
  const rows = execFileSync("ps", ["-axwwE", "-o", "pid=,uid=,stat=,command="], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  return rows.split("\n").flatMap((row) => {
    const [pid, owner, state = ""] = row.trim().split(/\s+/);
    const holds = mark !== undefined && row.includes(`${MARK}=${mark}`);
    const theirs = holds || Number(owner) === uid;
    return theirs && !state.startsWith("Z") ? [Number(pid)] : [];
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it was quicker
  }
}
