/** `npm run exercise v05`: lays the code of the chapter before, the task, and a first check. */
import { command, Refusal } from "./lib/command.ts";
import { beginning, firstCheck, lay, putAside } from "./lib/learn/exercise.ts";
import { note } from "./lib/learn/progress.ts";
import { begun, subject } from "./lib/learn/subject.ts";

const HELP = `npm run exercise v05    makes exercises/v05: the task, and the code that you begin with. This is your
                        own v04 if it has passed, else the course's v04
  --fresh               begin with the course's v04, even if your own has passed (off)
  --again               begin again: the folder that is there gets another name (off)
npm run mine v05        runs your server, so that you can chat with it`;

const options = { again: { type: "boolean" }, fresh: { type: "boolean", default: false } } as const;

await command(
  { command: "npm run exercise", help: HELP, names: [1, 1], options },
  async ({ again, fresh }, [name = ""]) => {
    const what = await subject(name);
    const { id } = what;
    if (begun(what) && !again)
      throw new Refusal(
        `exercises/${id} exists already; to keep it under another name and begin again: npm run exercise ${id} -- --again`,
      );
    const base = await beginning(what, fresh);
    const aside = putAside(what);
    if (aside) console.log(`your earlier work is now in ${aside}`);
    const laid = lay(what, base);
    note(id, { begun: laid, passed: undefined, skipped: false });
    console.log(`exercises/${id} contains ${base.words},\nand the task: EXERCISE.md\n`);
    console.log(`${await firstCheck(what, base)}

npm run mine ${id}       ${what.client ? "runs your client" : "runs your server"}, so that you can try it
npm run check ${id}      runs all cases against it, up to the first that fails
npm run watch ${id}      does the same each time you save a file
npm run hint ${id}       gives a hint; the next time, a hint that says more`);
  },
);
