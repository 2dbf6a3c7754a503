/** The conversations that the guides and the README show, from talks.txt, which says how they are written. */
import { readFileSync } from "node:fs";
import { Refusal } from "../command.ts";

const DOES =
  /^ {2}(\d) (runs nc|runs the client|runs node|pipes|types|half types|sends|ends its side|sees|stays until|Ctrl\+C|is killed|starts again)(?: (.*))?$/;

/** What happens at a terminal. */
export interface Event {
  readonly terminal: number;
  readonly does: string;
  readonly what: string;
}

export interface Talk {
  /** The id of the chapter whose server it is, and whose client. */
  readonly chapter: string;
  /** 300, if not said otherwise. */
  readonly idleSeconds: number | undefined;
  readonly events: readonly Event[];
}

/** By name. Throws a {@link Refusal} of a line that says nothing that can be done. */
export function readTalks(
  text = readFileSync(new URL("talks.txt", import.meta.url), "utf8"),
): Map<string, Talk> {
  const talks = new Map<string, Talk>();
  for (const paragraph of text.trimEnd().split("\n\n")) {
    const [head = "", ...lines] = paragraph.split("\n");
    const [, names, on, idle] =
      /^([a-z\d/ ]+?)(?: on (v\d\d))?(?: --idle-timeout (\d+))?$/.exec(head) ?? [];
    if (names === undefined) continue; // how talks are written
    const events = lines.map((line) => {
      const [, terminal, does = "", what = ""] = DOES.exec(line) ?? [];
      if (terminal === undefined) throw new Refusal(`talks.txt: nobody can do this: ${line}`);
      return { terminal: Number(terminal), does, what };
    });
    for (const name of names.split(" ")) {
      const chapter = on ?? name.replace(/\/.*/, "");
      talks.set(name, { chapter, idleSeconds: idle ? Number(idle) : undefined, events });
    }
  }
  return talks;
}
