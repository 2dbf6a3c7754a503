/** The other way in: handshakes that are none, and frames that no browser would send. */
import { deafClient } from "../cases/v10.ts";
import { peer } from "../cases/v12.ts";
import { eventually, type Server } from "../harness/server.ts";
import { check } from "../harness/transcript.ts";
import { frame } from "../harness/websocket.ts";
import { type Fault, meanwhile, wrap } from "./fault.ts";

export const websocket: readonly Fault[] = [
  wrap("v12/handshake-broken-anywhere", {
    id: "websocket/broken-handshakes",
    title: "a handshake that is broken in each of its lines",
    how: "refused",
    does: "Thirty handshakes, in each of which one line is missing, cut off, or has a byte too many.",
    breaks: "What is missing is read as `undefined`, and the server falls over its own answer.",
    ours: "Each header is looked at before it is used; 400 says what is missing.",
    where: ["handshake.ts refusal"],
    memory: 40,
    pair: "after",
  }),
  wrap("v12/origin", {
    id: "websocket/a-page-from-elsewhere",
    title: "a page from elsewhere",
    how: "refused",
    does: "Pages of other origins, of none, and of a host name that was made to lead to this server, want to chat.",
    breaks:
      "A browser opens a WebSocket to anywhere: any page could chat in the name of whoever looks at it.",
    ours: "The origin must be the server's own, by address or `localhost`, or one of `--origin`; else 403.",
    where: ["handshake.ts isOwn"],
    memory: 40,
    pair: "after",
  }),
  wrap("v12/protocol-errors", {
    id: "websocket/forbidden-frames",
    title: "frames that RFC 6455 forbids",
    how: "refused",
    does: "Unmasked, with reserved bits and opcodes, in fragments where there may be none, with lengths and close codes that mean nothing.",
    breaks:
      "A parser that was written for what browsers send takes them for something else, and is out of step from then on.",
    ours: "1002 says so, and the connection ends; what is behind it is not read.",
    where: ["websocket.ts #isForbidden"],
    memory: 40,
    pair: "after",
  }),
  wrap("v12/any-bit-flipped", {
    id: "websocket/any-bit-flipped",
    title: "good frames with any one bit flipped",
    how: "refused, or a line",
    does: "Some 200 connections send the same three frames, each with another bit flipped.",
    breaks: "One of them is the one that nobody has thought of.",
    ours: "Whatever it is by then, it is a line, or it ends its own connection.",
    where: ["websocket.ts #head"],
    memory: 60,
    pair: "after",
  }),
  wrap("v12/message-too-big", {
    id: "websocket/promises-all-there-is",
    title: "a frame that promises all there is",
    how: "refused",
    does: "Its head says that eight exbibytes follow; others come in fragments without an end.",
    breaks:
      "The memory for it is taken when the length is known, or the fragments are kept until there are no more.",
    ours: "A length, or a sum of lengths, over the limit is refused by the head alone, with 1009.",
    where: ["websocket.ts TOO_BIG"],
    memory: 40,
    pair: "after",
  }),
  wrap("v12/ping-flood-unread", {
    id: "websocket/pings-and-never-reads",
    title: "pings without end, whose pongs nobody reads",
    how: "slowed",
    does: "It sends pings as fast as it can, and never reads.",
    breaks: "Each ping is answered where it is read, past the queue; the answers fill the memory.",
    ours: "A pong waits in the outbox as all that goes out does; when that is half full, nothing more is read.",
    where: ["connection.ts halfEmpty"],
    memory: 60,
    pair: "after",
  }),
  {
    id: "websocket/crumbs-in-large-chunks",
    title: "crumbs of a message in large chunks",
    since: "v12",
    needs: ["web", "memory"],
    how: "answered",
    does: "A message comes in 3,000 fragments of one byte, each in a packet with 50,000 bytes of pongs.",
    breaks:
      "A fragment is kept as a view of the chunk that it came in: 3,000 bytes hold on to 150 MB.",
    ours: "A fragment that has to wait is copied.",
    where: ["websocket.ts #fragments"],
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
  wrap("v12/unfinished-requests", {
    id: "websocket/two-thousand-half-handshakes",
    title: "two thousand who never finish their handshake",
    how: "sent away",
    does: "Two thousand connect to the web port, send half a handshake, and wait.",
    breaks:
      "Each holds a descriptor until there are no more; or the first thousand keep everybody else out.",
    ours: "A thousand at most may ask at a time, for ten seconds each; the one that has waited longest makes room.",
    where: ["web.ts MOST_ASKING"],
    memory: 60,
    slow: true,
    pair: "after",
  }),
  wrap("v12/thousand-pages-reload", {
    id: "websocket/a-thousand-pages-reload",
    title: "a thousand pages that load at once",
    how: "answered",
    does: "The server is back after a restart, and a thousand pages ask for the page and for a WebSocket in the same second.",
    breaks:
      "A limit that was made against the fault above is too small, and keeps out who is right.",
    ours: "The limit is twice as large as the queue of connections that the system keeps for a server.",
    where: ["web.ts MOST_ASKING"],
    memory: 150,
    slow: true,
    pair: "after",
  }),
  {
    id: "websocket/gone-in-the-handshake",
    title: "gone in the midst of the handshake",
    since: "v12",
    needs: ["web"],
    how: "forgotten",
    does: "Two hundred ask for a WebSocket, and reset the connection at once.",
    breaks:
      "The answer is written to a connection that is no more, and the error that nobody hears ends the server.",
    ours: "Every socket has somebody who hears its errors, from the first byte on.",
    where: ["web.ts upgrade"],
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
