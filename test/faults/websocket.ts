/** The other way in: handshakes that are none, and frames that no browser would send. */
import { deafClient } from "../cases/v10.ts";
import { peer } from "../cases/v12.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { frame } from "../harness/websocket.ts";
import { type Fault, meanwhile, wrap } from "./fault.ts";

export const websocket: readonly Fault[] = [
  wrap("websocket/broken-handshakes", "v12/handshake-broken-anywhere", {
    how: "refused",
    pair: "after",
  }),
  wrap("websocket/a-page-from-elsewhere", "v12/origin", {
    how: "refused",
    pair: "after",
  }),
  wrap("websocket/forbidden-frames", "v12/protocol-errors", {
    how: "refused",
    pair: "after",
  }),
  wrap("websocket/any-bit-flipped", "v12/any-bit-flipped", {
    how: "refused, or a line",
    memory: 60,
    pair: "after",
  }),
  wrap("websocket/promises-all-there-is", "v12/message-too-big", {
    how: "refused",
    pair: "after",
  }),
  wrap("websocket/pings-and-never-reads", "v12/ping-flood-unread", {
    how: "slowed",
    memory: 120,
    pair: "after",
  }),
  {
    id: "websocket/crumbs-in-large-chunks",
    since: "v12",
    needs: ["web", "memory"],
    how: "answered",
    memory: 60,
    async run(server, pair) {
      const bob = await peer(server, ...pair);
      const pongs = Buffer.concat(Array.from({ length: 480 }, () => frame(10, "x".repeat(100))));
      const crumbs = async () => {
        for (let i = 0; i < 3000; i++)
          await bob.write(frame(i === 0 ? 1 : 0, "x", { fin: i === 2999 }), pongs);
      };
      await meanwhile(pair, crumbs());
      await eventually(async () => (await bob.next()).endsWith(`:${"x".repeat(3000)}`), "its line");
      bob.socket.destroy();
    },
  },
  wrap("websocket/two-thousand-half-handshakes", "v12/unfinished-requests", {
    how: "sent away",
    memory: 60,
    slow: true,
    pair: "after",
  }),
  wrap("websocket/a-thousand-pages-reload", "v12/thousand-pages-reload", {
    how: "answered",
    memory: 150,
    slow: true,
    pair: "after",
  }),
  {
    id: "websocket/gone-in-the-handshake",
    since: "v12",
    needs: ["web"],
    how: "forgotten",
    memory: 60,
    async run(server) {
      const request = await handshakeFor(server);
      for (let i = 0; i < 200; i++) {
        const socket = await deafClient(server);
        socket.write(i % 4 === 0 ? request.replace("13", "12") : request);
        if (i % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
        socket.resetAndDestroy();
      }
      await eventually(
        async () => (await server.get("/tasks")).text.includes("2 handler"),
        "all are gone",
      );
    },
  },
];

async function handshakeFor(server: Server): Promise<string> {
  const { host } = new URL(await server.web());
  check(host !== "", "no web port");
  return `GET /chat HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
}
