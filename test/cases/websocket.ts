/** What was promised for lines holds for WebSocket, too: the same cases, spoken as text messages. */
import { applies, type Case } from "../harness/case.ts";

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
]);

export function overWebSocket(all: readonly Case[]): Case[] {
  const talks = all.filter(
    ({ id, since, needs = [] }) => since < "v10" && !needs.includes("cli") && !LINES_ONLY.has(id),
  );
  return talks
    .filter((each) => applies(each, "v12"))
    .map(({ already, id, needs = [], ...each }) => ({
      ...each,
      id: `${id}/websocket`,
      since: "v12",
      needs: [...needs, "web"],
      wire: "websocket",
    }));
}
