/** What was promised for lines holds for packets, too: the same cases, each line as a SEND or a RECV. */
import { applies, type Case } from "../harness/case.ts";
import { v13 } from "./v13.ts";

/** They are about the bytes of a line or of a descriptor; what a packet has in their place, v15's own cases ask. */
const LINES_ONLY = new Set([
  "v01/line-in-many-packets", // half a line waits in the client: a packet says its length first
  "v01/split-utf8",
  "v01/not-utf8",
  "v01/line-at-the-limit",
  "v01/line-over-the-limit",
  "v01/endless-line",
  "v01/half-close",
  "v01/out-of-descriptors",
  "v02/offline-announced",
  "v02/reset-mid-line",
  "v07/activity-puts-the-kick-off",
  "v07/half-a-line-is-no-activity",
  "v07/lines-leave-no-timers", // a million lines, and the timer is not the wire's
]);

/** Of v13's, those of what is said and heard; the others are about its file. v10's, v12's and v14's are about HTTP, WebSocket, a database. */
const HISTORY = new Set(v13.map(({ id }) => id));

export function overPackets(all: readonly Case[]): Case[] {
  const talks = all.filter(({ id, since, needs = [] }) => {
    if (since >= "v10") return HISTORY.has(id);
    return !needs.includes("cli") && !LINES_ONLY.has(id);
  });
  return talks
    .filter((each) => applies(each, "v15"))
    .map(({ already: _, id, needs = [], ...each }) => ({
      ...each,
      id: `${id}/packets`,
      since: "v15",
      needs: [...needs, "packets"],
      wire: "packets",
    }));
}
