// usage: tsx red.ts CHAPTER FILTER -- CMD...   runs all cases against the command
import { cases } from "/work/main/test/cases/index.ts";
import { applies } from "/work/main/test/harness/case.ts";
import { Server } from "/work/main/test/harness/server.ts";

const [chapter = "v07", filter = "", ...argv] = process.argv.slice(2);
const todo = cases.filter((c) => applies(c, chapter) && new RegExp(filter).test(c.id));
const out: string[] = [];
let next = 0;
async function worker() {
  for (let c = todo[next++]; c; c = todo[next++]) {
    const t = Date.now();
    try {
      await Server.prove(chapter, argv, c);
      out.push(`pass ${c.id}`);
    } catch (e) {
      out.push(
        `FAIL ${c.id} (${Date.now() - t} ms): ${(e as Error).message.split("\n")[0]?.slice(0, 150)}`,
      );
    }
  }
}
await Promise.all([worker(), worker(), worker(), worker()]);
console.log(out.filter((l) => l.startsWith("FAIL")).join("\n"));
console.log(
  `${out.filter((l) => l.startsWith("pass")).length} passed, ${out.filter((l) => l.startsWith("FAIL")).length} failed`,
);
process.exit(0);
