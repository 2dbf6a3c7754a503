/** Who is measured over packets: v15, beside itself by lines and over WebSocket. */
import { hello, send } from "../../../test/harness/packets.ts";
import { chapterOf } from "../find.ts";
import { type Contender, chapterContender } from "./contenders.ts";
import { overWebSocket, WEB } from "./websockets.ts";

/** The same server, spoken to at its port for packets. */
function overPackets(contender: Contender): Contender {
  return {
    ...contender,
    id: `${contender.id}/packets`,
    announcement: /packets on \S+:(\d+)/,
    hello: hello().toString("latin1"), // each byte below 128, so that it is the same in UTF-8
    greeting: ":online",
    say: (text) => send(1, text).toString("latin1"),
    chat: false,
  };
}

/** The first chapter that is spoken to in all three ways; lines first, for all are compared with the first. */
export function threeWires(): Contender[] {
  const lines = chapterContender(chapterOf("v15"));
  return [lines, overWebSocket(lines, WEB), overPackets(lines)];
}
