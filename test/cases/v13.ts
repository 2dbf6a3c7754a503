/** From v13 on: what is said to all is kept, and told to who asks. */
import type { Case } from "../harness/case.ts";
import { check } from "../harness/transcript.ts";
import { said } from "../harness/wire.ts";

export const v13: Case[] = [
  {
    id: "v13/history",
    since: "v13",
    clause:
      "`history|N`: the last N lines that were said to all, between two lines of the server's",
    needs: ["args"],
    async run(server) {
      const [alice] = await server.join();
      const texts = ["one ", "two ", "three "].map((each) => server.fresh(each));
      for (const text of texts) alice.send(text);
      alice.send("history|2");
      await alice.expect(...texts.map((text) => said(alice, text)));
      await alice.expect("history: 2 lines");
      for (const text of texts.slice(1)) {
        const line = await alice.next(text);
        check(/^\[\d{4}-\d\d-\d\dT[\d:.]+Z\]/.test(line), `no time in ISO 8601, UTC: ${line}`);
        check(line.endsWith(said(alice, text)), `not as it was said: ${line}`);
      }
      await alice.expect("history: end");
    },
  },
];
