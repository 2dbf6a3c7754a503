/** From v12 on: to be written. */
import type { Case } from "../harness/case.ts";

export const v12: Case[] = [
  {
    // Red as it should be: nothing keeps this promise. Put the chapter's own in its place.
    id: "v12/to-be-written",
    since: "v12",
    clause: "to be written: what a client can rely on from v12 on",
    async run(server) {
      const [alice] = await server.join();
      alice.send("what v12 is asked");
      await alice.expect("what v12 answers");
    },
  },
];
