/** Plays every scene of every chapter, and draws what was seen. */
import { type Chapter, chapters } from "../../../chapters/manifest.ts";
import { applies } from "../../../test/harness/case.ts";
import { Refusal } from "../command.ts";
import { edge, named, sequence, signature, stateDiagram, taskEdges, taskMap } from "./draw.ts";
import { drawNodes, FIRST } from "./nodes.ts";
import type { Move, Observer } from "./observe.ts";
import { ClientObserver } from "./observe-client.ts";
import { PacketObserver } from "./observe-packets.ts";
import { ServerObserver } from "./observe-server.ts";
import { packetScenes } from "./packet-scenes.ts";
import { clientScenes, type Scene, scenes } from "./scenarios.ts";
import { Stage } from "./stage.ts";

const MOST_ARROWS = 25;
const SERVER = /^(server|user|room|connection|channel|lines|tasks)\.ts$/;

/** The pictures of one chapter by id, as Mermaid text, and what to compare the next chapter's with. */
export interface Pictures {
  readonly texts: ReadonlyMap<string, string>;
  readonly signatures: ReadonlyMap<string, ReadonlySet<string>>;
  readonly edges: ReadonlySet<string>;
  readonly tasks: ReadonlySet<string>;
}

/** What is watched, in which chapters and scenes, and the ids of the pictures that all of them together give. */
interface Programme {
  readonly observer: () => Observer;
  readonly isIn: (chapter: Chapter) => boolean;
  readonly scenes: readonly Scene[];
  readonly states: string;
  readonly tasks?: string;
}

/** A chapter has the pictures of what it changes: the server or the client. */
const PROGRAMMES: readonly Programme[] = [
  {
    observer: () => new ServerObserver(),
    isIn: ({ changes }) => Object.keys(changes).some((file) => SERVER.test(file)),
    scenes,
    states: "states",
    tasks: "tasks",
  },
  {
    observer: () => new ClientObserver(),
    isIn: ({ changes }) => "client/chat.ts" in changes,
    scenes: clientScenes,
    states: "link",
    tasks: "client-tasks",
  },
  {
    observer: () => new PacketObserver(),
    isIn: ({ changes }) => "packets.ts" in changes,
    scenes: packetScenes,
    states: "phases",
  },
];

/** Every picture there is, by chapter. */
export async function drawAll(): Promise<Map<string, Pictures>> {
  const none = { signatures: new Map(), edges: new Set<string>(), tasks: new Set<string>() };
  const nodes: [string, Pictures] = [FIRST, { texts: await drawNodes(), ...none }];
  const drawn = [nodes, ...(await Promise.all(PROGRAMMES.map(drawInTurn))).flat()];
  const all = new Map<string, Pictures>();
  for (const [id, pictures] of drawn) {
    const texts = [...(all.get(id)?.texts ?? []), ...pictures.texts]; // of one that changes both
    all.set(id, { ...pictures, texts: new Map(texts) });
  }
  return all;
}

async function drawInTurn(programme: Programme): Promise<[string, Pictures][]> {
  const all: [string, Pictures][] = [];
  for (const chapter of chapters.filter(programme.isIn))
    all.push([chapter.id, await draw(chapter, programme, all.at(-1)?.[1])]);
  return all;
}

async function draw(
  { id, folder }: Chapter,
  programme: Programme,
  before: Pictures | undefined,
): Promise<Pictures> {
  const texts = new Map<string, string>();
  const signatures = new Map<string, Set<string>>();
  const moves: Move[] = [];
  const tasks = new Set<string>();
  for (const scene of programme.scenes.filter((each) => applies(each, id))) {
    const stage = await Stage.open(programme.observer(), folder, scene);
    const seen = await play(stage, scene);
    const arrows = seen.steps.length;
    if (arrows > MOST_ARROWS)
      throw new Refusal(`${id} ${scene.id}: ${arrows} arrows, ${MOST_ARROWS} at most`);
    texts.set(scene.id, sequence(seen.steps, before?.signatures.get(scene.id)));
    signatures.set(scene.id, new Set(seen.steps.map(signature)));
    moves.push(...seen.moves);
    for (const each of seen.tasks) tasks.add(each);
  }
  texts.set(programme.states, stateDiagram(moves, before?.edges ?? new Set()));
  if (programme.tasks)
    texts.set(programme.tasks, taskMap([...tasks].sort(), before?.tasks ?? new Set()));
  return { texts, signatures, edges: new Set(moves.map(edge)), tasks };
}

async function play(stage: Stage, scene: Scene) {
  const { observer, names } = stage;
  try {
    await scene.play(stage);
    await stage.settle();
    const seen = { steps: named(observer.steps, names), moves: named(observer.moves, names) };
    await stage.close(); // only what ends a task is of interest in this
    const [waits, ends] = [named(observer.waits, names), named(observer.ends, names)];
    return { ...seen, tasks: taskEdges(named([...observer.kinds.values()], names), waits, ends) };
  } finally {
    observer.unwatch();
  }
}
