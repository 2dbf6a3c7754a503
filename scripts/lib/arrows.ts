/** Who imports whom: what CONTRIBUTING.md draws, and what the code does. */
import { dirname, join } from "node:path/posix";
import { imports } from "./source.ts";

/** From a name, to the names that it leads to. */
export type Arrows = ReadonlyMap<string, ReadonlySet<string>>;

/** The boxes of a Mermaid flowchart by their ids, each a folder, and the arrows between the folders. */
export function drawn(markdown: string): { folders: readonly string[]; arrows: Arrows } {
  const chart = /```mermaid\nflowchart.*?\n(.*?)```/s.exec(markdown)?.[1] ?? "";
  const boxes = new Map(
    [...chart.matchAll(/^ *(\w+)\["(\S+?)(?:<br\/>.*?)?"\]$/gm)].map(([, id = "", path = ""]) => [
      id,
      path,
    ]),
  );
  const arrows = new Map<string, Set<string>>();
  for (const [, from = "", to = ""] of chart.matchAll(/^ *([\w &]+) --> ([\w &]+)$/gm)) {
    for (const one of from.split(" & ")) {
      for (const other of to.split(" & "))
        add(arrows, boxes.get(one) ?? one, boxes.get(other) ?? other);
    }
  }
  return { folders: [...boxes.values()], arrows };
}

/** The files that each file imports, by their paths from the root; `texts` has all files there are. */
export function importsOf(texts: ReadonlyMap<string, string>): Arrows {
  const found = new Map<string, Set<string>>();
  for (const [file, text] of texts) {
    for (const name of imports(text).filter((each) => each.startsWith(".")))
      add(found, file, join(dirname(file), name));
  }
  return found;
}

/** The same arrows between whatever `of` makes of their ends; one that stays inside is none. */
export function between(arrows: Arrows, of: (name: string) => string): Arrows {
  const found = new Map<string, Set<string>>();
  for (const [from, all] of arrows) {
    for (const to of all) if (of(from) !== of(to)) add(found, of(from), of(to));
  }
  return found;
}

/** The box that a file is in: the innermost folder. `scripts/lib/*` is any folder in that one. */
export function boxOf(file: string, folders: readonly string[]): string {
  const within = (folder: string) =>
    folder.endsWith("/*")
      ? file.slice(folder.length - 1).includes("/") && file.startsWith(folder.slice(0, -1))
      : file.startsWith(`${folder}/`);
  const [innermost] = folders.filter(within).sort((a, b) => b.length - a.length);
  return innermost ?? `${file}, which is in no box`;
}

/** The first circle there is: `a → b → a`. */
export function circle(arrows: Arrows): string | undefined {
  const done = new Set<string>();
  const walk = (name: string, path: readonly string[]): string | undefined => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name].join(" → ");
    if (done.has(name)) return undefined;
    for (const next of arrows.get(name) ?? []) {
      const found = walk(next, [...path, name]);
      if (found) return found;
    }
    done.add(name);
    return undefined;
  };
  for (const name of arrows.keys()) {
    const found = walk(name, []);
    if (found) return found;
  }
  return undefined;
}

/** Those that no path of the drawing leads along, as lines: `a → b`. */
export function against(drawing: Arrows, arrows: Arrows): string[] {
  const reached = (from: string): string[] =>
    [...(drawing.get(from) ?? [])].flatMap((next) => [next, ...reached(next)]);
  return [...arrows].flatMap(([from, all]) => {
    const below = new Set(reached(from));
    return [...all].filter((to) => !below.has(to)).map((to) => `${from} → ${to}`);
  });
}

function add(arrows: Map<string, Set<string>>, from: string, to: string): void {
  arrows.set(from, (arrows.get(from) ?? new Set()).add(to));
}
