/** What is held against the cases: a chapter, any program that serves, or a server that already runs. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import type { Translate } from "./client.ts";
import { findDatabase } from "./database.ts";
import { findNats } from "./nats.ts";
import type { Need } from "./need.ts";
import { plain } from "./plain.ts";

export interface Target {
  /** What cases may ask of it. */
  readonly can: readonly Need[];
  /** The program and its arguments, to be started for each case. Without, it runs already. */
  readonly argv?: (port: number, options: readonly string[]) => string[] | Promise<string[]>;
  /** What its environment has beside ours; what is undefined, it has not. */
  readonly env?: (port: number) => Readonly<Record<string, string | undefined>>;
  /** It can be told port 0, and prints `listening on HOST:PORT`, and nothing on stderr, when all is well. */
  readonly announces: boolean;
  /** The chapter whose options it knows, if not those of the one that it is held to. */
  readonly knows?: string;
  /** Where it runs already. */
  readonly address?: { readonly host: string; readonly port: number };
  /** Its process holds a probe, which can be asked how it is. */
  readonly probe?: boolean;
  /** Puts its wording into ours. */
  readonly translate?: Translate;
}

/** What this machine lets us see of a process, what one may do around it, and what there is. */
const seen: readonly Need[] = [
  ...({
    linux: ["memory", "cpu", "descriptors", "ulimit", "signals", "addresses", ...mounts()] as const,
    darwin: ["memory", "ulimit", "signals"] as const,
  }[process.platform as string] ?? []),
  ...(findDatabase() ? ["database" as const] : []),
  ...(findNats() ? ["nats" as const] : []),
];

/** A system that gives root the right to mount gives it CAP_SYS_ADMIN; most containers do not. */
function mounts(): Need[] {
  if (process.platform !== "linux") return [];
  const rights = /^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0";
  return ((BigInt(`0x${rights}`) >> 21n) & 1n) === 1n ? ["mount"] : [];
}

/** Settings of Node, as editors and shells make them, that would have it print on stderr what the server did not. */
const silent = Object.fromEntries(
  Object.keys(process.env)
    .filter((name) => /^(NODE_(?!ENV$|PATH$)|VSCODE_INSPECTOR)/.test(name))
    .map((name) => [name, undefined]),
);

/**
 * A JVM takes what the machine has before it collects, so its memory would tell nothing about the server: with a
 * small nursery, and a heap that follows what is alive, it does. A setting of one's own goes before.
 */
const java = {
  JAVA_TOOL_OPTIONS:
    process.env.JAVA_TOOL_OPTIONS ??
    "-XX:+UseSerialGC -Xms16m -Xmn8m -XX:MinHeapFreeRatio=10 -XX:MaxHeapFreeRatio=20",
};

/** How a program of the course is started, options excepted; `imports` are loaded before it. */
export async function command(main: string, ...imports: string[]): Promise<string[]> {
  const copy = await plain(main);
  if (copy === undefined) return throughTsx(main, ...imports);
  return [process.execPath, "--enable-source-maps", ...loaded(imports), copy];
}

/** The same in a line, as one types it behind `--cmd`. */
export async function commandLine(main: string): Promise<string> {
  const words = (await command(main)).map((word) => `"${word}"`);
  return `${words.join(" ")} --port {port} {args}`;
}

/** How it is started so that it is translated anew each time. */
export function throughTsx(main: string, ...imports: string[]): string[] {
  return [process.execPath, ...loaded([import.meta.resolve("tsx"), ...imports]), main];
}

const loaded = (urls: readonly string[]) => urls.flatMap((url) => ["--import", url]);

interface Start {
  /** With a probe in its process. */
  readonly probe?: boolean;
  /** As `npm run chapter` starts it, so that this can be measured. */
  readonly tsx?: boolean;
}

/** The server of a chapter, or of a folder that is laid out like one. */
export function folder(path: string, { probe = false, tsx = false }: Start = {}): Target {
  const imports = probe ? [import.meta.resolve("./probe.mjs")] : [];
  const start = tsx ? throughTsx : command;
  return {
    probe,
    can: ["cli", "args", "web", "packets", ...seen],
    argv: async (port, options) => [
      ...(await start(`${path}/main.ts`, ...imports)),
      "--port",
      `${port}`,
      ...options,
    ],
    env: () => silent,
    announces: true,
  };
}

/** What a server of that chapter is told beside its port: from v10 on, it has one for HTTP; from v13 on, a file; from v15 on, a port for packets. */
export function ownOptions(
  chapter: string,
  webPort = 0,
  history = "none",
  packetPort = 0,
): string[] {
  return [
    ...(chapter < "v10" ? [] : ["--web-port", `${webPort}`]),
    ...(chapter < "v13" || history === "" ? [] : ["--history", history]),
    ...(chapter < "v15" ? [] : ["--packet-port", `${packetPort}`]),
  ];
}

export function chapter({ folder: name }: { readonly folder: string }, start?: Start): Target {
  return folder(fileURLToPath(new URL(`../../chapters/${name}`, import.meta.url)), start);
}

/**
 * Any program: `PORT={port} python3 server.py {args}`. Its words may be quoted, as in a shell, and
 * variables may stand before it.
 */
export function program(line: string): Target {
  const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
    word.replace(
      /"([^"]*)"|'([^']*)'/g,
      (_, double?: string, single?: string) => double ?? single ?? "",
    ),
  );
  const start = words.findIndex((word) => !/^\w+=/.test(word));
  const [variables, parts] = [words.slice(0, start), words.slice(start)];
  const can = seen.filter((need) => need !== "ulimit");
  return {
    can: line.includes("{args}") ? [...can, "args", "web", "packets"] : can,
    argv: (port, options) =>
      parts.flatMap((part) =>
        part === "{args}" ? options : [filled(part, port).replaceAll("{args}", options.join(" "))],
      ),
    env: (port) => ({
      ...java,
      ...Object.fromEntries(
        variables.map((word) => filled(word, port).split(/=(.*)/s).slice(0, 2)),
      ),
    }),
    announces: false,
  };
}

const filled = (text: string, port: number) => text.replaceAll("{port}", `${port}`);

/** A server that somebody else has started, and will end. */
export function running(host: string, port: number): Target {
  return { can: [], announces: false, address: { host, port } };
}

/** Below the ports that systems give to those who ask for any: until it is taken, no client may come from it. */
const PORTS = { from: 10_000, to: 32_000 };

/** A port on which nobody listens now. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.from + Math.floor(Math.random() * (PORTS.to - PORTS.from));
    const server = createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      ({ code }) => {
        if (code === "EADDRINUSE" || code === "EACCES") return false; // not to be had: another one, then
        throw new Error(`no port can be taken: ${code}`);
      },
    );
    if (!free) continue;
    server.close();
    await once(server, "close");
    return port;
  }
}
