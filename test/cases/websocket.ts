/** What was promised for lines holds for WebSocket, too: the same cases, spoken as text messages. */
import { applies, type Case } from "../harness/case.ts";
import { v13 } from "./v13.ts";

/** They are about the bytes of a line or of a descriptor; what a message has in their place, v12's own cases ask. */
const LINES_ONLY = new Set([
  "v01/not-utf8",
  "v01/line-at-the-limit",
  "v01/line-over-the-limit",
  "v01/endless-line",
  "v01/half-close",
  "v01/out-of-descriptors",
  "v02/offline-announced",
  "v07/activity-puts-the-kick-off",
  "v07/lines-leave-no-timers", // a million lines, and the timer is not the wire's
]);

/** Of v13's, those of what is said and heard; the others are about its file. */
const HISTORY = new Set(v13.map(({ id }) => id));

export function overWebSocket(all: readonly Case[]): Case[] {
  const talks = all.filter(({ id, since, needs = [] }) => {
    if (since >= "v10") return HISTORY.has(id);
    return !needs.includes("cli") && !LINES_ONLY.has(id);
  });
  return talks
    .filter((each) => each.since > "v12" || applies(each, "v12"))
    .map(({ already, id, since, needs = [], ...each }) => ({
      ...each,
      ...(already !== undefined && since > "v12" && { already }), // v12 has both wires
      id: `${id}/websocket`,
      since: since < "v12" ? "v12" : since,
      needs: [...needs, "web"],
      wire: "websocket",
    }));
}
