/** What a new chapter begins with: its cases and its guide, with everything still to be written. */
import type { Chapter } from "../../../chapters/manifest.ts";
import { applies } from "../../../test/harness/case.ts";
import { scenes } from "../diagrams/scenarios.ts";
import { version } from "../find.ts";

/** One case, which is red until it is written. */
export function cases(id: string): string {
  return `/** From ${id} on: to be written. */
import type { Case } from "../harness/case.ts";

export const ${id}: Case[] = [
  {
    // Red as it should be: nothing keeps this promise. Put the chapter's own in its place.
    id: "${id}/to-be-written",
    since: "${id}",
    clause: "to be written: what a client can rely on from ${id} on",
    async run(server) {
      const [alice] = await server.join();
      alice.send("what ${id} is asked");
      await alice.expect("what ${id} answers");
    },
  },
];
`;
}

/** The sections of every guide. A picture or terminal is filled once its markers stand on two lines. */
export function guide(chapter: Chapter, last: Chapter): string {
  const { id, title } = chapter;
  const own = scenes.filter((scene) => applies(scene, id));
  const pictures = [...own.map((scene) => scene.id), "states", "tasks"];
  const markers = pictures.map((each) => `<!-- picture ${each} --> <!-- /picture -->`);
  return `# ${version(chapter)} ${title[0]?.toUpperCase()}${title.slice(1)}

To be written: what a user can do now and could not do before, and what the reader learns by it.

## Run it, and try it

\`\`\`sh
npm run chapter ${id}
\`\`\`

To be written: who types what, in \`scripts/lib/diagrams/talks.txt\`. Then part these two markers by a line break, and
\`npm run diagrams\` puts in between what the terminal shows.

<!-- terminal 2 --> <!-- /terminal -->

Things to try:

1. **To be written.** The nasty one, too.

## How it works, file by file

To be written: the files of \`npm run diff ${id}\`, in the order in which they are best read, with the lines that matter.

## The same in pictures

Drawn from real runs. \`✚\` marks what the chapter before did not have.

To be written: the chapter's own scene, in \`scripts/lib/diagrams/scenarios.ts\`. As soon as the manifest names a file of
the server that ${id} changes, part the markers of each picture by a line break, and \`npm run diagrams\` draws it.
A chapter that leaves the server as it was has no pictures: take this section out.

${markers.join("\n\n")}

## The same thing in Go terms

| in Go | here | |
|---|---|---|
| to be written | | |

## Where the original breaks

| what was written | how it breaks | what we do | held by |
|---|---|---|---|
| to be written | | | \`${id}/to-be-written\` |

## What to try next

1. To be written.

## What you should be able to do now

- To be written: three to five lines.

## Test yourself

**1. To be written: three questions.**

<details><summary>Answer</summary>

To be written.

</details>

[${last.id}](../${last.folder}/README.md)
`;
}
