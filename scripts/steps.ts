/** `npm run steps`: how far each chapter is from the one before, and whether that is what the manifest says. */
import { command } from "./lib/command.ts";
import { root } from "./lib/root.ts";
import { measure, type Step } from "./lib/steps.ts";

const HELP = `npm run steps    shows how many code lines each chapter changes, and in which files; exit code 1
                 if chapters/manifest.ts says something else, or if its limit (cap) is passed`;

await command({ command: "npm run steps", help: HELP }, () => {
  const steps = measure(`${root}chapters`);
  print(steps);
  const broken = steps.flatMap((step) => step.broken);
  for (const line of broken) console.error(line);
  process.exitCode = broken.length > 0 ? 1 : 0;
});

function print(steps: readonly Step[]): void {
  const row = (...[id, diff, changed, cap, lines, files]: string[]) =>
    [
      id?.padEnd(5),
      diff?.padEnd(11),
      changed?.padStart(7),
      cap?.padStart(5),
      lines?.padStart(7),
      ` ${files}`,
    ].join(" ");
  console.log(row("", "code lines", "changed", "cap", "in all", "files that differ"));
  for (const { chapter, added, removed, changed, lines, changes } of steps) {
    const diff = `+${added} -${removed}`;
    console.log(
      row(chapter.id, diff, `${changed}`, `${chapter.cap}`, `${lines}`, changes.join(" ")),
    );
  }
}
