/** What the system refused, in plain words: which file, program or address, and what would be right. */
import { existsSync } from "node:fs";
import { dirname } from "node:path";

interface Refused extends NodeJS.ErrnoException {
  readonly address?: string;
  readonly port?: number;
}

const DEEDS: Readonly<Record<string, string>> = {
  listen: "listen on",
  mkdir: "make",
  scandir: "read",
};

const REASONS: Readonly<Record<string, (path: string, deed: string) => string>> = {
  ENOENT: (path, deed) => {
    if (deed.startsWith("spawn")) return "there is no such program";
    const folder = dirname(path);
    return existsSync(folder) ? "there is no such file" : `there is no folder ${folder}`;
  },
  EACCES: (_, deed) =>
    deed === "listen"
      ? "only the administrator may use ports below 1024; use a higher one"
      : "you do not have permission",
  EISDIR: () => "it is a folder, and it must be a file",
  ENOTDIR: () => "a part of this path is a file, and not a folder",
  EEXIST: (_, deed) =>
    deed === "mkdir" ? "it is a file, and it must be a folder" : "it exists already",
  EADDRINUSE: () => "another program is using this port already; use another port",
  EADDRNOTAVAIL: () => "this machine does not have this address; it has 127.0.0.1",
  ENOSPC: () => "the disk is full",
  EDQUOT: () => "you may not store more on this disk",
  EFBIG: () => "you may not write files of this size here",
  EROFS: () => "nothing can be written on this disk",
};

/** One line; where we know no better, the system's own words. */
export function inPlainWords(error: Refused): string {
  const { code = "", syscall = "", path, address, port, message } = error;
  const what = path ?? (address && `${address.includes(":") ? `[${address}]` : address}:${port}`);
  const reason = REASONS[code]?.(path ?? "", syscall);
  if (what === undefined || reason === undefined) return message;
  const deed = syscall.startsWith("spawn") ? "start" : (DEEDS[syscall] ?? syscall);
  return `cannot ${deed} ${what}: ${reason}`;
}
