/** `drive-node.mjs ws`, or `own`: drives a client of Node's. Orders come on stdin, and what it tells goes to stdout. */
import { createInterface } from "node:readline";
import { drive } from "./drive.mjs";

const clients = process.argv[2] === "ws" ? await import("ws") : globalThis;
const Client = /** @type {typeof WebSocket} */ (clients.WebSocket);
const driver = drive(Client, (text) => console.log(JSON.stringify(text)));

for await (const line of createInterface({ input: process.stdin })) {
  const [act, text] = /** @type {["open" | "send" | "ping", string]} */ (JSON.parse(line));
  driver[act](text);
}
process.exit(); // nobody orders any more
