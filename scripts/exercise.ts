/** `npm run exercise v05`: lays the code of the chapter before, the task, and a first check. */
import { command, Refusal } from "./lib/command.ts";
import { mustBeHere } from "./lib/held-back.ts";
import { firstCheck, lay, putAside } from "./lib/learn/exercise.ts";
import { note } from "./lib/learn/progress.ts";
import { begun, subject } from "./lib/learn/subject.ts";
import { root } from "./lib/root.ts";

const HELP = `npm run exercise v05    lays what you begin with in exercises/v05: the code of v04, and the task
  --again               puts aside what is there, and begins anew (off)`;

const options = { again: { type: "boolean" } } as const;

await command(
  { command: "npm run exercise", help: HELP, names: [1, 1], options },
  async ({ again }, [name = ""]) => {
    const what = await subject(name);
    const { id, base } = what;
    if (begun(what) && !again)
      throw new Refusal(
        `exercises/${id} is there already: npm run exercise ${id} -- --again puts it aside and begins anew`,
      );
    if (base) mustBeHere(`${root}chapters/${base.folder}`);
    const aside = putAside(what);
    if (aside) console.log(`what was there is now in ${aside}`);
    lay(what);
    note(id, { begun: true, passed: undefined, skipped: false });
    const laid = base ? `the code of ${base.id}` : "what is given";
    console.log(`exercises/${id} holds ${laid}, and the task: EXERCISE.md\n`);
    console.log(`${await firstCheck(what)}

npm run check ${id}      holds it against all cases, up to the first that fails
npm run watch ${id}      does so at every save
npm run hint ${id}       gives one hint, and the next time a nearer one`);
  },
);
