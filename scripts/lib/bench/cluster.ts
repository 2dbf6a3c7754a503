/** Who is measured as a cluster: nodes of v16 on NATS, beside one server, Redis and NATS itself with as many users. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chapterOf } from "../find.ts";
import { type Contender, chapterContender, nats, type Peer, peers } from "./contenders.ts";
import { WEB } from "./websockets.ts";

/** What is set beside one server: so many nodes, each with as many users as are asked for. */
const NODES = 3;
/** Two cores have no use for more. */
const GROWTH = [1, 2, 3, 4];
export const MOST_NODES = Math.max(...GROWTH);
/** Elsewhere than on Linux all of them come from one address, which has some 16,000 ports. */
export const MOST_USERS_A_NODE = process.platform === "linux" ? 5000 : 3000;

/** One server first, for all are compared with the first; it and the peers have as many users as three nodes. */
export function clusters(withBus: boolean): Contender[] {
  const v16 = chapterContender(chapterOf("v16"));
  const sizes = withBus ? [NODES, ...GROWTH.filter((nodes) => nodes !== NODES)] : [];
  return [{ ...v16, crowd: NODES }, ...sizes.map((nodes) => cluster(v16, nodes))];
}

/** Redis and NATS with as many subscribers as three nodes have users. */
export const crowdedPeers: readonly Peer[] = peers.map((peer) => ({ ...peer, crowd: NODES }));

/** Nodes of one chapter with a NATS of their own, which keeps what it must in a folder of each start. */
function cluster(chapter: Contender, nodes: number): Contender {
  const on = (port: number) => (_: unknown, i: number) => node(chapter, `n${i + 1}`, port);
  return {
    ...chapter,
    id: `${chapter.id}×${nodes}`,
    crowd: nodes,
    cluster: {
      bus: { ...nats, argv: (port) => [...(nats.argv(port) as string[]), "-js", "-sd", store()] },
      nodes: (port) => Array.from({ length: nodes }, on(port)),
      health: {
        announcement: WEB,
        path: "/metrics",
        met: (count) => new RegExp(`^chat_nodes ${count}$`, "m"),
      },
    },
  };
}

function node(chapter: Contender, name: string, busPort: number): Contender {
  const options = ["--nats", `nats://127.0.0.1:${busPort}`, "--node", name];
  const argv = async (port: number) => [...(await chapter.argv(port)), ...options];
  return { ...chapter, id: `node ${name} of ${chapter.id}`, argv };
}

let folder: string | undefined;

/** An empty one; all are gone when we are. */
function store(): string {
  if (folder === undefined) {
    const path = mkdtempSync(join(tmpdir(), "chat-bench-"));
    process.on("exit", () => rmSync(path, { recursive: true, force: true }));
    folder = path;
  }
  return mkdtempSync(join(folder, "nats-"));
}
