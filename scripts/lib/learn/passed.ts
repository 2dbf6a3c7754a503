/** What a check that is green comes to: it is noted, and the next step named. */
import { existsSync } from "node:fs";
import { chapters } from "../../../chapters/manifest.ts";
import { extras } from "../../../extras/index.ts";
import { inOneLine } from "../command.ts";
import { isHeldBack } from "../held-back.ts";
import { root } from "../root.ts";
import { untouched } from "./exercise.ts";
import { note, today } from "./progress.ts";
import { type Subject, solutionOf } from "./subject.ts";

/** `elsewhere`: it is a server in another language, and not the one in exercises/. Gives what there is to say. */
export function passed(what: Subject, elsewhere: boolean): string {
  const { id } = what;
  if (!elsewhere && untouched(what))
    return `you have changed nothing in exercises/${id} yet, so this does not count as passed: read the task in EXERCISE.md`;
  return [`${id} has passed${noted(id, elsewhere)}`, ...next(what)].join("\n");
}

/** The verdict holds, also where nothing can be written. */
function noted(id: string, elsewhere: boolean): string {
  const day = { [elsewhere ? "elsewhere" : "passed"]: today() };
  try {
    note(id, { ...day, skipped: false });
    return "; this is noted (npm run progress shows it)";
  } catch (error) {
    const line = inOneLine(error);
    if (line === undefined) throw error;
    return `, but this could not be noted: ${line}`;
  }
}

function next(what: Subject): string[] {
  const { id, chapter, extra } = what;
  const guide = `chapters/${chapter.folder}/README.md`;
  const all = [...chapters, ...extras].map((each) => each.id);
  const following = all[all.indexOf(id) + 1];
  return [
    ...(isHeldBack(solutionOf(what)) ? [] : [`how we did it:  npm run solution ${id}`]),
    ...(!extra && existsSync(root + guide) ? [`and why:        ${guide}`] : []),
    ...(following ? [`what is next:   npm run exercise ${following}`] : []),
  ];
}
