/** The client between two pipes: what comes in is sent as it is, what is heard is printed plain. */
import type { Readable, Writable } from "node:stream";
import type { Link } from "./link.ts";
import { TaskGroup } from "./tasks.ts";

/** Until the input has ended and the answers are in. False when the server was gone before. */
export async function pipe(link: Link, input: Readable, output: Writable): Promise<boolean> {
  const tasks = new TaskGroup();
  let lost = false;
  output.on("error", () => link.quit()); // nobody reads on, as in `… | head -1`
  tasks.go("input", async () => {
    try {
      for await (const bytes of input) await link.send(bytes);
    } catch {} // destroyed below, since there is nobody left to send it to
    link.quit();
  });
  tasks.go("network", async () => {
    for await (const news of link.news()) {
      if (news.kind === "line") output.write(`${news.line}\n`);
      else lost = true;
      if (lost) link.quit();
    }
    input.destroy();
  });
  await tasks.wait();
  return !lost && !link.broken;
}
