/** `npm run new-chapter v10-name`: lays the next chapter, as a copy of the last one with everything still to be written. */
import { command } from "./lib/command.ts";
import { newChapter } from "./lib/new-chapter/new-chapter.ts";
import { root } from "./lib/root.ts";

const HELP = `npm run new-chapter v10-name    makes the chapter as a copy of the last one, and adds it to all lists of chapters`;

await command({ command: "npm run new-chapter", help: HELP, names: [1, 1] }, (_, [name = ""]) => {
  for (const line of newChapter(root, name)) console.log(line);
});
