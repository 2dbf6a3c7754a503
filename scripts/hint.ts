/** `npm run hint v05`: one hint more, from a question that points the way to almost the code. */
import { readFileSync } from "node:fs";
import { note, of } from "./lib/learn/progress.ts";
import { subject, task } from "./lib/learn/subject.ts";
import { fail, options } from "./lib/options.ts";

const { values, positionals } = options("npm run hint v05", {
  allowPositionals: true,
  options: { again: { type: "boolean", default: false } },
});
const [name] = positionals;
const what = await subject(name ?? fail("a hint for what? For example: npm run hint v05"));
const { hints } = task(readFileSync(what.text, "utf8"));
const before = of(what.id).hints;
const next = values.again ? before : before + 1;
const shown = Math.min(Math.max(next, 1), hints.length);

console.log(`hint ${shown} of ${hints.length}\n\n${hints[shown - 1]}\n`);
if (next > hints.length) {
  console.log(
    `That was the last one already. npm run solution ${what.id} -- --anyway shows the solution.`,
  );
} else {
  note(what.id, { hints: shown });
  const more = shown < hints.length ? `the next one: npm run hint ${what.id}; ` : "";
  console.log(`${more}this one again: npm run hint ${what.id} -- --again`);
}
