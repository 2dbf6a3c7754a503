/** `npm run diagrams [-- --check]`: draws every picture of the guides from real runs. */
import { readFileSync, writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { type Chapter, chapters } from "../chapters/manifest.ts";
import {
  edge,
  named,
  sequence,
  signature,
  stateDiagram,
  taskEdges,
  taskMap,
} from "./diagrams/draw.ts";
import { guides, renew, Unfit } from "./diagrams/guides.ts";
import type { Move, Step, Wait } from "./diagrams/observe.ts";
import { type Scene, Stage, scenes } from "./diagrams/scenarios.ts";
import { record } from "./diagrams/transcripts.ts";

const MOST_ARROWS = 25;
const SERVER = /^(server|user|room|connection|channel|lines|tasks)\.ts$/;

interface Seen {
  readonly steps: Step[];
  readonly waits: Wait[];
  readonly ends: Wait[];
  readonly moves: Move[];
}

/** The pictures of one chapter by id, as Mermaid text, and what to compare the next chapter's with. */
export interface Pictures {
  readonly texts: Map<string, string>;
  readonly signatures: Map<string, Set<string>>;
  /** What each terminal of the guide's transcript shows. */
  readonly terminals: Map<number, string>;
  readonly edges: Set<string>;
  readonly tasks: Set<string>;
}

export function scenesOf({ id }: Chapter): Scene[] {
  return scenes.filter(({ since, until = "v99" }) => since <= id && id <= until);
}

async function play(chapter: Chapter, scene: Scene): Promise<Seen & { all: Step[] }> {
  const stage = await Stage.open(chapter);
  try {
    await scene.play(stage);
    const { steps, moves, waits, ends } = stage.observer;
    const seen = { steps: named(steps, stage.names), moves: named(moves, stage.names) };
    await stage.close(); // only what ends a task is of interest in this
    return {
      ...seen,
      all: named([...stage.observer.kinds.values()], stage.names),
      waits: named(waits, stage.names),
      ends: named(ends, stage.names),
    };
  } finally {
    stage.observer.unwatch();
  }
}

async function draw(chapter: Chapter, before: Pictures | undefined): Promise<Pictures> {
  const texts = new Map<string, string>();
  const signatures = new Map<string, Set<string>>();
  const moves: Move[] = [];
  const tasks = new Set<string>();
  for (const scene of scenesOf(chapter)) {
    const seen = await play(chapter, scene);
    if (seen.steps.length > MOST_ARROWS) {
      throw new Unfit(
        `${chapter.id} ${scene.id}: ${seen.steps.length} arrows, ${MOST_ARROWS} at most`,
      );
    }
    texts.set(scene.id, sequence(seen.steps, before?.signatures.get(scene.id)));
    signatures.set(scene.id, new Set(seen.steps.map(signature)));
    moves.push(...seen.moves);
    for (const each of taskEdges(seen.all, seen.waits, seen.ends)) tasks.add(each);
  }
  texts.set("states", stateDiagram(moves, before?.edges ?? new Set()));
  texts.set("tasks", taskMap([...tasks].sort(), before?.tasks ?? new Set()));
  const terminals = await record(chapter);
  return { texts, signatures, terminals, edges: new Set(moves.map(edge)), tasks };
}

/** Every picture there is: by chapter, then by id. A chapter with the server of the one before has none. */
async function drawAll(): Promise<Map<string, Pictures>> {
  const all = new Map<string, Pictures>();
  let before: Pictures | undefined;
  for (const chapter of chapters.filter(({ changes }) =>
    Object.keys(changes).some((file) => SERVER.test(file)),
  )) {
    before = await draw(chapter, before);
    all.set(chapter.id, before);
  }
  return all;
}

const check = process.argv.includes("--check");
try {
  bringUpToDate(await drawAll());
} catch (error) {
  if (!(error instanceof Unfit)) throw error; // a fault of ours: the stack says where
  console.error(error.message);
  process.exitCode = 1;
}

function bringUpToDate(pictures: ReadonlyMap<string, Pictures>): void {
  const drift = guides().flatMap((guide) => {
    const before = readFileSync(guide.path, "utf8");
    const after = renew(before, guide, pictures);
    if (before === after) return [];
    if (!check) writeFileSync(guide.path, after);
    return [createTwoFilesPatch(guide.name, guide.name, before, after, "as it is", "as observed")];
  });
  if (!check) console.log(`${drift.length} guides brought up to date`);
  else if (drift.length === 0) console.log("every picture and snippet is as observed");
  else {
    for (const patch of drift) console.log(patch);
    console.error(
      `${drift.length} guides are not what the code does; to mend them: npm run diagrams`,
    );
    process.exitCode = 1;
  }
}
