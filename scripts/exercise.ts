/** `npm run exercise v05`: lays the code of the chapter before, the task, and a first check. */
import { command, Refusal } from "./lib/command.ts";
import { beginning, firstCheck, lay, putAside } from "./lib/learn/exercise.ts";
import { note } from "./lib/learn/progress.ts";
import { begun, subject } from "./lib/learn/subject.ts";

const HELP = `npm run exercise v05    lays what you begin with in exercises/v05, and the task: your own v04 if
                        it has passed, else the course's
  --fresh               the course's v04 in any case (off)
  --again               begins anew: what is there is put aside, and laid again (off)
npm run mine v05        runs it, so that you can chat with it`;

const options = { again: { type: "boolean" }, fresh: { type: "boolean", default: false } } as const;

await command(
  { command: "npm run exercise", help: HELP, names: [1, 1], options },
  async ({ again, fresh }, [name = ""]) => {
    const what = await subject(name);
    const { id } = what;
    if (begun(what) && !again)
      throw new Refusal(
        `exercises/${id} is there already: npm run exercise ${id} -- --again puts it aside and begins anew`,
      );
    const base = await beginning(what, fresh);
    const aside = putAside(what);
    if (aside) console.log(`what was there is now in ${aside}`);
    const laid = lay(what, base);
    note(id, { begun: laid, passed: undefined, skipped: false });
    console.log(`exercises/${id} holds ${base.words},\nand the task: EXERCISE.md\n`);
    console.log(`${await firstCheck(what, base)}

npm run mine ${id}       ${what.client ? "runs your client" : "runs your server"}, to be tried by hand
npm run check ${id}      holds it against all cases, up to the first that fails
npm run watch ${id}      does so at every save
npm run hint ${id}       gives one hint, and the next time a nearer one`);
  },
);
