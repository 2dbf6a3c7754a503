/** `npm run progress`: how far one has come; `--skip v05`, `--reset v05` and `--reset all` change it. */
import { chapters } from "../chapters/manifest.ts";
import { extras } from "../extras/index.ts";
import { forget, note, type Progress, read } from "./lib/learn/progress.ts";
import { subject } from "./lib/learn/subject.ts";
import { options } from "./lib/options.ts";

const { values } = options("npm run progress", {
  options: { skip: { type: "string" }, reset: { type: "string" } },
});
if (values.skip !== undefined) note((await subject(values.skip)).id, { skipped: true });
if (values.reset === "all") forget();
else if (values.reset !== undefined) forget((await subject(values.reset)).id);

const all = read();
for (const { id, title } of [...chapters, ...extras]) row(id, title);

function row(id: string, title: string): void {
  console.log(`${id.padEnd(10)} ${title.padEnd(20)} ${state(all.get(id))}`.trimEnd());
}

function state(progress: Progress | undefined): string {
  if (!progress) return "";
  const { begun, passed, skipped, hints } = progress;
  const how = passed ? `passed on ${passed}` : skipped ? "skipped" : begun ? "begun" : "";
  const helped = hints > 0 ? `, ${hints} ${hints === 1 ? "hint" : "hints"}` : "";
  return (how + helped).replace(/^, /, "");
}
