/** The client between two pipes: what comes in is sent as it is, what is heard is printed plain. */
import type { Socket } from "node:net";
import type { Readable } from "node:stream";
import { encode, write } from "../lines.ts";
import { TaskGroup } from "../tasks.ts";
import type { Link } from "./link.ts";

/**
 * Runs until the input has ended and the answers are in, or nobody reads them any more. False when the
 * server was gone before that. Rejects when the answers cannot be written, as on a full disk.
 */
export async function pipe(link: Link, input: Readable, output: Socket): Promise<boolean> {
  const tasks = new TaskGroup();
  let lost = false;
  let failure: NodeJS.ErrnoException | undefined;
  output.on("error", (error) => {
    failure = error;
  });
  tasks.go("input", async () => {
    try {
      for await (const bytes of input) await link.send(bytes);
    } catch {} // the input was destroyed below: the connection is over
    link.quit();
  });
  tasks.go("network", async () => {
    for await (const news of link.news()) {
      lost = news.kind !== "line";
      // A slow reader slows us down: as long as we wait here, we take nothing from the server.
      if (news.kind !== "line" || !(await write(output, encode(news.line)))) break;
    }
    link.quit(0);
    input.destroy();
  });
  await tasks.wait();
  if (failure?.code === "EPIPE") return true; // `… | head -1` has what it wanted
  if (failure) throw failure;
  return !lost && !link.broken;
}
