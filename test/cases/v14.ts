/** From v14 on: to be written. */
import type { Case } from "../harness/case.ts";

export const v14: Case[] = [
  {
    // Red as it should be: nothing keeps this promise. Put the chapter's own in its place.
    id: "v14/to-be-written",
    since: "v14",
    clause: "to be written: what a client can rely on from v14 on",
    async run(server) {
      const [alice] = await server.join();
      alice.send("what v14 is asked");
      await alice.expect("what v14 answers");
    },
  },
];
