/** `npm run student-edition -- FOLDER`: the course without its solutions, to be given to a class. */
import { existsSync, readdirSync } from "node:fs";
import { resolve, sep } from "node:path";
import { chapters } from "../chapters/manifest.ts";
import { command, Refusal } from "./lib/command.ts";
import { layEdition } from "./lib/edition/edition.ts";
import { chapterOf } from "./lib/find.ts";
import { root } from "./lib/root.ts";

const HELP = `npm run student-edition -- FOLDER    copies the course to FOLDER, without its solutions
  --until v05    the next exercise of the class is v05: the copy has the code and the guides of the chapters
                 before it (v01)`;

await command(
  {
    command: "npm run student-edition",
    help: HELP,
    names: [1, 1],
    options: { until: { type: "string", default: "v01" } },
  },
  ({ until }, [folder = ""]) => {
    const next = chapterOf(until);
    const to = resolve(folder);
    if (`${to}${sep}`.startsWith(root))
      throw new Refusal(`${to} is inside the course: name a folder outside it`);
    if (existsSync(to) && readdirSync(to).length > 0) throw new Refusal(`${to} is not empty`);
    layEdition(to, next);
    const before = chapters.slice(0, chapters.indexOf(next)).map(({ id }) => id);
    console.log(`${to} contains the course without its solutions`);
    console.log(
      `chapters that can be read: ${before.join(" ") || "none"}; the next exercise: ${next.id}`,
    );
  },
);
