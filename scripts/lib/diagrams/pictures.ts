/** Plays every scene of every chapter, and draws what was seen. */
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { Refusal } from "../command.ts";
import { ClientStage, clientScenes } from "./client-scenes.ts";
import { edge, named, sequence, signature, stateDiagram, taskEdges, taskMap } from "./draw.ts";
import type { Move, Observer, Step, Wait } from "./observe.ts";
import { type Scene, Stage, scenes } from "./scenarios.ts";

const MOST_ARROWS = 25;
const SERVER = /^(server|user|room|connection|channel|lines|tasks)\.ts$/;

/** The pictures of one chapter by id, as Mermaid text, and what to compare the next chapter's with. */
export interface Pictures {
  readonly texts: ReadonlyMap<string, string>;
  readonly signatures: ReadonlyMap<string, ReadonlySet<string>>;
  readonly edges: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
}

interface AnyStage {
  readonly observer: Observer;
  readonly names: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** What is drawn, and from which scenes. */
interface Programme<S extends AnyStage> {
  readonly scenes: readonly Scene<S>[];
  open(chapter: Chapter, scene: Scene<S>): Promise<S>;
  /** The ids of the two pictures that all scenes together give. */
  readonly states: string;
  readonly tasks: string;
}

const ofTheServer: Programme<Stage> = {
  scenes,
  open: Stage.open,
  states: "states",
  tasks: "tasks",
};
const ofTheClient: Programme<ClientStage> = {
  scenes: clientScenes,
  open: ClientStage.open,
  states: "link",
  tasks: "client-tasks",
};

/** Every picture there is, by chapter. A chapter has those of what it changes: the server or the client. */
export async function drawAll(): Promise<Map<string, Pictures>> {
  const client = chapters.filter(({ changes }) => "chat.ts" in changes);
  const all = await Promise.all([
    drawInTurn(chapters.filter(changesTheServer), ofTheServer),
    drawInTurn(client, ofTheClient),
  ]);
  return new Map(all.flat());
}

const changesTheServer = ({ changes }: Chapter) =>
  Object.keys(changes).some((file) => SERVER.test(file));

async function drawInTurn<S extends AnyStage>(
  course: readonly Chapter[],
  programme: Programme<S>,
): Promise<(readonly [string, Pictures])[]> {
  const all: (readonly [string, Pictures])[] = [];
  for (const chapter of course) {
    all.push([chapter.id, await draw(chapter, programme, all.at(-1)?.[1])]);
  }
  return all;
}

async function draw<S extends AnyStage>(
  chapter: Chapter,
  programme: Programme<S>,
  before: Pictures | undefined,
): Promise<Pictures> {
  const { id } = chapter;
  const texts = new Map<string, string>();
  const signatures = new Map<string, Set<string>>();
  const moves: Move[] = [];
  const tasks = new Set<string>();
  for (const scene of programme.scenes) {
    if (id < scene.since || (scene.until ?? "v99") < id) continue;
    const seen = await play(await programme.open(chapter, scene), scene);
    const arrows = seen.steps.length;
    if (arrows > MOST_ARROWS) {
      throw new Refusal(`${id} ${scene.id}: ${arrows} arrows, ${MOST_ARROWS} at most`);
    }
    texts.set(scene.id, sequence(seen.steps, before?.signatures.get(scene.id)));
    signatures.set(scene.id, new Set(seen.steps.map(signature)));
    moves.push(...seen.moves);
    for (const each of taskEdges(seen.all, seen.waits, seen.ends)) tasks.add(each);
  }
  texts.set(programme.states, stateDiagram(moves, before?.edges ?? new Set()));
  texts.set(programme.tasks, taskMap([...tasks].sort(), before?.tasks ?? new Set()));
  return { texts, signatures, edges: new Set(moves.map(edge)), tasks };
}

interface Seen {
  readonly steps: Step[];
  readonly moves: Move[];
  /** One step of each kind, whether it is in the picture or not. */
  readonly all: Step[];
  readonly waits: Wait[];
  readonly ends: Wait[];
}

async function play<S extends AnyStage>(stage: S, scene: Scene<S>): Promise<Seen> {
  const { observer, names } = stage;
  try {
    await scene.play(stage);
    const seen = { steps: named(observer.steps, names), moves: named(observer.moves, names) };
    await stage.close(); // only what ends a task is of interest in this
    return {
      ...seen,
      all: named([...observer.kinds.values()], names),
      waits: named(observer.waits, names),
      ends: named(observer.ends, names),
    };
  } finally {
    observer.unwatch();
  }
}
