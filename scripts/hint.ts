/** `npm run hint v05`: one hint more, from a question that points the way to almost the code. */
import { readFileSync } from "node:fs";
import { command } from "./lib/command.ts";
import { note, of } from "./lib/learn/progress.ts";
import { subject, task } from "./lib/learn/subject.ts";

const HELP = `npm run hint v05    gives a hint for the exercise v05; the next time, a hint that says more
  --again           begin again with the first hint (off)`;

const options = { again: { type: "boolean" } } as const;

await command(
  { command: "npm run hint", help: HELP, names: [1, 1], options },
  async ({ again }, [name = ""]) => {
    const { id, text } = await subject(name);
    const { hints } = task(readFileSync(text, "utf8"));
    const { hints: most = 0, hint = most } = of(id);
    const next = again ? 1 : hint + 1;
    const shown = Math.min(next, hints.length);
    console.log(`hint ${shown} of ${hints.length}\n\n${hints[shown - 1]}\n`);
    if (next > hints.length)
      return console.log(
        `This is the last hint; there are no more. The first hint again: npm run hint ${id} -- --again. The solution: npm run solution ${id} -- --anyway`,
      );
    note(id, { hint: shown, hints: Math.max(shown, most) });
    if (shown < hints.length) console.log(`the next hint:        npm run hint ${id}`);
    if (shown > 1) console.log(`the first hint again: npm run hint ${id} -- --again`);
  },
);
