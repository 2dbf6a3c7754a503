/** Sends each message back: v12's own files, with room for the large messages of a test suite. Prints its port. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { Connection } from "../../../chapters/v12-websocket/connection.ts";
import { handshake } from "../../../chapters/v12-websocket/handshake.ts";
import { frame, WEBSOCKET, WebSocketDecoder } from "../../../chapters/v12-websocket/websocket.ts";

const MOST_BYTES = 16 * 1024 * 1024; // the largest message of the Autobahn test suite

class Echo extends WebSocketDecoder {
  protected override *message(kind: number, bytes: Buffer) {
    yield frame(kind, bytes);
  }
}

const listener = createServer();
listener.on("upgrade", async (request, socket: Socket, head) => {
  const { status, headers } = handshake(request, []);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`HTTP/1.1 ${status} .\r\n${lines.join("")}\r\n`);
  socket.unshift(head);
  const connection = new Connection(socket, WEBSOCKET, new Echo(MOST_BYTES));
  void connection.writer();
  for await (const _ of connection.lines());
  connection.close();
});
listener.listen(0, "127.0.0.1");
await once(listener, "listening");
console.log((listener.address() as AddressInfo).port);
