/** `npm run progress`: how far one has come; `--skip v05`, `--reset v05` and `--reset all` change it. */
import { chapters } from "../chapters/manifest.ts";
import { extras } from "../extras/index.ts";
import { command } from "./lib/command.ts";
import { count } from "./lib/count.ts";
import { forget, note, type Progress, read } from "./lib/learn/progress.ts";
import { subject } from "./lib/learn/subject.ts";

const HELP = `npm run progress    shows how far you have come (exercises/progress.txt)
  --skip v05        note that you skip v05 (none)
  --reset v05       forget what is noted of v05; --reset all forgets everything (none)`;

const options = { skip: { type: "string" }, reset: { type: "string" } } as const;

await command({ command: "npm run progress", help: HELP, options }, async ({ skip, reset }) => {
  if (skip !== undefined) {
    const { id } = await subject(skip);
    note(id, { skipped: true });
    console.log(`${id} is now noted as skipped\n`);
  }
  if (reset !== undefined) {
    const id = reset === "all" ? undefined : (await subject(reset)).id;
    forget(id);
    console.log(`the notes about ${id ?? "all exercises"} are deleted; your code is not changed\n`);
  }
  const all = read();
  for (const { id, title } of [...chapters, ...extras])
    console.log(`${id.padEnd(10)} ${title.padEnd(20)} ${state(all.get(id))}`.trimEnd());
});

function state(progress: Progress | undefined): string {
  if (!progress) return "";
  const { begun, passed, elsewhere, skipped, hints = 0 } = progress;
  const how = [
    passed && `passed on ${passed}`,
    elsewhere && `another server passed on ${elsewhere}`,
    skipped && "skipped",
    begun !== undefined && "begun",
  ].find(Boolean);
  const helped = hints > 0 ? `, ${count(hints, "hint")}` : "";
  return ((how || "") + helped).replace(/^, /, "");
}
