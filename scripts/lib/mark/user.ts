/** `--as USER`: submissions run as somebody who cannot write what we write. For root alone. */
import { spawnSync } from "node:child_process";
import { Refusal } from "../command.ts";
import { running } from "./processes.ts";

export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The words before a command that let this user run it, with nothing of our environment. */
export function runAs({ name, uid, gid }: User, home: string): string[] {
  const environment = ["env", "-i", `PATH=${process.env.PATH}`, `HOME=${home}`, "LANG=C.UTF-8"];
  if (process.platform !== "linux") return ["sudo", "-n", "-u", name, ...environment];
  const ids = [`--reuid=${uid}`, `--regid=${gid}`, "--clear-groups", "--no-new-privs"];
  return ["setpriv", ...ids, ...environment];
}

/** Throws a {@link Refusal} unless it is a user of whom all processes may be ended. */
export function user(name: string): User {
  if (process.getuid?.() !== 0)
    throw new Refusal("--as is for root, on Linux and macOS: sudo npm run mark -- …");
  const id = (what: string) =>
    Number(spawnSync("id", [what, name]).stdout.toString().trim() || "NaN");
  const found = { name, uid: id("-u"), gid: id("-g") };
  if (Number.isNaN(found.uid)) throw new Refusal(`there is no user "${name}": useradd ${name}`);
  if (found.uid === 0) throw new Refusal("--as root protects nothing: use another user");
  const others = running({ uid: found.uid });
  if (others.length > 0)
    throw new Refusal(
      `${name} has running processes already (${others.slice(0, 3)}), and this command ends all processes of ${name}: make a user only for this`,
    );
  return found;
}

/** Throws a {@link Refusal} if the user may write into one of the folders. */
export function keepOut(user: User, folders: readonly string[]): void {
  for (const folder of folders) {
    const [file = "", ...args] = [...runAs(user, "/"), "test", "-w", folder];
    const { status, error } = spawnSync(file, args);
    if (error) throw new Refusal(`--as: ${error.message}`);
    if (status === 0)
      throw new Refusal(`${user.name} may write into ${folder}: chmod go-w ${folder}`);
  }
}
