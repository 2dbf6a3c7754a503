/** Who is measured over WebSocket: v12, and what others are built with. */
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { throughTsx } from "../../../test/harness/target.ts";
import { frame } from "../../../test/harness/websocket.ts";
import { Refusal } from "../command.ts";
import { root } from "../root.ts";
import type { Contender, Peer } from "./contenders.ts";

const HANDSHAKE = [
  "GET /chat HTTP/1.1",
  "Host: 127.0.0.1",
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
].join("\r\n");

/** What a chapter says of its port for it. */
export const WEB = /web on http:\S+:(\d+)/;

/** The same server, spoken to over WebSocket at the port that `announcement` finds. */
export function overWebSocket(contender: Contender, announcement?: RegExp): Contender {
  return {
    ...contender,
    id: `${contender.id}/ws`,
    ...(announcement && { announcement }),
    hello: `${HANDSHAKE}\r\n\r\n`,
    greeting: ":online",
    say: (text) => frame(1, text).toString("latin1"),
    chat: false,
  };
}

/** The npm package `ws`, as its documentation shows it, and with a frame that is made once for all. */
const ws = ["loop", "prepared"].map((how): Peer => {
  const room = fileURLToPath(new URL("./ws-room.ts", import.meta.url));
  const argv = () => [...throughTsx(room), how];
  return peer(`ws-${how}`, "ws", argv, () => {
    try {
      return createRequire(import.meta.url)("ws/package.json").version;
    } catch {} // not installed
  });
});

const GORILLA = fileURLToPath(new URL("./gorilla/", import.meta.url));

/** Go's best known one, with a `PreparedMessage`; Go itself fetches it, and builds it once. */
const gorilla = peer(
  "gorilla",
  "go",
  () => {
    const program = `${root}.cache/gorilla`;
    try {
      execFileSync("go", ["build", "-o", program, "."], { cwd: GORILLA, stdio: "pipe" });
    } catch (error) {
      const why = `${(error as { stderr?: Buffer }).stderr}`.trim().split("\n").at(-1);
      throw new Refusal(`gorilla cannot be built (--peers none leaves it out): ${why}`);
    }
    return [program];
  },
  () => {
    try {
      return /go([\d.]+)/.exec(execFileSync("go", ["version"], { encoding: "utf8" }))?.[1];
    } catch {} // not installed
  },
);

export const webSocketPeers: readonly Peer[] = [...ws, gorilla];

function peer(
  id: string,
  program: string,
  argv: () => string[],
  version: () => string | undefined,
): Peer {
  const plain = { argv, announces: true, hello: "", greeting: "", say: String, chat: false };
  return { ...overWebSocket({ id, ...plain }), id, program, version };
}
