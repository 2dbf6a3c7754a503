/** The transcripts of the guides: who types what in which terminal; what is heard is what really comes. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as pass } from "node:timers/promises";
import type { Chapter } from "../../chapters/manifest.ts";
import type { Server } from "./observe-server.ts";
import { settled } from "./scenarios.ts";

/** A terminal by its number (the first one runs the server), and what happens there. */
type Event =
  | readonly [terminal: number, does: "connects" | "Ctrl+C"]
  | readonly [terminal: number, does: "types", line: string]
  | readonly [terminal: 1, does: "idles", seconds: number, whileStays: number];

const chat: readonly Event[] = [
  [2, "connects"],
  [3, "connects"],
  [2, "types", "hello"],
  [3, "types", "hi, who is there?"],
  [2, "types", ""],
  [2, "types", "a server, and 你 👋"],
  [3, "Ctrl+C"],
  [2, "types", "still here"],
];

/** By chapter. */
export const talks: Readonly<Record<string, readonly Event[]>> = {
  v01: chat,
  v02: chat,
  v03: chat,
  v04: [
    [2, "connects"],
    [2, "types", "who"],
    [3, "connects"],
    [4, "connects"],
    [3, "types", "hello, I am 张三"],
    [4, "types", "who online"],
    [3, "types", "who are you?"],
    [3, "Ctrl+C"],
    [2, "types", "who"],
  ],
  v05: [
    [2, "connects"],
    [3, "connects"],
    [2, "types", "rename|张三"],
    [2, "types", "hello"],
    [3, "types", "rename|张三"],
    [3, "types", "rename|bob"],
    [3, "types", "hi, 张三"],
    [3, "types", "who"],
  ],
  v06: [
    [2, "connects"],
    [3, "connects"],
    [4, "connects"],
    [2, "types", "rename|alice"],
    [3, "types", "rename|张三"],
    [2, "types", "to|张三|psst, this is for you"],
    [3, "types", "to|ALICE|I heard it|and nobody else did"],
    [2, "types", "to|张三"],
    [2, "types", "to|bob|hi"],
    [2, "types", "to|张三|"],
    [4, "types", "did I miss something?"],
  ],
  v07: [
    [3, "connects"],
    [2, "connects"],
    [2, "types", "rename|张三"],
    [2, "types", "back in a moment"],
    [1, "idles", 3.3, 3],
    [2, "types", "am I still here?"],
    [3, "types", "who"],
  ],
  v08: [
    [2, "connects"],
    [3, "connects"],
    [2, "types", "rename|张三"],
    [3, "types", "hello"],
    [2, "types", "I have to go, see you"],
    [2, "types", "quit"],
    [3, "types", "to|张三|wait"],
    [1, "Ctrl+C"],
  ],
};

const IDLE_SECONDS = 3;

/** What each terminal shows. Addresses are made 127.0.0.1:50002 for terminal 2, and so on. */
export async function record(chapter: Chapter): Promise<Map<number, string>> {
  const { Server } = await import(`../../chapters/${chapter.folder}/server.ts`);
  const server: Server = new Server(IDLE_SECONDS);
  const { port } = await server.listen("127.0.0.1", 0);
  const shown = new Map<number, string>();
  const sockets = new Map<number, Socket>();
  const addresses = new Map<string, string>();
  let events = 0;
  const show = (terminal: number, text: string) => {
    shown.set(terminal, (shown.get(terminal) ?? "") + text);
    events += 1;
  };
  for (const [terminal, does, what, whoStays] of talks[chapter.id] ?? []) {
    const socket = sockets.get(terminal);
    if (does === "connects") {
      const fresh = connect(port, "127.0.0.1").setEncoding("utf8");
      fresh.on("data", (text) => show(terminal, `${text}`));
      await once(fresh, "connect");
      addresses.set(`${fresh.localAddress}:${fresh.localPort}`, `127.0.0.1:5000${terminal}`);
      sockets.set(terminal, fresh);
    } else if (does === "types") {
      show(terminal, `> ${what}\n`);
      if (socket?.writable) socket.write(`${what}\n`);
    } else if (does === "idles") {
      for (let waited = 0; waited < Number(what); waited += 0.3) {
        sockets.get(whoStays ?? 0)?.write("\n");
        await pass(300);
      }
    } else if (terminal === 1) {
      await server.close(1);
    } else {
      show(terminal, "> (Ctrl+C)\n");
      socket?.end();
    }
    await settled(() => events);
  }
  for (const socket of sockets.values()) socket.destroy();
  await server.close(1);
  for (const [terminal, text] of shown) {
    let result = text;
    for (const [actual, fixed] of addresses) result = result.replaceAll(actual, fixed);
    shown.set(terminal, result.trimEnd());
  }
  return shown;
}
