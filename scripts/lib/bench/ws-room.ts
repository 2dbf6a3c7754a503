/** A room over the npm package `ws`: `loop` sends to each by itself, `prepared` makes the frame once for all. */
import type { AddressInfo, Socket } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { frame } from "../../../test/harness/websocket.ts";

const prepared = process.argv[2] === "prepared";
const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });

server.on("listening", () => {
  console.log(`listening on 127.0.0.1:${(server.address() as AddressInfo).port}`);
});
server.on("connection", (client, { socket: { remoteAddress, remotePort } }) => {
  const addr = `${remoteAddress}:${remotePort}`;
  client.on("error", () => {}); // it is gone, and its `close` takes it off the list
  client.send(`[${addr}]${addr}:online`);
  client.on("message", (text) => {
    const line = Buffer.from(`[${addr}]${addr}:${text}`);
    if (prepared) toAll(frame(1, line, { masked: false }));
    else for (const each of server.clients) each.send(line, { binary: false });
  });
});

/** The package has no name for it: past its queue, each socket is given the same bytes. */
function toAll(bytes: Buffer): void {
  for (const each of server.clients)
    (each as WebSocket & { readonly _socket: Socket })._socket.write(bytes);
}
