/** `npm run mine v05 -- --port 9000`: runs one's own server of an exercise, so that one can chat with it. */
import { existsSync } from "node:fs";
import { extras } from "../extras/index.ts";
import { command, Refusal } from "./lib/command.ts";
import { serve, start } from "./lib/learn/serve.ts";
import { begun, nothingYet, type Subject, subject } from "./lib/learn/subject.ts";
import { CLIENT_OPTIONS, howToTalk, SERVER_OPTIONS } from "./lib/talk.ts";

const HELP = `npm run mine v05                    runs your own server, exercises/v05 (npm run exercise v05 makes it)
npm run mine v05 -- --port 9000     gives your server the options that come after --
npm run mine v09 -- --port 9000     runs your own client; start a server first, in another terminal: npm run mine v08, or npm run chapter v08`;

const extraOptions = extras.flatMap(({ options = [] }) => options.map((each) => each.slice(2)));
const passesOn = [...new Set([...SERVER_OPTIONS, ...CLIENT_OPTIONS, ...extraOptions])];

await command(
  { command: "npm run mine", help: HELP, names: [1, 1], passesOn },
  async (_, [name = ""], options) => {
    const what = await subject(name);
    if (!begun(what)) throw nothingYet(what);
    if (what.client) return await startClient(what, options);
    const intro = `your own ${what.title}, from exercises/${what.id}`;
    await serve(what.exercise, options, `${intro}\n${howToTalk(options, what.chapter)}`);
  },
);

async function startClient({ id, exercise }: Subject, options: readonly string[]): Promise<void> {
  const main = `${exercise}/client/main.ts`;
  if (!existsSync(main))
    throw new Refusal(
      `there is no client/main.ts in exercises/${id} yet: you write it; EXERCISE.md says how`,
    );
  await start(main, options);
}
